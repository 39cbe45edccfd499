"""What a new site starts with."""

import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User

from clinic_site.accounts.groups import ADMINISTRATOR, GROUPS
from clinic_site.clinic import Clinic
from clinic_site.demonstration import create_demo_clinic, create_staff_account

pytestmark = pytest.mark.django_db


def test_a_new_site_shows_a_clinic_that_says_it_is_fictional() -> None:
    Clinic.objects.all().delete()
    clinic = create_demo_clinic()
    assert clinic is not None
    assert clinic.is_demonstration
    assert "demonstration" in clinic.name
    assert clinic.hours_in_words == ["Monday to Friday, 8:30 am to 5 pm"]
    assert clinic.on_call_name
    assert clinic.on_call_phone


def test_the_demonstration_never_overwrites_what_staff_entered() -> None:
    Clinic.objects.update(name="Clinic Nr. 17", is_demonstration=False)
    assert create_demo_clinic() is None
    assert Clinic.objects.get().name == "Clinic Nr. 17"


def test_the_first_account_can_sign_in_with_the_password_that_is_kept_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    password_file = tmp_path / "staff-password"
    password_file.write_text("left from a database that is gone")
    password = create_staff_account(password_file)
    account = authenticate(username="staff", password=password)
    assert account is not None
    assert not account.is_superuser
    assert {group.name for group in account.groups.all()} == set(GROUPS)
    assert password_file.read_text() == f"{password}\n"
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("is_superuser", [True, False])
def test_a_site_that_has_an_administrator_gets_no_second_one(tmp_path: Path, is_superuser: bool) -> None:
    owner = User.objects.create_user(
        "owner", password="a long enough password", is_staff=True, is_superuser=is_superuser
    )
    owner.groups.set([] if is_superuser else [Group.objects.get(name=ADMINISTRATOR)])
    assert create_staff_account(tmp_path / "staff-password") is None
    assert not (tmp_path / "staff-password").exists()

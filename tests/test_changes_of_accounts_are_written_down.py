"""Who makes, changes or deletes an account or a group stands in the audit trail before it is done."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone

from clinic_site import audit
from clinic_site.audit import AuditEvent
from tests.test_staff_edit_clinic_facts import posted_by

pytestmark = pytest.mark.django_db

ACCOUNTS = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
PASSWORD = "a long enough password"
NEW = {
    "username": "test-new",
    "usable_password": "true",
    "password1": "another long password",
    "password2": "another long password",
}


@pytest.fixture
def clerk(db: None) -> User:
    return User.objects.create_user("test-clerk", password=PASSWORD, is_staff=True)


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="Readers")


def written() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(action="account").order_by("id").values_list("account", "detail"))


def save(client: Client, address: str, **changes: Any) -> Any:
    """Open the page, change some fields, press Save. None unticks a box."""
    form = client.get(address).context["adminform"].form
    fields = posted_by(form)
    if joined := fields.pop("date_joined", None):  # two boxes, and two hidden ones with what stood there
        joined = timezone.localtime(joined)
        for name in ("date_joined", "initial-date_joined"):
            fields |= {f"{name}_0": f"{joined:%Y-%m-%d}", f"{name}_1": f"{joined:%H:%M:%S}"}
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    return client.post(address, fields)


def test_making_an_account(staff_client: Client) -> None:
    assert staff_client.post(f"{ACCOUNTS}add/", NEW).status_code == 302
    assert User.objects.filter(username="test-new").exists()
    assert written() == [("nurse", "made")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first_name": "Petra"}, "changed"),
        ({}, "changed"),
        ({"is_active": None}, "disabled"),
        ({"is_superuser": "on"}, "rights"),
        ({"is_staff": None}, "rights"),
        ({"is_active": None, "is_staff": None, "email": "test@clinic.example"}, "disabled rights changed"),
    ],
)
def test_changing_an_account_says_what_kind_of_change(
    staff_client: Client, clerk: User, changes: dict[str, Any], words: str
) -> None:
    assert save(staff_client, f"{ACCOUNTS}{clerk.pk}/change/", **changes).status_code == 302
    assert written() == [("nurse", f"{words} user_{clerk.pk}")]
    clerk.refresh_from_db()
    assert clerk.is_superuser is ("is_superuser" in changes)
    assert clerk.is_active is ("is_active" not in changes)


def test_letting_a_disabled_account_in_again(staff_client: Client, clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    save(staff_client, f"{ACCOUNTS}{clerk.pk}/change/", is_active="on")
    assert written() == [("nurse", f"changed user_{clerk.pk}")]


def test_putting_an_account_into_a_group_and_giving_it_a_right(
    staff_client: Client, clerk: User, group: Group
) -> None:
    right = Permission.objects.get(codename="view_submission")
    for changes in ({"groups": [group.pk]}, {"user_permissions": [right.pk]}):
        save(staff_client, f"{ACCOUNTS}{clerk.pk}/change/", **changes)
    assert clerk.has_perm("intake.view_submission")
    assert written() == [("nurse", f"rights user_{clerk.pk}")] * 2


def test_setting_a_password_for_somebody_and_for_oneself(
    staff_client: Client, staff: User, clerk: User
) -> None:
    staff_client.post(f"{ACCOUNTS}{clerk.pk}/password/", NEW)
    clerk.refresh_from_db()
    assert clerk.check_password("another long password")
    own = {
        "old_password": PASSWORD,
        "new_password1": "another long password",
        "new_password2": "another long password",
    }
    staff_client.post("/admin/password_change/", own)
    staff.refresh_from_db()
    assert staff.check_password("another long password")
    assert written() == [("nurse", f"password user_{clerk.pk}"), ("nurse", f"password user_{staff.pk}")]


def test_deleting_accounts_one_by_one_and_ticked(staff_client: Client, clerk: User, group: Group) -> None:
    other = User.objects.create_user("test-other", password=PASSWORD)
    staff_client.post(f"{ACCOUNTS}{clerk.pk}/delete/", {"post": "yes"})
    ticked = {"action": "delete_selected", "_selected_action": [str(other.pk)], "post": "yes"}
    staff_client.post(ACCOUNTS, ticked)
    staff_client.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})
    assert User.objects.count() == 1
    assert not Group.objects.filter(pk=group.pk).exists()
    assert written() == [
        ("nurse", f"deleted user_{clerk.pk}"),
        ("nurse", f"deleted user_{other.pk}"),
        ("nurse", f"deleted group_{group.pk}"),
    ]


def test_groups_are_rights(staff_client: Client, group: Group) -> None:
    right = Permission.objects.get(codename="view_submission")
    staff_client.post(f"{GROUPS}add/", {"name": "Test writers"})
    save(staff_client, f"{GROUPS}{group.pk}/change/", permissions=[right.pk])
    save(staff_client, f"{GROUPS}{group.pk}/change/", name="Test readers")
    assert list(group.permissions.all()) == [right]
    number = f"group_{group.pk}"
    assert written() == [("nurse", "made"), ("nurse", f"rights {number}"), ("nurse", f"changed {number}")]


def test_a_number_in_djangos_own_spelling_of_addresses_is_written_down_too(
    staff_client: Client, clerk: User
) -> None:
    """The admin reads "_0A" as a line break, and a number with one as the number."""
    staff_client.post(f"{ACCOUNTS}{clerk.pk}_0A/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=clerk.pk).exists()
    assert written() == [("nurse", f"deleted user_{clerk.pk}")]


def test_looking_and_what_is_refused_leave_no_mark(client: Client, staff: User, clerk: User) -> None:
    client.force_login(clerk)
    assert client.post(f"{ACCOUNTS}add/", NEW).status_code == 403
    for page in ("change", "password", "delete"):
        assert client.post(f"{ACCOUNTS}{staff.pk}/{page}/", {"post": "yes"}).status_code == 403
    client.force_login(staff)
    for page in ("change", "password", "delete"):
        assert client.get(f"{ACCOUNTS}{clerk.pk}/{page}/").status_code == 200
    assert client.post(f"{ACCOUNTS}999999/change/", {}).status_code == 302
    assert written() == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("user/add/", NEW),
        (
            "user/{clerk}/change/",
            {"username": "test-clerk", "date_joined_0": "2026-01-01", "is_superuser": "on"},
        ),
        ("user/{clerk}/password/", NEW),
        ("user/{clerk}/delete/", {"post": "yes"}),
        ("user/", {"action": "delete_selected", "_selected_action": ["{clerk}"], "post": "yes"}),
        ("group/{group}/change/", {"name": "Test others"}),
        ("group/{group}/delete/", {"post": "yes"}),
    ],
)
def test_what_cannot_be_written_down_is_not_done(
    staff: User,
    clerk: User,
    group: Group,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    fields: dict[str, Any],
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the trail cannot be written")

    def stored() -> list[Any]:
        return [
            *User.objects.order_by("pk").values_list("pk", "password", "is_superuser"),
            *Group.objects.values_list(),
        ]

    client = Client(raise_request_exception=False)
    client.force_login(staff)
    before = stored()
    monkeypatch.setattr(audit, "write", fail)
    numbers = {"clerk": clerk.pk, "group": group.pk}
    if "_selected_action" in fields:
        fields = fields | {"_selected_action": [str(clerk.pk)]}
    assert client.post(f"/admin/auth/{path.format(**numbers)}", fields).status_code == 500
    assert stored() == before

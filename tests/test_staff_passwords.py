"""Long and not easy to guess; nothing else is asked of a password."""

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from clinic_site.clinic import Clinic

pytestmark = pytest.mark.django_db

OWNER = {
    "username": "quercus.alder",
    "first_name": "Quercus",
    "last_name": "Alderson",
    "email": "q@alder.example",
}


def refusals(password: str) -> list[str | None]:
    try:
        validate_password(password, User(**OWNER))
    except ValidationError as refused:
        return [error.code for error in refused.error_list]
    return []


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "seven wet herons on a fence",
        "our clinic has a blue heron",  # a word of the site among others
        "alllowercasewithoutanydigit",
        "83650274915503877261",
        "dürfen wir hier längs",
        "静かな夜の庭に小さな灯りが一つある",
        " spaces around it are kept ",
        "x" * 5 + "-heron-lamp-" * 9 + "Zq7",  # 116 characters
        "".join(chr(33 + (7 * place) % 90) for place in range(128)),
    ],
)
def test_length_is_enough(password: str) -> None:
    assert refusals(password) == []


@pytest.mark.parametrize("password", ["", "short", "fourteen chars", "Tr0ub4dor&3!!"])
def test_fewer_than_fifteen_characters_are_refused(password: str) -> None:
    assert "password_too_short" in refusals(password)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "abcabcabcabcabca",
        "Password1234567!",
        "123456789012345",
        "qwertyuiopasdfgh",
        "zyxwvutsrqponmlkj",
        "iloveyou-20262026",
        "KetamineClinic2026!",
        "review-desk-nurse-1",
        "ketamine infusions",
        "quercus-alderson-17",
        "Quercus.Alder.2026",
        "example pain clinic",
        "screening screening",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert refusals(password)


def test_the_name_of_the_clinic_is_read_from_its_facts() -> None:
    assert refusals("Blaubeerwald 202611") == []
    Clinic.objects.update(name="Blaubeerwald Clinic")
    assert refusals("Blaubeerwald 202611") == ["easy_to_guess"]

"""The escrow drill proves that the key in the safe opens what patients sent, and shows none of it."""

import uuid
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic_site.roles import Role
from intake.escrow import Drill, drill
from intake.keys import Keyring
from intake.sealing import Context, Sealed, rewrap
from tests.sealed_rows import CLINIC, ESCROW, NEXT_CLINIC, PATIENT, STRANGER, key_file, sealed_row

CONTEXTS = [replace(PATIENT, submission_id=uuid.UUID(int=number)) for number in range(5)]


def rows() -> list[tuple[Sealed, Context]]:
    return [(sealed_row(context=context), context) for context in CONTEXTS]


def test_the_escrow_key_opens_every_row() -> None:
    result = drill(rows(), ESCROW)
    assert result == Drill(opened=5, other_key=0, refused=0)
    assert result.passed


def test_a_drill_without_a_row_proves_nothing() -> None:
    assert not drill([], ESCROW).passed


def test_another_key_than_the_one_in_the_safe_is_noticed() -> None:
    result = drill(rows(), STRANGER)
    assert result == Drill(opened=0, other_key=5, refused=0)
    assert not result.passed


def test_the_clinics_own_key_does_not_pass_for_the_escrow_key() -> None:
    assert drill(rows(), CLINIC) == Drill(opened=0, other_key=5, refused=0)


def test_a_row_that_only_the_clinic_could_open_is_counted_as_refused() -> None:
    sealed, context = rows()[0]
    spoiled = replace(sealed, escrow_wrap=rows()[1][0].escrow_wrap)
    edited = replace(context, priority="routine")
    result = drill([*rows(), (spoiled, context), (sealed, edited)], ESCROW)
    assert result == Drill(opened=5, other_key=0, refused=2)
    assert not result.passed


def test_only_the_escrow_wrap_counts_whatever_else_the_key_opens() -> None:
    sealed, context = rows()[0]
    elsewhere = replace(sealed, clinic_key_id=ESCROW.id, clinic_wrap=sealed.escrow_wrap, escrow_wrap=b"")
    assert drill([(elsewhere, context)], ESCROW) == Drill(opened=0, other_key=0, refused=1)


def test_a_row_whose_clinic_key_was_exchanged_still_opens_with_the_escrow_key() -> None:
    sealed, context = rows()[0]
    new = rewrap(sealed, context, Keyring([CLINIC]), NEXT_CLINIC.public_key)
    assert drill([(new, context)], ESCROW).passed


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> Any:
    settings.ROLE = Role.STAFF
    settings.PUBLIC_KEY_FILE = str(
        key_file(tmp_path, "clinic.public", CLINIC.public_key.to_text(), mode=0o444)
    )
    settings.ESCROW_PUBLIC_KEY_FILE = str(
        key_file(tmp_path, "escrow.public", ESCROW.public_key.to_text(), mode=0o444)
    )

    def call(key: str) -> str:
        printed = StringIO()
        call_command("escrow_drill", "--escrow-private-key", key, stdout=printed)
        return printed.getvalue()

    return call


@pytest.mark.django_db
def test_before_the_first_submission_the_drill_proves_the_key_on_a_marker(run: Any, tmp_path: Path) -> None:
    said = run(str(key_file(tmp_path, "safe.private", ESCROW.to_text())))
    assert f"The escrow key {ESCROW.id} opens what is sealed from now on." in said
    assert "no submission yet" in said


@pytest.mark.django_db
def test_the_drill_refuses_a_key_that_nothing_is_sealed_to(run: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"This is the key {STRANGER.id}, .*{ESCROW.id}"):
        run(str(key_file(tmp_path, "stranger.private", STRANGER.to_text())))
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "nothing"))

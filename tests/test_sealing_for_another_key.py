"""Keys are exchanged: each row is wrapped for the new one, and only where it was found sound."""

from dataclasses import replace

import pytest

from intake.keys import Keyring
from intake.sealing import CannotOpen, Sealed, open_both, open_text, rewrap
from tests.sealed_rows import (
    ABOUT_A_NOTE,
    BODY,
    CLINIC,
    CLINIC_RING,
    ESCROW,
    ESCROW_RING,
    HEAD,
    NEXT_CLINIC,
    NOTE,
    PATIENT,
    STRANGER,
    sealed_note,
    sealed_row,
)

BOTH = Keyring([CLINIC, NEXT_CLINIC])


def test_a_rewrapped_row_opens_with_the_new_key_and_no_longer_with_the_old() -> None:
    old = sealed_row()
    new = rewrap(old, PATIENT, BOTH, NEXT_CLINIC.public_key)
    assert new == replace(old, clinic_key_id=NEXT_CLINIC.id, clinic_wrap=new.clinic_wrap)
    assert open_both(new, PATIENT, Keyring([NEXT_CLINIC])) == (HEAD, BODY)
    assert open_both(new, PATIENT, ESCROW_RING) == (HEAD, BODY)
    with pytest.raises(CannotOpen):
        open_both(new, PATIENT, CLINIC_RING)


def test_notes_are_rewrapped_too() -> None:
    new = rewrap(sealed_note(), ABOUT_A_NOTE, BOTH, NEXT_CLINIC.public_key)
    assert open_text(new, ABOUT_A_NOTE, Keyring([NEXT_CLINIC])) == NOTE


def test_a_row_can_be_rewrapped_where_the_new_private_key_is_not_at_hand() -> None:
    new = rewrap(sealed_row(), PATIENT, CLINIC_RING, NEXT_CLINIC.public_key)
    assert open_both(new, PATIENT, Keyring([NEXT_CLINIC])) == (HEAD, BODY)


def test_after_the_loss_of_the_clinics_key_the_escrow_key_rewraps_for_a_new_one() -> None:
    new = rewrap(sealed_row(), PATIENT, ESCROW_RING, NEXT_CLINIC.public_key)
    assert (new.clinic_key_id, new.escrow_key_id) == (NEXT_CLINIC.id, ESCROW.id)
    assert open_both(new, PATIENT, Keyring([NEXT_CLINIC])) == (HEAD, BODY)


def test_the_escrow_key_can_be_exchanged_as_well() -> None:
    new = rewrap(sealed_row(), PATIENT, CLINIC_RING, STRANGER.public_key, replacing=ESCROW.id)
    assert (new.clinic_key_id, new.escrow_key_id) == (CLINIC.id, STRANGER.id)
    assert (
        open_both(new, PATIENT, Keyring([STRANGER])) == open_both(new, PATIENT, CLINIC_RING) == (HEAD, BODY)
    )
    with pytest.raises(CannotOpen):
        open_both(new, PATIENT, ESCROW_RING)


@pytest.mark.parametrize("part", ["clinic_wrap", "head", "body"])
def test_a_damaged_row_is_not_passed_on_as_sound(part: str) -> None:
    damaged: Sealed = replace(sealed_row(), **{part: bytes(5000)})  # type: ignore[arg-type]
    for keyring in (CLINIC_RING, BOTH):
        with pytest.raises(CannotOpen):
            rewrap(damaged, PATIENT, keyring, NEXT_CLINIC.public_key)


def test_a_row_whose_priority_was_edited_is_not_rewrapped() -> None:
    with pytest.raises(CannotOpen):
        rewrap(sealed_row(), replace(PATIENT, priority="routine"), BOTH, NEXT_CLINIC.public_key)


def test_a_new_private_key_that_does_not_open_the_new_wrap_is_noticed() -> None:
    impostor = type(NEXT_CLINIC).generate()
    impostor.id = NEXT_CLINIC.id
    with pytest.raises(CannotOpen) as refusal:
        rewrap(sealed_row(), PATIENT, Keyring([CLINIC, impostor]), NEXT_CLINIC.public_key)
    assert refusal.value.key_id == NEXT_CLINIC.id


def test_a_row_always_keeps_two_different_keys() -> None:
    with pytest.raises(ValueError, match="must be two"):
        rewrap(sealed_row(), PATIENT, CLINIC_RING, ESCROW.public_key)
    with pytest.raises(ValueError, match="must be two"):
        rewrap(sealed_row(), PATIENT, CLINIC_RING, CLINIC.public_key, replacing=ESCROW.id)
    with pytest.raises(ValueError, match="is not sealed to"):
        rewrap(sealed_row(), PATIENT, CLINIC_RING, NEXT_CLINIC.public_key, replacing=STRANGER.id)

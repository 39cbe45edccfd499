"""What patients sent opens with the clinic's or the escrow private key, whole and unchanged, or not at all."""

import datetime
import pickle
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from intake.keys import KeyRefused, Keyring, PrivateKey, Recipients
from intake.sealing import (
    CannotOpen,
    Context,
    DataKey,
    Purpose,
    Sealed,
    UnknownSuite,
    Why,
    open_body,
    open_both,
    open_head,
    open_text,
    rewrap,
    seal,
    seal_text,
    self_test,
)
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
    RECIPIENTS,
    STRANGER,
    sealed_note,
    sealed_row,
)

OTHER_ROW = replace(PATIENT, submission_id=uuid.UUID(int=1))
PARTS = ("clinic_wrap", "head", "body")
LATER = PATIENT.received_at + datetime.timedelta(microseconds=1)
EDITED = {
    "submission_id": uuid.UUID(int=1),
    "questionnaire": "https://clinic.example/fhir/Questionnaire/ketamine-screening|1.4.1",
    "definition_hash": "5e" * 32,
    "rules_hash": "c1" * 32,
    "kind": "canary",
    "priority": "routine",
    "received_at": LATER,
    "author": "nurse",
}


def changed(sealed: Sealed, part: str, content: bytes) -> Sealed:
    return replace(sealed, **{part: content})  # type: ignore[arg-type]


@pytest.mark.parametrize("keyring", [CLINIC_RING, ESCROW_RING], ids=["clinic", "escrow"])
def test_the_clinic_and_the_escrow_key_each_open_a_submission(keyring: Keyring) -> None:
    sealed = sealed_row()
    assert (sealed.clinic_key_id, sealed.escrow_key_id) == (CLINIC.id, ESCROW.id)
    assert open_head(sealed, PATIENT, keyring) == HEAD
    assert open_body(sealed, PATIENT, keyring) == BODY
    assert open_both(sealed, PATIENT, keyring) == (HEAD, BODY)


def test_columns_that_the_database_hands_over_as_memory_open_too() -> None:
    sealed = sealed_row()
    columns = {part: memoryview(getattr(sealed, part)) for part in (*PARTS, "escrow_wrap")}
    assert open_both(replace(sealed, **columns), PATIENT, CLINIC_RING) == (HEAD, BODY)  # type: ignore[arg-type]


def test_the_time_zone_in_which_a_time_is_written_does_not_matter() -> None:
    here = PATIENT.received_at.astimezone(datetime.timezone(datetime.timedelta(hours=-5)))
    assert open_head(sealed_row(), replace(PATIENT, received_at=here), CLINIC_RING) == HEAD
    with pytest.raises(ValueError, match="time zone"):
        replace(PATIENT, received_at=here.replace(tzinfo=None))


def test_no_other_key_opens_a_submission() -> None:
    with pytest.raises(
        CannotOpen, match=f"Key {CLINIC.id}: no private key with this id is at hand."
    ) as refusal:
        open_head(sealed_row(), PATIENT, Keyring([STRANGER]))
    assert (refusal.value.why, refusal.value.key_id) == (Why.NO_KEY, CLINIC.id)


def test_a_key_that_takes_the_name_of_another_opens_nothing() -> None:
    stranger = PrivateKey.generate()
    stranger.id = CLINIC.id
    with pytest.raises(CannotOpen) as refusal:
        open_head(sealed_row(), PATIENT, Keyring([stranger]))
    assert refusal.value.why is Why.WRAP


def test_a_damaged_wrap_for_the_clinic_leaves_the_one_for_escrow() -> None:
    damaged = replace(sealed_row(), clinic_wrap=b"")
    with pytest.raises(CannotOpen):
        open_head(damaged, PATIENT, CLINIC_RING)
    assert open_head(damaged, PATIENT, Keyring([CLINIC, ESCROW])) == HEAD


@pytest.mark.parametrize("edited", EDITED)
def test_a_row_whose_facts_in_the_clear_were_edited_does_not_open(edited: str) -> None:
    context: Context = replace(PATIENT, **{edited: EDITED[edited]})  # type: ignore[arg-type]
    for keyring in (CLINIC_RING, ESCROW_RING):
        with pytest.raises(CannotOpen) as refusal:
            open_head(sealed_row(), context, keyring)
        assert refusal.value.why is Why.WRAP


def test_every_fact_in_the_clear_is_bound() -> None:
    assert set(EDITED) | {"purpose"} == set(Context.__dataclass_fields__)


def test_no_two_contexts_are_written_alike() -> None:
    one = replace(PATIENT, kind="patient", priority="stop")
    other = replace(PATIENT, kind="patients", priority="top")
    assert bytes(one) != bytes(other)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_flipped_bit_in_a_sealed_column_is_noticed(part: str, place: int) -> None:
    sealed = sealed_row()
    content = bytearray(getattr(sealed, part))
    content[place] ^= 1
    with pytest.raises(CannotOpen) as refusal:
        open_both(changed(sealed, part, bytes(content)), PATIENT, CLINIC_RING)
    assert refusal.value.key_id == CLINIC.id
    assert refusal.value.why is {"clinic_wrap": Why.WRAP, "head": Why.HEAD, "body": Why.BODY}[part]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("length", [0, 1, 15, 16, -1])
def test_a_truncated_column_is_noticed(part: str, length: int) -> None:
    sealed = sealed_row()
    with pytest.raises(CannotOpen):
        open_both(changed(sealed, part, getattr(sealed, part)[:length]), PATIENT, CLINIC_RING)


@pytest.mark.parametrize("part", PARTS)
def test_a_column_swapped_in_from_another_row_is_noticed(part: str) -> None:
    mine, other = sealed_row(), seal(HEAD, BODY, OTHER_ROW, RECIPIENTS)
    with pytest.raises(CannotOpen):
        open_both(changed(mine, part, getattr(other, part)), PATIENT, CLINIC_RING)


def test_all_columns_of_another_row_do_not_open_here_either() -> None:
    with pytest.raises(CannotOpen):
        open_head(seal(HEAD, BODY, OTHER_ROW, RECIPIENTS), PATIENT, CLINIC_RING)


def test_head_and_body_of_a_row_cannot_change_places() -> None:
    sealed = sealed_row(bytes(5000), bytes(5000))
    with pytest.raises(CannotOpen):
        open_head(replace(sealed, head=sealed.body), PATIENT, CLINIC_RING)
    with pytest.raises(CannotOpen):
        open_body(replace(sealed, body=sealed.head), PATIENT, CLINIC_RING)


def test_plaintext_in_a_sealed_column_is_not_taken_for_an_answer() -> None:
    for part in PARTS:
        with pytest.raises(CannotOpen):
            open_both(changed(sealed_row(), part, b'{"name": "Test Patient 17"}'), PATIENT, CLINIC_RING)


@pytest.mark.parametrize("suite", [0, 2, 255, -1])
def test_a_row_of_an_unknown_suite_is_refused(suite: int) -> None:
    sealed = replace(sealed_row(), suite=suite)
    actions: tuple[Callable[[], Any], ...] = (
        lambda: open_head(sealed, PATIENT, CLINIC_RING),
        lambda: open_body(sealed, PATIENT, CLINIC_RING),
        lambda: rewrap(sealed, PATIENT, CLINIC_RING, NEXT_CLINIC.public_key),
    )
    for action in actions:
        with pytest.raises(UnknownSuite) as refusal:
            action()
        assert (refusal.value.suite, refusal.value.key_id) == (suite, CLINIC.id)


def test_two_seals_of_the_same_answers_have_nothing_in_common() -> None:
    one, other = sealed_row(), sealed_row()
    for part in (*PARTS, "escrow_wrap"):
        assert getattr(one, part) != getattr(other, part)


@pytest.mark.parametrize(
    ("length", "head", "body"),
    [(0, 4096, 32_768), (4092, 4096, 32_768), (4093, 8192, 32_768), (32_764, 32_768, 32_768)]
    + [(32_765, 65_536, 65_536), (70_000, 131_072, 131_072)],
)
def test_a_sealed_column_tells_only_a_rough_size(length: int, head: int, body: int) -> None:
    sealed = sealed_row(bytes(length), bytes(length))
    assert (len(sealed.head), len(sealed.body)) == (head + 16, body + 16)  # 16 bytes authenticate


def test_a_sealed_length_that_cannot_be_true_is_refused() -> None:
    """Only who has the public keys can make such a row: a public process in the wrong hands."""
    data_key, about = DataKey.fresh(), bytes(PATIENT)
    content = (4093).to_bytes(4, "big") + bytes(4092)
    head = data_key.cipher(b"clinic sealing head v1").encrypt(bytes(12), content, about)
    made_up = replace(sealed_row(), clinic_wrap=data_key.wrapped_for(CLINIC.public_key, about), head=head)
    with pytest.raises(CannotOpen) as refusal:
        open_head(made_up, PATIENT, CLINIC_RING)
    assert refusal.value.why is Why.HEAD


def test_a_note_opens_as_a_note_and_as_nothing_else() -> None:
    sealed = sealed_note()
    assert (
        open_text(sealed, ABOUT_A_NOTE, CLINIC_RING) == open_text(sealed, ABOUT_A_NOTE, ESCROW_RING) == NOTE
    )
    with pytest.raises(CannotOpen):
        open_head(sealed, replace(ABOUT_A_NOTE, purpose=Purpose.SUBMISSION), CLINIC_RING)
    with pytest.raises(CannotOpen):
        open_text(sealed, replace(ABOUT_A_NOTE, author="somebody else"), CLINIC_RING)
    with pytest.raises(CannotOpen):
        open_text(replace(sealed, body=b"more"), ABOUT_A_NOTE, CLINIC_RING)


def test_a_submission_without_its_body_is_damaged_and_not_a_note() -> None:
    with pytest.raises(CannotOpen) as refusal:
        open_both(replace(sealed_row(), body=b""), PATIENT, CLINIC_RING)
    assert refusal.value.why is Why.BODY


def test_each_purpose_is_sealed_and_opened_by_its_own_verb() -> None:
    with pytest.raises(ValueError, match="seal_text"):
        seal(HEAD, BODY, ABOUT_A_NOTE, RECIPIENTS)
    with pytest.raises(ValueError, match="by seal"):
        seal_text(NOTE, PATIENT, RECIPIENTS)
    with pytest.raises(ValueError, match="open_head"):
        open_text(sealed_row(), PATIENT, CLINIC_RING)


def test_the_clinics_and_the_escrow_key_are_two() -> None:
    with pytest.raises(KeyRefused, match="one and the same"):
        Recipients(CLINIC.public_key, CLINIC.public_key)


def test_neither_errors_nor_names_show_what_is_inside() -> None:
    sealed = sealed_row()
    shown = [repr(sealed), repr(CLINIC), repr(CLINIC_RING), repr(RECIPIENTS), str(sealed)]
    for part in PARTS:
        with pytest.raises(CannotOpen) as refusal:
            open_both(changed(sealed, part, HEAD + BODY), PATIENT, CLINIC_RING)
        shown += [str(refusal.value), repr(refusal.value), "".join(traceback.format_exception(refusal.value))]
    secrets = ["Test Patient", "left foot", CLINIC.to_text().split()[-1], sealed.head.hex(), str(sealed.head)]
    for text in shown:
        assert not [secret for secret in secrets if secret in text]


def test_words_that_were_written_into_the_column_of_the_key_id_are_not_repeated() -> None:
    sealed = replace(sealed_row(), clinic_key_id="Test Patient 17", escrow_key_id="Test Patient 17")
    with pytest.raises(CannotOpen) as refusal:
        open_head(sealed, PATIENT, CLINIC_RING)
    assert str(refusal.value) == "no private key with this id is at hand."
    assert refusal.value.key_id == ""


def test_a_private_key_is_not_written_out_with_the_object_that_holds_it() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(CLINIC)
    with pytest.raises(TypeError):
        pickle.dumps(CLINIC_RING)


def test_the_self_test_passes_with_the_keys_of_each_process() -> None:
    assert self_test(RECIPIENTS, Keyring()) == ()  # public
    assert self_test(RECIPIENTS, CLINIC_RING) == ()
    assert self_test(RECIPIENTS, Keyring([STRANGER, CLINIC])) == ()  # while keys are exchanged


def test_the_self_test_names_the_key_that_fails() -> None:
    impostor = PrivateKey.generate()
    impostor.id = CLINIC.id
    cases = {
        (CLINIC.id, "is not here"): Keyring([STRANGER]),
        (CLINIC.id, "does not open what its public key seals"): Keyring([impostor]),
        (ESCROW.id, "belongs in a safe"): Keyring([CLINIC, ESCROW]),
    }
    for (key_id, words), keyring in cases.items():
        (problem,) = self_test(RECIPIENTS, keyring)
        assert key_id in problem
        assert words in problem


def best_of(times: int, action: Callable[[], object]) -> float:
    """Milliseconds of this process's own time, in the best of some tries: what the work costs, not who else ran."""
    took = []
    for _ in range(times):
        start = time.process_time()
        action()
        took.append(time.process_time() - start)
    return 1000 * min(took)


def test_sealing_takes_less_than_a_millisecond_and_fifty_heads_open_in_twenty() -> None:
    head, body = bytes(2000), bytes(28_000)  # the size of the shipped screening
    rows = [sealed_row(head, body) for _ in range(50)]
    assert best_of(20, lambda: sealed_row(head, body)) < 1
    assert best_of(5, lambda: [open_head(row, PATIENT, CLINIC_RING) for row in rows]) < 20

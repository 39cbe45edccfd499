"""Whatever bytes stand in a row or in a draft: they open to what was sealed, or to nothing."""

import base64
import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.keys import KeyRefused, PrivateKey, PublicKey
from intake.sealing import CannotOpen, open_both, open_draft, open_text, seal_draft
from tests.sealed_rows import ABOUT_A_NOTE, CLINIC, CLINIC_RING, ESCROW, PATIENT, sealed_note, sealed_row

KEY, DRAFT_ID = bytes(range(32)), uuid.UUID(int=3)
ROW = sealed_row()
DRAFT = seal_draft(b"typed so far", key=KEY, draft_id=DRAFT_ID)
contents = st.binary(max_size=300) | st.integers(4080, 4100).map(bytes) | st.integers(8180, 8200).map(bytes)
junk = st.binary(max_size=1300) | st.integers(1160, 1180).map(bytes)


@settings(deadline=None, max_examples=100)
@given(head=contents, body=contents)
def test_any_bytes_come_back_as_they_were_sealed(head: bytes, body: bytes) -> None:
    assert open_both(sealed_row(head, body), PATIENT, CLINIC_RING) == (head, body)
    assert open_text(sealed_note(head), ABOUT_A_NOTE, CLINIC_RING) == head
    assert open_draft(seal_draft(body, key=KEY, draft_id=DRAFT_ID), key=KEY, draft_id=DRAFT_ID) == body


@settings(deadline=None, max_examples=300)
@given(part=st.sampled_from(["clinic_wrap", "head", "body"]), content=junk)
def test_any_bytes_in_a_sealed_column_open_to_cannot_open(part: str, content: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_both(replace(ROW, **{part: content}), PATIENT, CLINIC_RING)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=200)
@given(
    suite=st.integers(-(2**31), 2**31),
    ids=st.tuples(*[st.text(max_size=20) | st.sampled_from([CLINIC.id, ESCROW.id])] * 2),
    columns=st.tuples(*[junk] * 4),
)
def test_a_row_of_nothing_but_junk_opens_to_cannot_open(
    suite: int, ids: tuple[str, str], columns: tuple[bytes, bytes, bytes, bytes]
) -> None:
    with pytest.raises(CannotOpen):
        open_both(type(ROW)(suite, *ids, *columns), PATIENT, CLINIC_RING)


@settings(deadline=None, max_examples=300)
@given(content=st.binary(max_size=60) | st.binary(max_size=60).map(lambda content: DRAFT[:13] + content))
def test_any_bytes_in_place_of_a_draft_open_to_cannot_open(content: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_draft(content, key=KEY, draft_id=DRAFT_ID)


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, len(DRAFT) - 1), bit=st.integers(0, 7))
def test_a_bit_flipped_anywhere_in_a_draft_is_noticed(place: int, bit: int) -> None:
    damaged = bytearray(DRAFT)
    damaged[place] ^= 1 << bit
    with pytest.raises(CannotOpen):
        open_draft(bytes(damaged), key=KEY, draft_id=DRAFT_ID)


# Bytes of the right length and version are a key, whoever made them.
encoded = (
    st.binary(max_size=1300)
    .filter(lambda raw: raw[:1] != b"\x01")
    .map(lambda raw: base64.b64encode(raw).decode())
)


@settings(deadline=None, max_examples=300)
@given(text=st.text(max_size=100) | encoded)
def test_any_text_in_place_of_a_key_is_refused(text: str) -> None:
    for kind in (PrivateKey, PublicKey):
        with pytest.raises(KeyRefused):
            kind.from_text(text)

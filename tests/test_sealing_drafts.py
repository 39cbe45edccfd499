"""What somebody typed and has not sent opens with their own secret alone."""

import uuid

import pytest

from intake.sealing import CannotOpen, UnknownSuite, Why, open_draft, seal_draft
from intake.secret import Secret

SECRET, OTHER = Secret(321), Secret(322)
TYPED = b'{"answers": {"name": ["Test Patient 17"]}}'


def sealed(plaintext: bytes = TYPED, secret: Secret = SECRET) -> bytes:
    return seal_draft(plaintext, key=secret.draft_key, draft_id=secret.draft_id)


def test_a_draft_opens_with_the_secret_it_was_typed_under() -> None:
    assert open_draft(sealed(), key=SECRET.draft_key, draft_id=SECRET.draft_id) == TYPED
    kept = memoryview(sealed())  # as the database hands it over
    assert open_draft(kept, key=SECRET.draft_key, draft_id=SECRET.draft_id) == TYPED  # type: ignore[arg-type]


def test_a_draft_opens_with_no_other_secret_and_in_no_other_row() -> None:
    for key, draft_id in ((OTHER.draft_key, SECRET.draft_id), (SECRET.draft_key, OTHER.draft_id)):
        with pytest.raises(CannotOpen) as refusal:
            open_draft(sealed(), key=key, draft_id=draft_id)
        assert refusal.value.why is Why.DRAFT
        assert "Test Patient" not in str(refusal.value)


def test_a_draft_of_an_unknown_suite_is_refused() -> None:
    with pytest.raises(UnknownSuite) as refusal:
        open_draft(b"\x02" + sealed()[1:], key=SECRET.draft_key, draft_id=SECRET.draft_id)
    assert refusal.value.suite == 2


def test_a_save_without_a_change_looks_like_any_other() -> None:
    one, other = sealed(), sealed()
    assert one != other
    assert one[1:13] != other[1:13]  # the nonce: the key is used again


@pytest.mark.parametrize(("length", "padded"), [(0, 8192), (8188, 8192), (8189, 16_384), (16_381, 32_768)])
def test_the_size_of_a_draft_does_not_tell_how_far_somebody_got(length: int, padded: int) -> None:
    assert len(sealed(bytes(length))) == 1 + 12 + padded + 16


def test_the_key_of_a_draft_is_not_one_of_the_ids_that_the_database_sees() -> None:
    ids = SECRET.draft_id.bytes + SECRET.submission_id.bytes
    assert len(SECRET.draft_key) == 32
    assert SECRET.draft_key[:16] not in ids
    assert SECRET.draft_key[16:] not in ids
    assert SECRET.draft_key != OTHER.draft_key


def test_a_key_of_another_length_is_a_mistake_of_ours() -> None:
    for length in (0, 16, 31):  # 16 bytes would be AES-128
        with pytest.raises(ValueError, match="32 bytes"):
            seal_draft(TYPED, key=bytes(length), draft_id=uuid.UUID(int=1))
        with pytest.raises(ValueError, match="32 bytes"):
            open_draft(sealed(), key=bytes(length), draft_id=uuid.UUID(int=1))


def test_a_secret_in_a_log_line_shows_nothing_of_itself() -> None:
    assert repr(SECRET) == "Secret()"

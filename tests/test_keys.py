"""A key file is read whole and from its owner alone, or refused with what to do."""

import base64
import os
from pathlib import Path

import pytest

from intake.keys import KeyRefused, Keyring, PrivateKey, PublicKey
from tests.sealed_rows import CLINIC, ESCROW, key_file


def test_a_private_key_comes_back_from_its_file(tmp_path: Path) -> None:
    path = key_file(tmp_path, "clinic.private", CLINIC.to_text("a comment for people"))
    key = PrivateKey.from_file(path)
    assert key.id == CLINIC.id
    assert key.public_key == CLINIC.public_key
    assert key.unwrap(CLINIC.public_key.wrap(b"secret", b"about"), b"about") == b"secret"


def test_a_public_key_comes_back_from_its_file(tmp_path: Path) -> None:
    path = key_file(tmp_path, "clinic.public", CLINIC.public_key.to_text(), mode=0o644)
    assert PublicKey.from_file(path) == CLINIC.public_key
    assert hash(PublicKey.from_file(path)) == hash(CLINIC.public_key)
    assert CLINIC.public_key != ESCROW.public_key


def test_two_keys_are_never_the_same() -> None:
    assert PrivateKey.generate().id != PrivateKey.generate().id


def test_a_key_that_was_typed_in_from_paper_needs_no_line_but_the_key() -> None:
    bare = "".join(CLINIC.to_text().splitlines()[1:])
    assert PrivateKey.from_text(bare).id == CLINIC.id
    spaced = "\r\n\r\n".join(CLINIC.to_text().splitlines()).replace("\r\nAV", "\r\n   AV")
    assert PrivateKey.from_text(spaced).id == CLINIC.id


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_private_key_that_only_its_owner_may_read_is_taken(tmp_path: Path, mode: int) -> None:
    assert (
        PrivateKey.from_file(key_file(tmp_path, "clinic.private", CLINIC.to_text(), mode=mode)).id
        == CLINIC.id
    )


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o640, 0o644, 0o620, 0o700, 0o777])
def test_a_private_key_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, "clinic.private", CLINIC.to_text(), mode=mode)
    with pytest.raises(KeyRefused, match=f"{path}: .*mode {mode:04o}.*chmod 400.*docs/keys.md"):
        PrivateKey.from_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_private_key_of_another_account_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, "clinic.private", CLINIC.to_text())
    os.chown(path, 12345, -1)
    with pytest.raises(KeyRefused, match="belongs to another"):
        PrivateKey.from_file(path)


def test_the_two_halves_cannot_be_taken_for_one_another() -> None:
    with pytest.raises(KeyRefused, match="this is a public key"):
        PrivateKey.from_text(CLINIC.public_key.to_text())
    with pytest.raises(KeyRefused, match="this is a private key"):
        PublicKey.from_text(CLINIC.to_text())


def flipped(text: str, place: int) -> str:
    """The key with one bit of its last line's bytes changed, as a damaged disk or a slip of a typist does."""
    key_id, *lines = text.splitlines()
    raw = bytearray(base64.b64decode("".join(lines)))
    raw[place] ^= 1
    return f"{key_id}\n{base64.b64encode(raw).decode()}\n"


@pytest.mark.parametrize("place", [1, 30, -1])
def test_a_key_that_was_damaged_is_noticed_before_anything_is_sealed_to_it(place: int) -> None:
    with pytest.raises(KeyRefused, match="damaged|not a public key"):
        PublicKey.from_text(flipped(CLINIC.public_key.to_text(), place))
    with pytest.raises(KeyRefused, match="damaged"):
        PrivateKey.from_text(flipped(CLINIC.to_text(), place))


def test_a_key_of_a_later_version_is_refused() -> None:
    with pytest.raises(KeyRefused, match="version 0"):
        PrivateKey.from_text(flipped(CLINIC.to_text(), 0))


def test_a_public_key_that_every_secret_would_be_open_to_is_refused() -> None:
    with pytest.raises(KeyRefused, match="not a public key"):
        PublicKey(CLINIC.public_key.raw[:-32] + bytes(32))  # a point of low order


@pytest.mark.parametrize("length", [0, 95, 97, 1215, 1217])
def test_bytes_of_another_length_are_no_key(length: int) -> None:
    for kind in (PrivateKey, PublicKey):
        with pytest.raises(KeyRefused, match="bytes"):
            kind(bytes(length))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "length is wrong"),
        ("not base64!", "not a key file"),
        ("x" * 20_000, "too long"),
        ("AAAA", "length is wrong"),
    ],
)
def test_another_file_is_no_key(tmp_path: Path, content: str, words: str) -> None:
    path = key_file(tmp_path, "clinic.private", content)
    for kind in (PrivateKey, PublicKey):
        with pytest.raises(KeyRefused, match=f"{path}: .*{words}"):
            kind.from_file(path)


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.private", tmp_path):
        for kind in (PrivateKey, PublicKey):
            with pytest.raises(KeyRefused, match=f"{path}: it cannot be read"):
                kind.from_file(path)


def test_a_refusal_never_quotes_the_key() -> None:
    lines = CLINIC.to_text().splitlines()
    for text in (
        flipped(CLINIC.to_text(), 30),
        "\n".join(lines[:-1]),
        "\n".join([*lines, "Test Patient 17"]),
    ):
        with pytest.raises(KeyRefused) as refusal:
            PrivateKey.from_text(text)
        assert not [line for line in lines[1:] if line in str(refusal.value)]
        assert "Test Patient" not in str(refusal.value)


def test_a_keyring_finds_its_keys_by_their_id() -> None:
    keyring = Keyring([CLINIC, ESCROW])
    assert (keyring[CLINIC.id], len(keyring), list(keyring)) == (CLINIC, 2, [CLINIC, ESCROW])
    assert ESCROW.id in keyring
    assert "0" * 16 not in keyring
    assert not Keyring()
    assert repr(keyring) == f"Keyring({CLINIC.id}, {ESCROW.id})"

"""Key pairs: a public key seals, its private key opens. Pure: no Django, no settings.

A key is a pair of keys, ML-KEM-768 and X25519, so that what is sealed today stays sealed while either of them holds.

A key file is text: lines for people that begin with #, the key's id, and in base64 a version byte and the key:

    # Private key of the clinic ...
    id: 0123456789abcdef
    AXJ1bm5pbmcg...

    private   version byte, 64-byte ML-KEM seed, 32-byte X25519 scalar
    public    version byte, 1184-byte ML-KEM public key, 32-byte X25519 public key

The id is the first 8 bytes of SHA-256 of the public part (both public keys, without the version byte), in hex. It is
no secret. In the file it is there to notice damage: answers sealed to a damaged public key would be lost.
"""

import base64
import hashlib
import os
import re
import stat
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)  # of suite 1, the only one so far
KEY_VERSION = 1
SEED_LENGTH, SCALAR_LENGTH = 64, 32  # bytes: of ML-KEM-768 and of X25519
PRIVATE_LENGTH = SEED_LENGTH + SCALAR_LENGTH
MLKEM_PUBLIC_LENGTH = 1184
PUBLIC_LENGTH = MLKEM_PUBLIC_LENGTH + 32
LONGEST_KEY_FILE = 10_000  # bytes; ours have 2,000
PRIVATE_MODES = (0o400, 0o600)
ID_LINE = "id:"
KEY_ID = re.compile(r"[0-9a-f]{16}")


class KeyRefused(Exception):
    """A key or its file cannot be used. The message is for the person at the terminal and holds no key."""


class PublicKey:
    """Seals. Anybody may know it, but nobody may exchange it."""

    __slots__ = ("hpke_key", "id", "raw")

    def __init__(self, raw: bytes) -> None:
        """From the public part; raises KeyRefused for bytes that are no public key."""
        if len(raw) != PUBLIC_LENGTH:
            raise KeyRefused(f"a public key has {PUBLIC_LENGTH} bytes, not {len(raw)}")
        try:
            self.hpke_key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_LENGTH]),
                X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_LENGTH:]),
            )
            self.wrap(bytes(32), b"")  # a point of low order is only noticed here
        except ValueError:
            raise KeyRefused("the bytes in it are not a public key") from None
        self.raw = raw
        self.id = hashlib.sha256(raw).digest()[:8].hex()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises KeyRefused."""
        key_id, raw = read_text(text)
        if len(raw) == PRIVATE_LENGTH:
            raise KeyRefused("this is a private key; the file that ends in .public is wanted here")
        key = cls(raw)
        refuse_another_id(key_id, key.id)
        return key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Raises KeyRefused, with the path."""
        try:
            return cls.from_text(read_key_file(path))
        except KeyRefused as error:
            raise KeyRefused(f"{path}: {error}") from None

    def to_text(self, *comments: str) -> str:
        return written(self.id, self.raw, comments)

    def wrap(self, secret: bytes, info: bytes) -> bytes:
        """The secret, to be opened only by the private key and only together with the same `info`."""
        return HPKE.encrypt(secret, self.hpke_key, info=info)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self.id})"


class PrivateKey:
    """Opens. Whoever has it reads every answer that was sealed to its public key."""

    __slots__ = ("_mlkem_key", "_x25519_key", "hpke_key", "id", "public_key")

    def __init__(self, raw: bytes) -> None:
        """From the seed and the scalar; raises KeyRefused for bytes of another length."""
        if len(raw) != PRIVATE_LENGTH:
            raise KeyRefused(f"a private key has {PRIVATE_LENGTH} bytes, not {len(raw)}")
        self._mlkem_key = MLKEM768PrivateKey.from_seed_bytes(raw[:SEED_LENGTH])
        self._x25519_key = X25519PrivateKey.from_private_bytes(raw[SEED_LENGTH:])
        self.hpke_key = MLKEM768X25519PrivateKey(self._mlkem_key, self._x25519_key)
        self.public_key = PublicKey(
            self._mlkem_key.public_key().public_bytes_raw() + self._x25519_key.public_key().public_bytes_raw()
        )
        self.id = self.public_key.id

    @classmethod
    def generate(cls) -> Self:
        mlkem_key, x25519_key = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        return cls(mlkem_key.private_bytes_raw() + x25519_key.private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises KeyRefused."""
        key_id, raw = read_text(text)
        if len(raw) == PUBLIC_LENGTH:
            raise KeyRefused("this is a public key; the file that ends in .private is wanted here")
        key = cls(raw)
        refuse_another_id(key_id, key.id)
        return key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Raises KeyRefused, with the path: also for a file that somebody else may read."""
        try:
            return cls.from_text(read_key_file(path, private=True))
        except KeyRefused as error:
            raise KeyRefused(f"{path}: {error}") from None

    def to_text(self, *comments: str) -> str:
        """The whole secret. Only for a file that nobody else may read."""
        raw = self._mlkem_key.private_bytes_raw() + self._x25519_key.private_bytes_raw()
        return written(self.id, raw, comments)

    def unwrap(self, wrap: bytes, info: bytes) -> bytes:
        """Raises InvalidTag or ValueError for anything but what `wrap` made for this key with this `info`."""
        return HPKE.decrypt(wrap, self.hpke_key, info=info)

    def derived(self, purpose: bytes) -> bytes:
        """32 bytes for something that only whoever has this key may do, such as the search for people."""
        raw = self._mlkem_key.private_bytes_raw() + self._x25519_key.private_bytes_raw()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(raw)

    def __repr__(self) -> str:
        return f"PrivateKey({self.id})"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom everything is sealed to: the clinic, and an escrow key that is kept where no thief of the site comes."""

    clinic: PublicKey
    escrow: PublicKey

    def __post_init__(self) -> None:
        if self.clinic == self.escrow:
            raise KeyRefused(f"the clinic's and the escrow public key are one and the same, {self.clinic.id}")


class Keyring:
    """The private keys that a process has, found by their id. While keys are exchanged there are two."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[PrivateKey] = ()) -> None:
        self._keys = {key.id: key for key in keys}

    def __getitem__(self, key_id: str) -> PrivateKey:
        return self._keys[key_id]

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    def __iter__(self) -> Iterator[PrivateKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"


def written(key_id: str, raw: bytes, comments: Iterable[str]) -> str:
    encoded = base64.b64encode(bytes([KEY_VERSION]) + raw).decode()
    lines = [*(f"# {comment}" for comment in comments), f"{ID_LINE} {key_id}", *textwrap.wrap(encoded, 76)]
    return "\n".join(lines) + "\n"


def read_text(text: str) -> tuple[str, bytes]:
    """The id that the text names, or "", and the bytes of the key without the version."""
    lines = [line.strip() for line in text.splitlines()]
    ids = [line.removeprefix(ID_LINE).strip() for line in lines if line.startswith(ID_LINE)]
    encoded = "".join(line for line in lines if not line.startswith(("#", ID_LINE)))
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise KeyRefused("this is not a key file, or it is damaged") from None
    if len(raw) not in (1 + PRIVATE_LENGTH, 1 + PUBLIC_LENGTH):
        raise KeyRefused("this is not a key file, or it is damaged: its length is wrong")
    if raw[0] != KEY_VERSION:
        raise KeyRefused(
            f"the key is of version {raw[0]}, and this program knows version {KEY_VERSION} alone"
        )
    return (ids[0] if ids else ""), raw[1:]


def refuse_another_id(named: str, actual: str) -> None:
    if named not in ("", actual):
        raise KeyRefused("the file is damaged: the id that it names is not the id of the key in it")


def read_key_file(path: Path, *, private: bool = False) -> str:
    try:
        with path.open("rb") as key_file:
            if private:
                refuse_a_file_others_may_read(os.fstat(key_file.fileno()))
            content = key_file.read(LONGEST_KEY_FILE + 1)
    except OSError as error:
        raise KeyRefused(f"it cannot be read: {error.strerror}") from None
    if len(content) > LONGEST_KEY_FILE:
        raise KeyRefused("this is not a key file: it is too long")
    return content.decode("utf-8", "replace")


def refuse_a_file_others_may_read(status: os.stat_result) -> None:
    """What lies readable on a disk or in a backup is soon read."""
    mode = stat.S_IMODE(status.st_mode)
    if mode not in PRIVATE_MODES:
        raise KeyRefused(
            f"a private key must be readable by its owner alone, and this file has mode {mode:04o}. "
            "Run chmod 400 on it. If somebody else could read it until now, see “A key leaked” in docs/keys.md."
        )
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyRefused(
            "a private key must belong to the account that this program runs as, and this file belongs to another. "
            "Run chown on it."
        )

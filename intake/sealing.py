"""Seal with public keys, open with private keys. Pure: no Django, no database, no clock.

Suite 1, the envelope of one row, with nothing but standard parts:

    context     every fact of `Context` in its order, each as 4 bytes of length and its bytes; before them the words
                "clinic sealing" and the number of the suite as one byte, written in the same way
    data key    32 random bytes, made for this row alone
    wraps       the data key, by HPKE in base mode (KEM MLKEM768-X25519, HKDF-SHA256, AES-256-GCM), info = context,
                once for the clinic and once for escrow
    head, body  AES-256-GCM, additional authenticated bytes = context; the key is HKDF-SHA256 of the data key without
                salt, info = "clinic sealing head v1" or "clinic sealing body v1"; the nonce is twelve zero bytes, which
                is sound because each of these keys encrypts one message in its life
    padding     inside the encryption: 4 bytes of length, the content, zero bytes up to the next size: 4 KiB for a head,
                32 KiB for a body, 8 KiB for a draft, each doubled as often as it takes

A row opens only as it was sealed: with one part of another row, or with another priority, it does not. That is no
signature: whoever has the public keys and may write rows can seal an invented one.

A draft has no recipients: it is AES-256-GCM under a key from the patient's own secret. Suite byte, 12 random bytes of
nonce (the key is used again at each save), ciphertext; authenticated with "clinic draft", the suite and the draft's id.
"""

import datetime
import os
import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.keys import KEY_ID, Keyring, PrivateKey, PublicKey, Recipients

SUITE = 1
KEY_LENGTH = 32  # bytes
NONCE_LENGTH = 12  # bytes
ONLY_NONCE = bytes(NONCE_LENGTH)
LENGTH_BYTES = 4
SMALLEST_HEAD, SMALLEST_BODY, SMALLEST_DRAFT = 4096, 32_768, 8192  # bytes, padded
SMALLEST_ENTRY = 512  # bytes, padded
HEAD, BODY = b"clinic sealing head v1", b"clinic sealing body v1"


class Purpose(StrEnum):
    """What a sealed text is, so that a note never opens as a submission."""

    SUBMISSION = "submission"
    NOTE = "note"
    EXPORT = "export"
    SELF_TEST = "self_test"


class Why(StrEnum):
    """Why something cannot be opened, in words for staff."""

    NO_KEY = "no private key with this id is at hand"
    WRAP = "the row was changed, or parts of it belong to another row"
    HEAD = "its head was changed, or belongs to another row"
    BODY = "its body was changed, or belongs to another row"
    SUITE = "it was sealed in a way that this version of the program does not know"
    CONTENTS = "what is inside is not what this program seals"
    DRAFT = "the draft was changed, or belongs to another secret"


class CannotOpen(Exception):
    """What is sealed stays closed here. Says with which key and why, and never a word of what is inside."""

    def __init__(self, why: Why, key_id: str = "") -> None:
        self.why = why
        self.key_id = key_id if KEY_ID.fullmatch(key_id) else ""  # a damaged row may hold anything there
        super().__init__(f"Key {self.key_id}: {why}." if self.key_id else f"{why}.")


class UnknownSuite(CannotOpen):
    """Sealed by a later version of the program, or not sealed at all."""

    def __init__(self, suite: int, key_id: str = "") -> None:
        super().__init__(Why.SUITE, key_id)
        self.suite = suite


@dataclass(frozen=True, slots=True)
class Context:
    """What stands beside the sealed columns in the clear, and may not be changed after sealing."""

    purpose: Purpose
    submission_id: uuid.UUID
    kind: str
    """Of the submission (patient, canary), or of the note."""
    received_at: datetime.datetime
    """With its time zone. For a note, when it was written."""
    questionnaire: str = ""
    """Url and version: "https://clinic.example/q|1.2"; this and the next three are empty for a note."""
    definition_hash: str = ""
    rules_hash: str = ""
    priority: str = ""
    """As a word."""
    author: str = ""
    """The account that wrote a note."""

    def __post_init__(self) -> None:
        if self.received_at.utcoffset() is None:
            raise ValueError("received_at needs a time zone")

    def __bytes__(self) -> bytes:
        received_at = self.received_at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        texts = (
            *(self.purpose.value, str(self.submission_id), self.questionnaire, self.definition_hash),
            *(self.rules_hash, self.kind, self.priority, received_at, self.author),
        )
        return length_prefixed(b"clinic sealing", bytes([SUITE]), *(text.encode() for text in texts))


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """The sealed columns of one row. A note has no body."""

    suite: int
    clinic_key_id: str
    escrow_key_id: str
    clinic_wrap: bytes
    escrow_wrap: bytes
    head: bytes
    body: bytes

    def __repr__(self) -> str:
        return f"Sealed(suite {self.suite}, {len(self.head)} and {len(self.body)} bytes)"


class DataKey:
    """The one key of one row. It never leaves this module except wrapped."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_LENGTH:
            raise ValueError("a data key has 32 bytes")
        self._secret = secret

    @classmethod
    def fresh(cls) -> Self:
        return cls(os.urandom(KEY_LENGTH))

    @classmethod
    def from_wrap(cls, wrap: bytes, key: PrivateKey, context: bytes) -> Self:
        """Raises CannotOpen."""
        try:
            return cls(key.unwrap(wrap, context))
        except (InvalidTag, ValueError):
            raise CannotOpen(Why.WRAP, key.id) from None

    def wrapped_for(self, key: PublicKey, context: bytes) -> bytes:
        return key.wrap(self._secret, context)

    def cipher(self, part: bytes) -> AESGCM:
        return AESGCM(HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=part).derive(self._secret))

    def encrypt(self, content: bytes, part: bytes, context: bytes, *, smallest: int) -> bytes:
        return self.cipher(part).encrypt(ONLY_NONCE, padded(content, smallest=smallest), context)

    def decrypt(self, ciphertext: bytes, part: bytes, context: bytes) -> bytes:
        """Raises InvalidTag or ValueError."""
        return unpadded(self.cipher(part).decrypt(ONLY_NONCE, ciphertext, context))

    def __repr__(self) -> str:
        return "DataKey(secret)"


def seal(head: bytes, body: bytes, context: Context, recipients: Recipients) -> Sealed:
    """Both parts of a submission, to be opened by the clinic's or the escrow private key."""
    if not has_body(context):
        raise ValueError("a text without a body is sealed by seal_text")
    return sealed_parts(head, body, context, recipients)


def seal_text(text: bytes, context: Context, recipients: Recipients) -> Sealed:
    """A small text that staff wrote: the same envelope without a body."""
    if has_body(context):
        raise ValueError("a submission has a head and a body, and is sealed by seal")
    return sealed_parts(text, None, context, recipients)


def open_head(sealed: Sealed, context: Context, keyring: Keyring) -> bytes:
    """Raises CannotOpen, as each of these does."""
    return opened_head(sealed, context, data_key_of(sealed, context, keyring))


def open_body(sealed: Sealed, context: Context, keyring: Keyring) -> bytes:
    return opened_body(sealed, context, data_key_of(sealed, context, keyring))


def open_both(sealed: Sealed, context: Context, keyring: Keyring) -> tuple[bytes, bytes]:
    """Head and body for the price of one: nearly all of it is the private key's work."""
    data_key = data_key_of(sealed, context, keyring)
    return opened_head(sealed, context, data_key), opened_body(sealed, context, data_key)


def open_text(sealed: Sealed, context: Context, keyring: Keyring) -> bytes:
    """What seal_text sealed."""
    if has_body(context):
        raise ValueError("a submission is opened by open_head and open_body")
    head, _ = open_both(sealed, context, keyring)
    return head


def rewrap(
    sealed: Sealed, context: Context, keyring: Keyring, to: PublicKey, *, replacing: str = ""
) -> Sealed:
    """The same row for another key: the wrap for the key id `replacing` (unless named, the clinic's) is made anew.

    Head and body stay as they are, and both are opened first: a row that cannot be read is not passed on as sound.
    The new wrap is opened too where its private key is in the keyring. Raises CannotOpen.
    """
    kept = sealed.escrow_key_id
    if replacing == sealed.escrow_key_id:
        kept = sealed.clinic_key_id
    elif replacing not in ("", sealed.clinic_key_id):
        raise ValueError("the row is not sealed to the key that is to be replaced")
    if to.id == kept:
        raise ValueError("the row is already sealed to this key; the clinic's and the escrow key must be two")

    data_key = data_key_of(sealed, context, keyring)
    opened_head(sealed, context, data_key)
    opened_body(sealed, context, data_key)
    wrap = data_key.wrapped_for(to, bytes(context))
    if to.id in keyring:
        opened_head(sealed, context, DataKey.from_wrap(wrap, keyring[to.id], bytes(context)))
    if kept == sealed.escrow_key_id:
        return replace(sealed, clinic_key_id=to.id, clinic_wrap=wrap)
    return replace(sealed, escrow_key_id=to.id, escrow_wrap=wrap)


def seal_draft(plaintext: bytes, *, key: bytes, draft_id: uuid.UUID) -> bytes:
    """What somebody typed so far, under the key of their own secret (`Secret.draft_key`)."""
    nonce = os.urandom(NONCE_LENGTH)
    content = padded(plaintext, smallest=SMALLEST_DRAFT)
    return bytes([SUITE]) + nonce + draft_cipher(key).encrypt(nonce, content, draft_context(draft_id))


def open_draft(sealed: bytes, *, key: bytes, draft_id: uuid.UUID) -> bytes:
    """Raises CannotOpen."""
    suite, nonce, ciphertext = sealed[:1], sealed[1 : 1 + NONCE_LENGTH], sealed[1 + NONCE_LENGTH :]
    if suite and suite[0] != SUITE:
        raise UnknownSuite(suite[0])
    cipher = draft_cipher(key)
    try:
        return unpadded(cipher.decrypt(nonce, ciphertext, draft_context(draft_id)))
    except (InvalidTag, ValueError):
        raise CannotOpen(Why.DRAFT) from None


def seal_entry(plaintext: bytes, *, key: bytes, submission_id: uuid.UUID) -> bytes:
    """Who sent a submission, for the search of the staff's side; `key` is derived from the clinic's private key."""
    nonce, about = os.urandom(NONCE_LENGTH), length_prefixed(b"clinic search entry", submission_id.bytes)
    return nonce + AESGCM(key).encrypt(nonce, padded(plaintext, smallest=SMALLEST_ENTRY), about)


def open_entry(sealed: bytes, *, key: bytes, submission_id: uuid.UUID) -> bytes:
    """Raises CannotOpen."""
    about = length_prefixed(b"clinic search entry", submission_id.bytes)
    try:
        return unpadded(AESGCM(key).decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], about))
    except (InvalidTag, ValueError):
        raise CannotOpen(Why.HEAD) from None


def self_test(recipients: Recipients, keyring: Keyring) -> tuple[str, ...]:
    """What is wrong with these keys, in words; nothing where all is well. Seals and opens a marker with each."""
    problems = []
    if keyring and recipients.clinic.id not in keyring:
        problems.append(
            f"Answers are sealed to the clinic's key {recipients.clinic.id}, and its private key is not here: "
            "nobody could read here what is sent from now on."
        )
    for key in keyring:
        if key.id == recipients.escrow.id:
            problems.append(
                f"The escrow private key {key.id} is among this site's keys. Take it away: it belongs in a safe."
            )
        elif not opens_a_marker(key, recipients):
            problems.append(f"The private key {key.id} does not open what its public key seals.")
    return tuple(problems)


def opens_a_marker(key: PrivateKey, recipients: Recipients) -> bool:
    marker = os.urandom(KEY_LENGTH)
    at = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    context = Context(Purpose.SELF_TEST, uuid.UUID(int=0), "marker", at)
    is_recipient = key.id in (
        recipients.clinic.id,
        recipients.escrow.id,
    )  # otherwise it is an older key of ours
    clinic = recipients.clinic if is_recipient else key.public_key
    try:
        sealed = seal_text(marker, context, Recipients(clinic, recipients.escrow))
        return open_text(sealed, context, Keyring([key])) == marker
    except CannotOpen:
        return False


def has_body(context: Context) -> bool:
    return context.purpose is Purpose.SUBMISSION


def sealed_parts(head: bytes, body: bytes | None, context: Context, recipients: Recipients) -> Sealed:
    data_key, about = DataKey.fresh(), bytes(context)
    return Sealed(
        suite=SUITE,
        clinic_key_id=recipients.clinic.id,
        escrow_key_id=recipients.escrow.id,
        clinic_wrap=data_key.wrapped_for(recipients.clinic, about),
        escrow_wrap=data_key.wrapped_for(recipients.escrow, about),
        head=data_key.encrypt(head, HEAD, about, smallest=SMALLEST_HEAD),
        body=b"" if body is None else data_key.encrypt(body, BODY, about, smallest=SMALLEST_BODY),
    )


def data_key_of(sealed: Sealed, context: Context, keyring: Keyring) -> DataKey:
    """By whichever of the two wraps a key of the keyring fits."""
    if sealed.suite != SUITE:
        raise UnknownSuite(sealed.suite, sealed.clinic_key_id)
    error = CannotOpen(Why.NO_KEY, sealed.clinic_key_id)
    wraps = ((sealed.clinic_key_id, sealed.clinic_wrap), (sealed.escrow_key_id, sealed.escrow_wrap))
    for key_id, wrap in wraps:
        if key_id in keyring:
            try:
                return DataKey.from_wrap(wrap, keyring[key_id], bytes(context))
            except CannotOpen as refusal:
                error = refusal
    raise error


def opened_head(sealed: Sealed, context: Context, data_key: DataKey) -> bytes:
    try:
        return data_key.decrypt(sealed.head, HEAD, bytes(context))
    except (InvalidTag, ValueError):
        raise CannotOpen(Why.HEAD, sealed.clinic_key_id) from None


def opened_body(sealed: Sealed, context: Context, data_key: DataKey) -> bytes:
    if not has_body(context):
        if sealed.body:
            raise CannotOpen(Why.BODY, sealed.clinic_key_id)
        return b""
    try:
        return data_key.decrypt(sealed.body, BODY, bytes(context))
    except (InvalidTag, ValueError):
        raise CannotOpen(Why.BODY, sealed.clinic_key_id) from None


def draft_cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_LENGTH:
        raise ValueError("a draft's key has 32 bytes")
    return AESGCM(key)


def draft_context(draft_id: uuid.UUID) -> bytes:
    return length_prefixed(b"clinic draft", bytes([SUITE]), str(draft_id).encode())


def length_prefixed(*parts: bytes) -> bytes:
    """The parts in one string that no other parts make.

    >>> length_prefixed(b"ab", b"") == length_prefixed(b"a", b"b")
    False
    """
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts)


def padded(content: bytes, *, smallest: int) -> bytes:
    """So long that its length tells nothing but a rough size.

    >>> [len(padded(bytes(length), smallest=4096)) for length in (0, 4092, 4093, 8189)]
    [4096, 4096, 8192, 16384]
    """
    prefixed = length_prefixed(content)
    size = smallest
    while size < len(prefixed):
        size *= 2
    return prefixed.ljust(size, b"\0")


def unpadded(content: bytes) -> bytes:
    """Raises ValueError where the length that it names is longer than it is."""
    length = int.from_bytes(content[:LENGTH_BYTES], "big")
    if len(content) < LENGTH_BYTES + length:
        raise ValueError("the padding is wrong")
    return content[LENGTH_BYTES : LENGTH_BYTES + length]

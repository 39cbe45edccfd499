"""The patient's secret: 100 random bits, shown as a code, from which everything about one screening is derived.

The server keeps neither the secret nor anything it could be found from; the browser holds it in a cookie.
"""

import secrets
import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U
CHECK_ALPHABET = ALPHABET + "*~$=U"  # Crockford's check symbol is the number modulo 37
LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})
CODE_LENGTH = 20  # characters of 5 bits each; the check character comes after them
REFERENCE_LENGTH = 8  # characters of 5 bits each


def gettext_noop(words: str) -> str:
    """Django's name for words that are translated where they are shown; this file needs no Django."""
    return words


class CodeMistyped(ValueError):
    """The code cannot be right: a character is missing, doubled or swapped. `str()` tells the patient which.

    In another language: the translation of `words`, with `numbers` put in.
    """

    def __init__(self, words: str, **numbers: int) -> None:
        super().__init__(words.format(**numbers))
        self.words, self.numbers = words, numbers


class ReferenceMistyped(ValueError):
    """The reference cannot be right. `str()` says why."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One patient's secret for one screening."""

    number: int = field(repr=False)

    @classmethod
    def new(cls) -> "Secret":
        """A fresh secret, whose check character is a letter or digit: the symbols are hard to read out on a phone."""
        while True:
            secret = cls(secrets.randbits(5 * CODE_LENGTH))
            if secret.number % 37 < len(ALPHABET):
                return secret

    @classmethod
    def from_code(cls, code: str) -> "Secret":
        """The secret that a code stands for; spaces, dashes and small letters do not matter.

        >>> Secret.from_code("0000-0000-0000-0000-00A1 s").number
        321
        >>> Secret.from_code("0000-0000-0000-0000-00A1-B")
        Traceback (most recent call last):
            ...
        intake.secret.CodeMistyped: One of the characters is not right. Compare the code with your copy.
        """
        if len(code) > 100:
            raise CodeMistyped(gettext_noop("That is too long to be a code."))
        characters = as_written(code)
        if len(characters) != CODE_LENGTH + 1:
            raise CodeMistyped(
                gettext_noop("A code has {length} letters and numbers. What you typed has {typed}."),
                length=CODE_LENGTH + 1,
                typed=len(characters),
            )
        if any(character not in ALPHABET for character in characters):
            raise CodeMistyped(gettext_noop("A code has only letters and numbers, and never the letter U."))
        number = number_of(characters[:CODE_LENGTH])
        if CHECK_ALPHABET[number % 37] != characters[-1]:
            raise CodeMistyped(
                gettext_noop("One of the characters is not right. Compare the code with your copy.")
            )
        return cls(number)

    @property
    def code(self) -> str:
        """Five groups of four and the check character, for example 7K2M-...-9."""
        characters = crockford(self.number, CODE_LENGTH)
        groups = [characters[start : start + 4] for start in range(0, CODE_LENGTH, 4)]
        return "-".join([*groups, CHECK_ALPHABET[self.number % 37]])

    @property
    def draft_id(self) -> uuid.UUID:
        return self.derived_id(b"clinic draft id v1")

    @property
    def submission_id(self) -> uuid.UUID:
        return self.derived_id(b"clinic submission id v1")

    @property
    def draft_key(self) -> bytes:
        """What the draft is sealed with: the server has it only while the patient's request runs."""
        return self.derived(b"clinic draft key v1", length=32)

    def derived_id(self, purpose: bytes) -> uuid.UUID:
        return uuid.UUID(bytes=self.derived(purpose, length=16))

    def derived(self, purpose: bytes, *, length: int) -> bytes:
        key = self.number.to_bytes(13, "big")
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key)


def as_written(typed: str) -> str:
    """The characters as we write them: no spaces or dashes, no small letters, no letter that looks like a digit."""
    return "".join(typed.upper().translate(LOOKALIKES).replace("-", " ").split())


def number_of(characters: str) -> int:
    number = 0
    for character in characters:
        number = number * 32 + ALPHABET.index(character)
    return number


def crockford(number: int, length: int) -> str:
    """The number in base 32, written with `length` characters."""
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))


def reference_of(submission_id: uuid.UUID) -> str:
    """What the patient may quote on the phone: the first 40 bits of the submission's id, in two groups.

    >>> reference_of(uuid.UUID("ffffffff-ff00-0000-0000-000000000000"))
    'ZZZZ-ZZZZ'
    """
    characters = crockford(submission_id.int >> (128 - 5 * REFERENCE_LENGTH), REFERENCE_LENGTH)
    return f"{characters[:4]}-{characters[4:]}"


def ids_of(reference: str) -> tuple[uuid.UUID, uuid.UUID]:
    """The first and the last submission id that have this reference; raises ReferenceMistyped for what is none.

    >>> ids_of("oooo oool") == ids_of("0000-0001")
    True
    """
    characters = as_written(reference[:100])
    if len(characters) != REFERENCE_LENGTH or any(character not in ALPHABET for character in characters):
        raise ReferenceMistyped(
            f"a reference has {REFERENCE_LENGTH} letters and digits, never the letter U, such as 7K2M-4QZD"
        )
    rest = 128 - 5 * REFERENCE_LENGTH  # bits
    first = number_of(characters) << rest
    return uuid.UUID(int=first), uuid.UUID(int=first | (1 << rest) - 1)

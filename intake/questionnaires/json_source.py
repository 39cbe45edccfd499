"""Bytes to JSON, and JSON to typed values, refusing by name whatever is not what it should be."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from itertools import accumulate

from intake.questionnaires.items import UNSTORABLE, QuestionnaireRefused

MAX_BYTES = 2_000_000
MAX_LISTED = 10_000  # objects of one list
MAX_BRACKETS = 150_000  # objects and lists of the whole file; a question of five answers has about ten
MAX_DEPTH = 64  # open brackets at one place; the deepest published forms need about 20

# The closing quote may be missing, so that no file makes this search the same bytes twice.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_LONG_NUMBER = re.compile(rb"[0-9]{19}|[0-9][eE][+-]?[0-9]{3}")
_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")
_MOMENT = re.compile(_DATE.pattern + "T" + _TIME.pattern + r"(Z|[+-][0-9]{2}:[0-9]{2})")
_INTEGER_LIMIT = 2**31  # FHIR's integer is signed, 32 bits


def read_object(source: bytes) -> dict[str, object]:
    """The one JSON object of a file, its decimals exact. Raises QuestionnaireRefused for any other bytes."""
    if len(source) > MAX_BYTES:
        raise QuestionnaireRefused(
            "", f"the file has {len(source):,} bytes, and {MAX_BYTES:,} is the limit; split it"
        )
    without_strings = _STRING.sub(b"", source)
    if _depth(without_strings) > MAX_DEPTH:
        raise QuestionnaireRefused(
            "", f"groups stand deeper inside each other than {MAX_DEPTH} brackets; flatten them"
        )
    if without_strings.count(b"[") + without_strings.count(b"{") > MAX_BRACKETS:
        raise QuestionnaireRefused(
            "", f"the file has more than {MAX_BRACKETS:,} objects and lists; split the questionnaire"
        )
    if number := _LONG_NUMBER.search(without_strings):
        written = quoted(number[0].decode())
        raise QuestionnaireRefused("", f"the number {written}... is too long; write at most 18 digits")
    try:
        document = json.loads(
            source.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_float=Decimal,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise QuestionnaireRefused(
            "", f"the file is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise QuestionnaireRefused(
            "",
            f"the file is not JSON: {error.msg}, line {error.lineno} column {error.colno}; "
            "export the questionnaire as FHIR R4 JSON",
        ) from None
    if not isinstance(document, dict):
        raise QuestionnaireRefused("", f"the file holds {described(document)}, not a Questionnaire object")
    return document


def _depth(source: bytes) -> int:
    """The most brackets open at one place. Python's JSON reader recurses; this does not."""
    brackets = source.translate(_BRACKETS, _NOT_BRACKETS)
    return max(accumulate(memoryview(brackets).cast("b")), default=0)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise QuestionnaireRefused("", f"an object has the element {quoted(twice)} twice; keep one of them")
    return built


def _no_constant(written: str) -> None:
    raise QuestionnaireRefused("", f"{written} is not a JSON number; write a number or leave the element out")


def quoted(text: str) -> str:
    """Somebody else's text, fit for a message: short, and without characters that cannot be printed.

    >>> quoted("a" * 1000) == quoted("a" * 1001), quoted("bell \\a")
    (True, "'bell \\\\x07'")
    """
    return repr(text if len(text) <= 120 else text[:120] + "...")


def described(value: object) -> str:
    """What kind of JSON value this is, in words."""
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "an object"


class Element:
    """One JSON object of the file, read with its place in mind, so that each refusal names the item.

    Each reader takes the element's name, gives a default where the file leaves it out, and refuses a value
    of another type.
    """

    __slots__ = ("link_id", "values")

    def __init__(self, values: dict[str, object], link_id: str) -> None:
        self.values = values
        self.link_id = link_id

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def refusal(self, reason: str) -> QuestionnaireRefused:
        return QuestionnaireRefused(self.link_id, reason)

    def _wrong(self, name: str, wanted: str) -> QuestionnaireRefused:
        return self.refusal(f"{name} must be {wanted}, not {described(self.values[name])}; correct it")

    def text(self, name: str, default: str = "") -> str:
        if name not in self.values:
            return default
        value = self.values[name]
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        if UNSTORABLE.search(value):
            raise self.refusal(
                f"{name} has a control character or half a character in it, {quoted(value)}; retype it"
            )
        if not value.strip():
            raise self.refusal(f"{name} is empty; write something or leave the element out")
        return value

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole(self, name: str) -> int:
        """A FHIR integer, which must be there."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refusal(f"{name} must be a whole number, not {described(value)}; correct it")
        if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
            raise self._wrong(name, f"between -{_INTEGER_LIMIT} and {_INTEGER_LIMIT - 1}")
        return value

    def decimal(self, name: str) -> Decimal:
        """A number, which must be there."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.refusal(f"{name} must be a number, not {described(value)}; correct it")
        return Decimal(value)

    def date(self, name: str) -> date:
        """A whole date, which must be there."""
        written = self.text(name)
        try:
            if not _DATE.fullmatch(written):
                raise ValueError(written)
            return date.fromisoformat(written)
        except ValueError:
            raise self._wrong(name, "a whole date such as 1962-03-09, from the year 1000 on") from None

    def time(self, name: str) -> time:
        """A time of day, which must be there."""
        written = self.text(name)
        try:
            if not _TIME.fullmatch(written):
                raise ValueError(written)
            return time.fromisoformat(written)
        except ValueError:
            raise self._wrong(name, "a time such as 14:30:00") from None

    def moment(self, name: str) -> datetime:
        """A date with a time and its zone, which must be there."""
        written = self.text(name)
        try:
            if not _MOMENT.fullmatch(written):
                raise ValueError(written)
            return datetime.fromisoformat(written)
        except ValueError:
            raise self._wrong(name, "a date, time and zone such as 2026-03-09T14:30:00-05:00") from None

    def child(self, name: str) -> "Element":
        """The object of that name; an empty one where the file leaves it out."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return Element(value, self.link_id)

    def children(self, name: str) -> list["Element"]:
        if name not in self.values:
            return []
        values = self.values[name]
        if not isinstance(values, list):
            raise self._wrong(name, "a list")
        if not 1 <= len(values) <= MAX_LISTED:
            raise self.refusal(f"{name} lists {len(values):,}; list 1 to {MAX_LISTED:,} or leave it out")
        for value in values:
            if not isinstance(value, dict):
                raise self.refusal(f"{name} holds {described(value)} where an object belongs; correct it")
        return [Element(value, self.link_id) for value in values]

    def one_of(self, start: str, kinds: Iterable[str]) -> str:
        """The name of the one element that begins so, such as valueInteger; it must end in one of `kinds`."""
        found = [name for name in self.values if name.startswith(start)]
        if len(found) == 1 and found[0][len(start) :] in kinds:
            return found[0]
        allowed = " or ".join(start + kind for kind in kinds)
        if len(found) == 1:
            raise self.refusal(f"{quoted(found[0])} does not fit here; write {allowed}")
        raise self.refusal(f"{start}[x] stands {len(found)} times where one belongs; write one {allowed}")

"""What an answer is, and what can be wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from intake.questionnaires.items import (
    CHOICES,
    MOST_ANSWERS,
    STRING_LIMIT,
    UNSTORABLE,
    Item,
    ItemType,
    Scalar,
)
from intake.questionnaires.patterns import compiled

TEXT_LIMIT = 4_000  # characters of a text where the file gives no maxLength
INTEGER_LIMIT = 2**31 - 1  # FHIR's integer is signed, 32 bits
URL_LIMIT = 2_000  # characters of a url where the file gives no maxLength


_URL = re.compile(r"https?://[^\s/?#<>\"]+[^\s<>\"]*", re.IGNORECASE)  # what a link can safely lead to


@dataclass(frozen=True, slots=True)
class Other:
    """The free text of an open-choice."""

    text: str


# The answer to a choice is its option's key; to a quantity, the number in the item's unit; to a dateTime, a
# datetime with its zone.
Value = Scalar | Other
Answers = Mapping[str, tuple[Value, ...]]  # by linkId; absent or () means not answered


class ProblemKind(StrEnum):
    MISSING = "missing"
    NOT_AN_OPTION = "not_an_option"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NOT_A_DATE = "not_a_date"
    NOT_A_TIME = "not_a_time"
    NOT_A_DATE_AND_TIME = "not_a_date_and_time"
    NOT_A_URL = "not_a_url"
    NOT_IN_PATTERN = "not_in_pattern"
    """The limit is the entry format of the item, "" where it has none."""
    TOO_MANY_DECIMALS = "too_many_decimals"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_FEW = "too_few"
    EXCLUSIVE = "exclusive"
    HAS_NUL = "has_nul"
    """A NUL or another character that cannot be kept."""
    WRONG_TYPE = "wrong_type"
    NOT_ASKED = "not_asked"
    """For callers that must refuse what `kept` would drop; nothing here reports it."""
    UNKNOWN_ITEM = "unknown_item"
    OUT_OF_BOUNDS_LOW = "out_of_bounds_low"
    OUT_OF_BOUNDS_HIGH = "out_of_bounds_high"


@dataclass(frozen=True, slots=True)
class Problem:
    link_id: str
    kind: ProblemKind
    limit: object = None
    """The bound, length or number that was passed; for EXCLUSIVE, the option's label."""


class AnswerRefused(ValueError):
    """What was written is not an answer to this item."""

    def __init__(self, kind: ProblemKind, limit: object = None) -> None:
        super().__init__(kind.value if limit is None else f"{kind.value}: {limit}")
        self.kind = kind
        self.limit = limit


def text_limit(item: Item) -> int:
    """The most characters that an answer in words may have."""
    usual = {ItemType.TEXT: TEXT_LIMIT, ItemType.URL: URL_LIMIT}.get(item.type, STRING_LIMIT)
    return item.max_length or usual


def has_type(item: Item, value: object) -> bool:
    """Whether the value is of the Python type that answers to this item have."""
    match item.type:
        case ItemType.BOOLEAN:
            return isinstance(value, bool)
        case ItemType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case ItemType.DECIMAL | ItemType.QUANTITY:
            return isinstance(value, Decimal) and value.is_finite()
        case ItemType.DATE:
            return type(value) is date  # a datetime is a date too, and not an answer
        case ItemType.DATE_TIME:
            return isinstance(value, datetime) and value.tzinfo is not None
        case ItemType.TIME:
            return isinstance(value, time) and value.tzinfo is None
        case ItemType.STRING | ItemType.TEXT | ItemType.URL | ItemType.CHOICE:
            return isinstance(value, str)
        case ItemType.OPEN_CHOICE:
            return isinstance(value, (str, Other))
        case _:
            return False


def wrong_with(item: Item, values: Sequence[Value]) -> tuple[ProblemKind, object] | None:
    """The first thing that is wrong with the answers to one item."""
    if not all(has_type(item, value) for value in values):
        return ProblemKind.WRONG_TYPE, None
    if len(values) > most_answers(item):
        return ProblemKind.TOO_MANY, most_answers(item)
    if values and item.min_answers and len(values) < item.min_answers:
        return ProblemKind.TOO_FEW, item.min_answers
    for value in values:
        if wrong := _wrong_value(item, value):
            return wrong
    alone = next((option for option in item.options if option.exclusive and option.key in values), None)
    if alone and len(values) > 1:
        return ProblemKind.EXCLUSIVE, alone.label
    return None


def _wrong_value(item: Item, value: Value) -> tuple[ProblemKind, object] | None:
    if isinstance(value, Other):
        return _wrong_text(item, value.text)
    if isinstance(value, str) and item.type in CHOICES:
        return None if item.option(value) else (ProblemKind.NOT_AN_OPTION, None)
    if isinstance(value, str):
        return _wrong_text(item, value)
    if isinstance(value, bool):
        return None
    lowest, highest = item.min_value, item.max_value
    if item.type is ItemType.INTEGER:
        lowest = -INTEGER_LIMIT - 1 if lowest is None else lowest
        highest = INTEGER_LIMIT if highest is None else highest
    # The file's bounds are of the item's type, and so is the value.
    if lowest is not None and value < lowest:  # type: ignore[operator]
        return ProblemKind.TOO_SMALL, lowest
    if highest is not None and value > highest:  # type: ignore[operator]
        return ProblemKind.TOO_LARGE, highest
    if isinstance(value, date) and value.year < 1000:
        return ProblemKind.NOT_A_DATE, None
    if item.max_decimals is not None and isinstance(value, Decimal) and _decimals(value) > item.max_decimals:
        return ProblemKind.TOO_MANY_DECIMALS, item.max_decimals
    return None


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _wrong_text(item: Item, text: str) -> tuple[ProblemKind, object] | None:
    if UNSTORABLE.search(text):
        return ProblemKind.HAS_NUL, None
    if len(text) > text_limit(item):
        return ProblemKind.TOO_LONG, text_limit(item)
    if item.min_length is not None and len(text) < item.min_length:
        return ProblemKind.TOO_SHORT, item.min_length
    if item.type is ItemType.URL and not _URL.fullmatch(text):
        return ProblemKind.NOT_A_URL, None
    if item.pattern and not compiled(item.pattern).fullmatch(text):
        return ProblemKind.NOT_IN_PATTERN, item.entry_format
    return None


def most_answers(item: Item) -> int:
    if not item.repeats:
        return 1
    return item.max_answers or MOST_ANSWERS

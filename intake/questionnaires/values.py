"""What an answer is, and what can be wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from intake.questionnaires.items import CHOICES, UNSTORABLE, Item, ItemType

STRING_LIMIT = 200  # characters of a string where the file gives no maxLength
TEXT_LIMIT = 4_000  # characters of a text where the file gives no maxLength
INTEGER_LIMIT = 2**31 - 1  # FHIR's integer is signed, 32 bits
MOST_ANSWERS = 100  # to one question, where neither maxOccurs nor the options give fewer


@dataclass(frozen=True, slots=True)
class Other:
    """The free text of an open-choice."""

    text: str


Value = bool | int | Decimal | date | str | Other  # the answer to a choice is its option's key
Answers = Mapping[str, tuple[Value, ...]]  # by linkId; absent or () means not answered


class ProblemKind(StrEnum):
    MISSING = "missing"
    NOT_AN_OPTION = "not_an_option"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NOT_A_DATE = "not_a_date"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
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
    return item.max_length or (TEXT_LIMIT if item.type is ItemType.TEXT else STRING_LIMIT)


def has_type(item: Item, value: object) -> bool:
    """Whether the value is of the Python type that answers to this item have."""
    match item.type:
        case ItemType.BOOLEAN:
            return isinstance(value, bool)
        case ItemType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case ItemType.DECIMAL:
            return isinstance(value, Decimal) and value.is_finite()
        case ItemType.DATE:
            return type(value) is date  # a datetime is a date too, and not an answer
        case ItemType.STRING | ItemType.TEXT | ItemType.CHOICE:
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
    return None


def _wrong_text(item: Item, text: str) -> tuple[ProblemKind, object] | None:
    if UNSTORABLE.search(text):
        return ProblemKind.HAS_NUL, None
    if len(text) > text_limit(item):
        return ProblemKind.TOO_LONG, text_limit(item)
    if item.min_length is not None and len(text) < item.min_length:
        return ProblemKind.TOO_SHORT, item.min_length
    return None


def most_answers(item: Item) -> int:
    if not item.repeats:
        return 1
    return item.max_answers or MOST_ANSWERS

"""How the strings that a form posts become answers."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from intake.questionnaires.items import MOST_ANSWERS, UNSTORABLE, Item, ItemType
from intake.questionnaires.options import OTHER_KEY
from intake.questionnaires.values import (
    TEXT_LIMIT,
    AnswerRefused,
    Other,
    ProblemKind,
    Value,
    most_answers,
    text_limit,
    wrong_with,
)

NUMBER_LENGTH = 20  # characters of a number, date, time, yes or no; longer is refused unread
MOMENT_LENGTH = 40  # characters of a date with a time

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_MOMENT = re.compile(_DATE.pattern + "T" + _TIME.pattern + r"(Z|[+-][0-9]{2}:[0-9]{2})")
# Categories of characters that show nothing by themselves, and characters of other categories that are drawn blank.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
_YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}


def parse(item: Item, written: Sequence[str], *, other: str = "") -> tuple[Value, ...]:
    """The answers that the strings of a form stand for; raises AnswerRefused, and nothing else.

    Blank strings, those with nothing to be seen among them, are dropped and repeated answers count once, so ()
    means not answered. Dates are written 1962-03-09, times 14:30, both together 2026-03-09T14:30-05:00; yes and no
    also as true and false. In an open-choice "__other__" among `written` chooses the free text in `other`, and so
    does writing there, save where another answer is chosen and only one is allowed.
    """
    if len(written) > MOST_ANSWERS:
        raise AnswerRefused(ProblemKind.TOO_MANY, most_answers(item))
    values: list[Value] = []
    for text in written:
        if item.type is ItemType.OPEN_CHOICE and text == OTHER_KEY:
            continue
        read = _read(item, text)
        if read is not None and read not in values:
            values.append(read)
    if item.type is ItemType.OPEN_CHOICE:
        chosen = any(text == OTHER_KEY for text in written)
        # Text beside other ticks is an answer too, where several are allowed; beside one radio button it is left over.
        counts = chosen or not values or item.repeats
        free = _cleaned(other, text_limit(item)).replace("\n", " ") if counts else ""
        if free:
            values.append(Other(free))
        elif chosen:
            raise AnswerRefused(ProblemKind.MISSING)
    if wrong := wrong_with(item, values):
        raise AnswerRefused(*wrong)
    return tuple(values)


def _read(item: Item, text: str) -> Value | None:
    """One string as a value of the item's type, None where it is blank; its bounds are not looked at."""
    match item.type:
        case ItemType.STRING:
            return _cleaned(text, text_limit(item)).replace("\n", " ") or None
        case ItemType.TEXT | ItemType.URL:
            return _cleaned(text, text_limit(item)) or None
        case ItemType.CHOICE | ItemType.OPEN_CHOICE:
            longest = max((len(option.key) for option in item.options), default=0)
            key = _cleaned(text, longest, ProblemKind.NOT_AN_OPTION)
            if key and item.option(key) is None:
                raise AnswerRefused(ProblemKind.NOT_AN_OPTION)
            return key or None
        case ItemType.BOOLEAN:
            word = _cleaned(text, NUMBER_LENGTH, ProblemKind.NOT_YES_OR_NO)
            if word and word not in _YES_OR_NO:
                raise AnswerRefused(ProblemKind.NOT_YES_OR_NO)
            return _YES_OR_NO.get(word)
        case ItemType.DATE:
            return _read_date(_cleaned(text, NUMBER_LENGTH, ProblemKind.NOT_A_DATE))
        case ItemType.TIME:
            return _read_time(_cleaned(text, NUMBER_LENGTH, ProblemKind.NOT_A_TIME))
        case ItemType.DATE_TIME:
            return _read_moment(_cleaned(text, MOMENT_LENGTH, ProblemKind.NOT_A_DATE_AND_TIME))
        case ItemType.INTEGER | ItemType.DECIMAL | ItemType.QUANTITY:
            return _read_number(item, _cleaned(text, NUMBER_LENGTH))
        case _:
            if _cleaned(text, TEXT_LIMIT):
                raise AnswerRefused(ProblemKind.WRONG_TYPE)
            return None


def _cleaned(text: str, limit: int, too_long: ProblemKind = ProblemKind.TOO_LONG) -> str:
    """Without outer spaces, with plain line ends, at most `limit` characters; "" where nothing of it can be seen."""
    # Line ends may come as two characters; anything far longer is refused before it is looked at.
    if len(text) > 2 * limit + 1_000:
        raise AnswerRefused(too_long, limit if too_long is ProblemKind.TOO_LONG else None)
    if UNSTORABLE.search(text):
        raise AnswerRefused(ProblemKind.HAS_NUL)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > limit:
        raise AnswerRefused(too_long, limit if too_long is ProblemKind.TOO_LONG else None)
    return text if any(map(_is_seen, text)) else ""


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN and character not in _BLANK


def _read_number(item: Item, text: str) -> int | Decimal | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise AnswerRefused(ProblemKind.NOT_A_NUMBER)
    if item.type is not ItemType.INTEGER:
        return Decimal(text)
    if not _WHOLE.fullmatch(text):
        raise AnswerRefused(ProblemKind.NOT_WHOLE)
    return int(text)


def _read_date(text: str) -> date | None:
    if not text:
        return None
    if not _DATE.fullmatch(text):
        raise AnswerRefused(ProblemKind.NOT_A_DATE)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AnswerRefused(ProblemKind.NOT_A_DATE) from None


def _read_time(text: str) -> time | None:
    if not text:
        return None
    if not _TIME.fullmatch(text):
        raise AnswerRefused(ProblemKind.NOT_A_TIME)
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise AnswerRefused(ProblemKind.NOT_A_TIME) from None


def _read_moment(text: str) -> datetime | None:
    if not text:
        return None
    if not _MOMENT.fullmatch(text):
        raise AnswerRefused(ProblemKind.NOT_A_DATE_AND_TIME)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise AnswerRefused(ProblemKind.NOT_A_DATE_AND_TIME) from None

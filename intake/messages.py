"""What a person is told about an answer that cannot be used: what is wrong, and what to do."""

import datetime
from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from intake.questionnaires.answers import ProblemKind
from intake.questionnaires.definition import Item, ItemType
from intake.typed_dates import Slip, date_slip

Kind = ProblemKind

MISSING_BY_TYPE = {
    ItemType.BOOLEAN: _("Choose yes or no for “{question}”"),
    ItemType.CHOICE: _("Choose an answer for “{question}”"),
    ItemType.OPEN_CHOICE: _("Choose an answer for “{question}”, or write your own"),
    ItemType.DATE: _("Enter a date for “{question}”"),
    ItemType.INTEGER: _("Enter a number for “{question}”"),
    ItemType.DECIMAL: _("Enter a number for “{question}”"),
}
MESSAGES = {
    Kind.MISSING: _("Write an answer for “{question}”"),
    Kind.NOT_AN_OPTION: _("Choose one of the answers listed for “{question}”"),
    Kind.NOT_YES_OR_NO: _("Choose yes or no for “{question}”"),
    Kind.NOT_A_NUMBER: _("Write “{question}” as a number, with digits only"),
    Kind.NOT_WHOLE: _("Write “{question}” as a whole number, with digits only"),
    Kind.TOO_MANY_DECIMALS: _("Write “{question}” with at most {limit} digits after the point"),
    Kind.NOT_A_DATE: _("Enter a real date for “{question}”, such as March 9 1962"),
    Kind.NOT_A_TIME: _("Enter a time for “{question}”, such as 2:30 pm"),
    Kind.NOT_A_DATE_AND_TIME: _(
        "Enter a real date and time for “{question}”, such as March 9 1962 at 2:30 pm"
    ),
    Kind.NOT_A_URL: _("Write the whole web address for “{question}”, such as https://example.org"),
    Kind.NOT_IN_PATTERN: _("Check how “{question}” is written"),
    Kind.TOO_SMALL: _("“{question}” must be {limit} or more. Check the number"),
    Kind.TOO_LARGE: _("“{question}” must be {limit} or less. Check the number"),
    Kind.TOO_SHORT: _("Write at least {limit} characters for “{question}”"),
    Kind.TOO_LONG: _("Shorten your answer to “{question}”: there is room for {limit} characters"),
    Kind.TOO_FEW: _("Give at least {limit} answers to “{question}”"),
    Kind.TOO_MANY: _("Give at most {limit} answers to “{question}”"),
    Kind.EXCLUSIVE: _("For “{question}”, choose either “{limit}” or the other answers, not both"),
    Kind.HAS_NUL: _(
        "Your answer to “{question}” has a character that cannot be stored. Type it again, do not paste"
    ),
    Kind.WRONG_TYPE: _("Answer “{question}” again"),
    Kind.OUT_OF_BOUNDS_LOW: _("Check what you wrote for “{question}”: it is too small to be right"),
    Kind.OUT_OF_BOUNDS_HIGH: _("Check what you wrote for “{question}”: it is too large to be right"),
}
DATE_SLIPS = {
    Slip.NO_MONTH: _("Add the month to “{question}”"),
    Slip.NO_DAY: _("Add the day to “{question}”"),
    Slip.NO_YEAR: _("Add the year to “{question}”"),
    Slip.MONTH: _("Check the month in “{question}”: write 1 to 12, or its name"),
    Slip.DAY: _("Check the day in “{question}”: write 1 to 31"),
    Slip.YEAR: _("Write the year in “{question}” with 4 digits, such as 1962"),
}
DATE_OUT_OF_BOUNDS = {
    Kind.OUT_OF_BOUNDS_LOW: _("Check the year in “{question}”: that date is in the future"),
    Kind.OUT_OF_BOUNDS_HIGH: _("Check the year in “{question}”: that is more than {limit} years ago"),
}
LONGEST_QUESTION = 120  # characters of the question that a message repeats


def error_message(item: Item, kind: ProblemKind, limit: object = None) -> str:
    """One sentence that names the question and says what to do."""
    if kind == Kind.MISSING:
        message = str(MISSING_BY_TYPE.get(item.type, MESSAGES[Kind.MISSING]))
        if len(item.options) == 1:
            message = gettext("Tick “{only_option}” to go on")
    elif kind == Kind.TOO_MANY and limit == 1:
        message = gettext("Choose only one answer for “{question}”")
    elif kind == Kind.NOT_IN_PATTERN and limit:
        message = f"{MESSAGES[kind]}: {{limit}}"
    elif item.type == ItemType.DATE and kind in DATE_OUT_OF_BOUNDS:
        message = str(DATE_OUT_OF_BOUNDS[kind])
    else:
        message = str(MESSAGES[kind])
    return message.format(
        question=shortened(item.text),
        limit=in_words(limit),
        only_option=shortened(item.options[0].label) if item.options else "",
    )


def date_message(item: Item, parts: Mapping[str, str]) -> str:
    """The same of a date, typed as month, day and year, that is none: it names the part to mend."""
    slip = date_slip(**parts) if parts else None
    if slip is None:
        return error_message(item, Kind.NOT_A_DATE)
    return str(DATE_SLIPS[slip]).format(question=shortened(item.text))


def shortened(question: str) -> str:
    """The question without its closing mark, cut at a word where it is long.

    >>> shortened("How old are you?")
    'How old are you'
    """
    text = question.strip().rstrip("?.:")
    if len(text) <= LONGEST_QUESTION:
        return text
    return text[:LONGEST_QUESTION].rsplit(" ", 1)[0] + " …"


def in_words(limit: object) -> str:
    if isinstance(limit, datetime.date):
        return date_format(limit, pgettext("how a day is written", "F j, Y"))
    if isinstance(limit, int) and limit >= 10_000:
        return f"{limit:,}"
    return str(limit)

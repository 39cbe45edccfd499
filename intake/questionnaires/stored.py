"""Answers as JSON for a draft or a submission, and page by page in the words that the patient saw."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from intake.questionnaires.conditions import asked
from intake.questionnaires.items import HINT_CONTROLS, NUMBERS, Item, ItemType, Questionnaire
from intake.questionnaires.pages import NO_GROUP
from intake.questionnaires.spoken import clock_in_words, day_in_words, moment_in_words, yes_or_no
from intake.questionnaires.values import Answers, Other, Value, has_type

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def to_json(questionnaire: Questionnaire, answers: Answers) -> dict[str, object]:
    """The answers as JSON values, in document order; raises ValueError for an answer that has no place in it.

    Decimals, dates and times are written as texts, the free text of an open-choice as {"other": text}.
    """
    for link_id, given in answers.items():
        item = _question(questionnaire, link_id)
        for value in given:
            if not has_type(item, value):
                raise ValueError(
                    f"{link_id}: {type(value).__name__} is not an answer to the type {item.type}"
                )
    return {
        item.link_id: [_written(value) for value in answers[item.link_id]]
        for item in questionnaire.all_items
        if answers.get(item.link_id)
    }


def from_json(questionnaire: Questionnaire, stored: Mapping[str, object]) -> Answers:
    """What `to_json` wrote, as answers again.

    Raises ValueError for a linkId or a type that does not fit the questionnaire, so that nothing is dropped
    in silence. Bounds and options are not looked at; that is for `problems`.
    """
    if not isinstance(stored, Mapping):
        raise ValueError(f"answers are stored by linkId, not as a {type(stored).__name__}")
    answers: dict[str, tuple[Value, ...]] = {}
    for link_id, values in stored.items():
        item = _question(questionnaire, link_id)
        if not isinstance(values, list) or not values:
            raise ValueError(f"{link_id}: answers are stored as a list with at least one value")
        answers[link_id] = tuple(_stored_value(item, value) for value in values)
    return answers


def _question(questionnaire: Questionnaire, link_id: str) -> Item:
    item = questionnaire.by_link_id.get(link_id)
    if item is None or not item.is_question:
        raise ValueError(f"{link_id!r} is no question of {questionnaire.url} {questionnaire.version}")
    return item


def _written(value: Value) -> object:
    match value:
        case Decimal():
            return format(value, "f")
        case date() | time():
            return value.isoformat()
        case Other():
            return {"other": value.text}
        case _:
            return value


def _stored_value(item: Item, stored: object) -> Value:
    value = stored
    if item.type in NUMBERS and isinstance(stored, str) and _DECIMAL.fullmatch(stored):
        value = Decimal(stored)
    elif item.type is ItemType.DATE and isinstance(stored, str):
        value = date.fromisoformat(stored)
    elif item.type is ItemType.DATE_TIME and isinstance(stored, str):
        value = datetime.fromisoformat(stored)
    elif item.type is ItemType.TIME and isinstance(stored, str):
        value = time.fromisoformat(stored)
    elif (
        item.type is ItemType.OPEN_CHOICE
        and isinstance(stored, dict)
        and isinstance(stored.get("other"), str)
    ):
        value = Other(stored["other"]) if len(stored) == 1 else stored
    if isinstance(value, (bool, int, Decimal, date, time, str, Other)) and has_type(item, value):
        return value
    raise ValueError(
        f"{item.link_id}: {type(stored).__name__} is not a stored answer to the type {item.type}"
    )


@dataclass(frozen=True, slots=True)
class SeenItem:
    """One item as it stood on the page, with its answers in words; unanswered is ()."""

    link_id: str
    type: ItemType
    prefix: str
    text: str
    hint: str
    why: str
    notes: tuple[str, ...]
    """Other words beside the input, such as those at the two ends of a scale."""
    is_question: bool
    answers_in_words: tuple[str, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class SeenPage:
    title: str
    slug: str
    items: tuple[SeenItem, ...]


def as_seen(questionnaire: Questionnaire, answers: Answers) -> tuple[SeenPage, ...]:
    """The asked, visible items page by page, worded as shown; a page with none of them is left out.

    The words under a question are part of its item and not items of their own.
    """
    enabled = asked(questionnaire, answers)
    pages = (
        SeenPage(page.title, page.slug, tuple(_seen(page.item, answers, enabled, questionnaire.language)))
        for page in questionnaire.pages
        if page.item.link_id == NO_GROUP or page.item.link_id in enabled
    )
    return tuple(page for page in pages if page.items)


def _seen(around: Item, answers: Answers, enabled: frozenset[str], language: str) -> Iterator[SeenItem]:
    for item in around.items:
        if item.hidden or item.link_id not in enabled:
            continue
        if around.is_question and item.type is ItemType.DISPLAY:
            continue  # its hint, its reason or a note of it
        inside = tuple(_seen(item, answers, enabled, language))
        given = answers.get(item.link_id, ())
        if item.read_only and not given:
            given = item.initial
            if not given:
                yield from inside  # nothing stands there that anybody could read
                continue
        if item.type is ItemType.GROUP and not inside:
            continue
        yield SeenItem(
            link_id=item.link_id,
            type=item.type,
            prefix=item.prefix,
            text=item.text,
            hint=item.hint,
            why=item.why,
            notes=notes_of(item),
            is_question=item.is_question,
            answers_in_words=in_words(item, given, language),
            asked=True,
        )
        yield from inside


def notes_of(item: Item) -> tuple[str, ...]:
    """What else stands beside the input of a question, such as the words at both ends of a scale."""
    if not item.is_question:
        return ()
    words = (child for child in item.items if child.type is ItemType.DISPLAY and not child.hidden)
    return tuple(word.text for word in words if word.control not in HINT_CONTROLS | {"help"})


def in_words(item: Item, values: tuple[Value, ...], language: str = "") -> tuple[str, ...]:
    """The answers as a person reads them: an option's label, "March 9, 1962", "72.5 kg"."""
    return tuple(_in_words(item, value, language) for value in values)


def _in_words(item: Item, value: Value, language: str) -> str:
    match value:
        case bool():
            return yes_or_no(value, language)
        case Other():
            return value.text
        case str():
            option = item.option(value)
            return option.label if option else value
        case datetime():
            return moment_in_words(value, value.timetz(), language)
        case date():
            return day_in_words(value, language)
        case time():
            return clock_in_words(value, language)
        case _:
            number = format(value, "f") if isinstance(value, Decimal) else str(value)
            return f"{number} {item.unit}" if item.unit else number

"""What a questionnaire is made of, after reading: frozen values in FHIR's own words, made by `definition`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal

# NUL and the other C0 control characters (but tab, newline, carriage return) and lone surrogates: PostgreSQL
# or UTF-8 cannot keep some of them, and no person types the rest.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
STRING_LIMIT = 200  # characters of a string where the file gives no maxLength
MOST_ANSWERS = 100  # to one question, where neither maxOccurs nor the options give fewer

Scalar = bool | int | Decimal | date | time | str
"""A moment is a datetime, which is a date too; a choice is its option's key."""


class QuestionnaireRefused(ValueError):
    """The file is not a questionnaire that this site can ask. Says what is wrong and what to do about it."""

    def __init__(self, link_id: str, reason: str) -> None:
        super().__init__(f"{link_id}: {reason}" if link_id else reason)
        self.link_id = link_id
        """The item that is wrong, or "" for the file as a whole."""
        self.reason = reason


class ItemType(StrEnum):
    """The kinds of item that we understand; the values are FHIR's."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    DATE_TIME = "dateTime"
    TIME = "time"
    STRING = "string"
    TEXT = "text"
    URL = "url"
    QUANTITY = "quantity"
    """A number in the one unit of its item."""
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"


CHOICES = frozenset({ItemType.CHOICE, ItemType.OPEN_CHOICE})
NOT_QUESTIONS = frozenset({ItemType.GROUP, ItemType.DISPLAY})
NUMBERS = frozenset({ItemType.INTEGER, ItemType.DECIMAL, ItemType.QUANTITY})
ORDERED = NUMBERS | {ItemType.DATE, ItemType.DATE_TIME, ItemType.TIME}
# Controls of a display item that leave it plain words under its question; "lower", "upper" and "unit" stand
# beside the input instead, and "help" says why it is asked.
HINT_CONTROLS = frozenset({"", "inline", "prompt", "flyover"})


class Operator(StrEnum):
    """How a condition compares; the values are FHIR's."""

    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_OR_EQUAL = ">="
    LESS_OR_EQUAL = "<="


ORDERINGS = frozenset({Operator.GREATER, Operator.LESS, Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL})


@dataclass(frozen=True, slots=True)
class Coding:
    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    """Unique in its item; what a form posts and a draft stores: the code, or the string, number or date."""
    label: str
    value: Coding | str | int | date | time
    ordinal: Decimal | None = None
    """Points for scoring, where the file gives them."""
    exclusive: bool = False
    """Chosen, it rules out every other answer ("none of these")."""
    translations: tuple[tuple[str, str], ...] = ()
    """(language, label) as the file gives them."""

    def label_in(self, language: str) -> str:
        """The label in that language, else as it stands."""
        return wording_in(self.translations, language) or self.label


@dataclass(frozen=True, slots=True)
class Condition:
    question: str
    operator: Operator
    answer: Scalar
    """An option's key where the question is a choice; true or false for `exists`."""


@dataclass(frozen=True, slots=True)
class Item:
    link_id: str
    type: ItemType
    text: str = ""
    prefix: str = ""
    codings: tuple[Coding, ...] = ()
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    """Hidden itself, or inside something hidden: never shown and never missing."""
    max_length: int | None = None
    min_length: int | None = None
    min_value: int | Decimal | date | time | None = None
    max_value: int | Decimal | date | time | None = None
    max_answers: int | None = None
    options: tuple[Option, ...] = ()
    enable_when: tuple[Condition, ...] = ()
    enable_behavior: Literal["all", "any"] = "all"
    items: tuple["Item", ...] = ()
    control: str = ""
    """The questionnaire-itemControl code, or ""."""
    orientation: str = ""
    unit: str = ""
    hint: str = ""
    """For a question: the text of its `display` children, shown under it, which stay in `items` too."""
    why: str = ""
    """For a question: the text of its `display` children with itemControl "help", also kept in `items`."""
    entry_format: str = ""
    initial: tuple[Scalar, ...] = ()
    """What stands in the field at first; an answer only once the page was sent."""
    min_answers: int | None = None
    """The fewest answers of a question that has any, where one is not enough."""
    max_decimals: int | None = None
    pattern: str = ""
    """A regular expression that the whole answer matches; never one that takes long."""
    unit_coding: Coding | None = None
    """The unit as the file codes it; `unit` is how it is shown."""
    unit_translations: tuple[tuple[str, str], ...] = ()
    """(language, unit) as the file gives them."""
    translations: tuple[tuple[str, str], ...] = ()
    """(language, text) as the file gives them."""
    occurrence: int = 0
    """In a repeating group, which repetition it belongs to, from 1; else 0."""
    repeat_of: str = ""
    """In the second repetition and later, the linkId that the file gives it."""
    asks_for_more: bool = False
    """Our own question at the end of a repetition; it stands in no file and in no response."""

    @property
    def source_link_id(self) -> str:
        """The linkId in the file and in a response."""
        return self.repeat_of or self.link_id

    @property
    def is_in_file(self) -> bool:
        """Whether it stands in the file, and was not written out from a repeating group."""
        return not self.repeat_of and not self.asks_for_more

    @property
    def is_question(self) -> bool:
        return self.type not in NOT_QUESTIONS

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    def text_in(self, language: str) -> str:
        """The text in that language, else as it stands."""
        return wording_in(self.translations, language) or self.text


def notes(kind: ItemType, children: tuple[Item, ...], controls: frozenset[str]) -> str:
    """What the displays with one of these itemControl codes say to the question that they stand in."""
    if kind in NOT_QUESTIONS:
        return ""
    return " ".join(
        child.text
        for child in children
        if child.type is ItemType.DISPLAY and child.control in controls and not child.hidden
    )


def wording_in(translations: tuple[tuple[str, str], ...], language: str) -> str:
    """The wording for the language tag, or for its language where the region differs; "" for none."""
    by_tag = {tag.lower(): wording for tag, wording in translations}
    sought = language.lower()
    return by_tag.get(sought) or by_tag.get(sought.partition("-")[0], "")


@dataclass(frozen=True, slots=True)
class Page:
    slug: str
    """For a URL; unique in its questionnaire."""
    item: Item
    """The group; with linkId "" where questions stand in none and the page is made up for them."""
    title: str
    number: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class Total:
    """A number that the questionnaire works out of the points of some answers."""

    link_id: str
    """The item that says what it is called."""
    items: tuple[str, ...]
    """LinkIds of the questions that count, each a single choice, in document order."""
    is_mean: bool


@dataclass(frozen=True, slots=True, eq=False)
class Questionnaire:
    """One version of a questionnaire. Two are equal when they were read from the same bytes."""

    url: str
    version: str
    name: str
    title: str
    status: str
    description: str
    language: str
    codings: tuple[Coding, ...]
    copyright: str
    items: tuple[Item, ...]
    all_items: tuple[Item, ...]
    """Every item, groups and displays too, in document order."""
    pages: tuple[Page, ...]
    warnings: tuple[str, ...]
    """What the file says and this site does not do, where that cannot change an answer's meaning."""
    definition_hash: str
    """SHA-256 of the original bytes, in hex."""
    by_link_id: Mapping[str, Item] = field(repr=False)
    parents: Mapping[str, Item] = field(repr=False)
    pages_by_item: Mapping[str, Page] = field(repr=False)
    evaluation_order: tuple[Item, ...] = field(repr=False)
    """Every item after its parent and after the questions that its conditions look at."""
    totals: tuple[Total, ...] = ()
    occurrences: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """For a question in a repeating group, by its linkId in the file: its linkIds in all repetitions."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Questionnaire) and other.definition_hash == self.definition_hash

    def __hash__(self) -> int:
        return hash(self.definition_hash)

    def item(self, link_id: str) -> Item:
        """The item of that linkId; KeyError where there is none."""
        return self.by_link_id[link_id]

    def parent(self, link_id: str) -> Item | None:
        return self.parents.get(link_id)

    def page_of(self, link_id: str) -> Page | None:
        """The page that shows the item; None where it is hidden or stands above the pages."""
        return self.pages_by_item.get(link_id)


def with_descendants(item: Item) -> Iterator[Item]:
    yield item
    yield from descendants(item)


def descendants(item: Item) -> Iterator[Item]:
    """All below it, in the order of the form."""
    for child in item.items:
        yield from with_descendants(child)

"""Totals that a questionnaire works out itself: the plain sums and means of points, and nothing else.

The expressions are those that the SDC guide documents for points, such as
`%resource.repeat(item).where(linkId='1.0').item.answer.value.ordinal().sum()`. They are recognised, not run.
"""

import re
from collections.abc import Iterable, Mapping

from intake.questionnaires.extensions import Warn
from intake.questionnaires.items import CHOICES, Item, ItemType, Total

_NOT_RECOGNISED = "calculatedExpression: it is no plain sum or mean of points, so nothing is worked out"
_ROOT = re.compile(r"(?:%resource|QuestionnaireResponse)(?=\.)")
_STEP = re.compile(
    r"\.(?:(?P<children>item(?![A-Za-z(]))|(?P<all>repeat\(item\))|where\(linkId(?P<how>!?=)'(?P<link_id>[^'\\]+)'\))"
)
_POINTS = re.compile(
    r"\.(?:answer|(?P<below>answers\(\)))(?:\.value(?:Coding)?)?\.(?:ordinal|weight)\(\)"
    r"\.(?P<how>sum\(\)|avg\(\)|aggregate\(\$this\+\$total,0\)|aggregate\(\$total\+\$this,0\))"
)
MOST_POINTS = 1_000_000  # of one answer; more is a mistake in the file
LONGEST_EXPRESSION = 500  # characters; longer is no plain sum
MOST_STEPS = 10  # of one expression; keeps reading quick, as does the next
MOST_LOOKS = 50_000  # at items, if each expression of a questionnaire looked at each item once


def read_totals(
    items: tuple[Item, ...], by_link_id: Mapping[str, Item], expressions: Mapping[str, str], warn: Warn
) -> tuple[Total, ...]:
    """The totals that can be worked out; the others are warned of, and stay without a value."""
    totals = []
    affordable = MOST_LOOKS // len(by_link_id) if expressions else 0
    for place, (link_id, expression) in enumerate(expressions.items()):
        total = _total(items, by_link_id[link_id], expression) if place < affordable else None
        if total is None:
            warn(link_id, _NOT_RECOGNISED)
        else:
            totals.append(total)
    return tuple(totals)


def _total(items: tuple[Item, ...], total: Item, expression: str) -> Total | None:
    if len(expression) > LONGEST_EXPRESSION:
        return None
    written = _without_spaces(expression)
    root = _ROOT.match(written)
    if root is None:
        return None
    found, place, steps = None, root.end(), 0
    while (step := _STEP.match(written, place)) and steps < MOST_STEPS:
        found, place, steps = _after(step, items, found), step.end(), steps + 1
    points = _POINTS.fullmatch(written, place)
    if points is None:
        return None
    if points["below"]:
        found = _all_below(items if found is None else found, into_questions=True)
    scored = [item for item in found or () if item.link_id != total.link_id and _has_points(item)]
    if not scored or any(
        item.repeats or item.occurrence or item.type not in CHOICES or _is_absurd(item) for item in scored
    ):
        return None
    is_mean = points["how"] == "avg()"
    return Total(total.link_id, tuple(dict.fromkeys(item.link_id for item in scored)), is_mean)


def _without_spaces(expression: str) -> str:
    """As it is written, but for spaces outside its quotes.

    >>> _without_spaces("item . where( linkId = 'a b' )")
    "item.where(linkId='a b')"
    """
    parts = expression.split("'")
    return "'".join(part if place % 2 else "".join(part.split()) for place, part in enumerate(parts))


def _after(step: re.Match[str], top: tuple[Item, ...], found: list[Item] | None) -> list[Item]:
    """The items that one step leads to; `found` is None at the root of the response."""
    if step["children"]:
        return list(top) if found is None else _children(found)
    if step["all"]:
        return _all_below(top if found is None else _children(found), into_questions=False)
    is_sought = step["how"] == "="
    return [item for item in found or () if (item.link_id == step["link_id"]) is is_sought]


def _children(items: Iterable[Item]) -> list[Item]:
    """What stands in the groups; in a response, what stands in a question is inside its answer."""
    return [child for item in items if item.type is ItemType.GROUP for child in item.items]


def _all_below(items: Iterable[Item], *, into_questions: bool) -> list[Item]:
    """The items and what stands in them, each once, however often it is met."""
    found: dict[str, Item] = {}

    def look(around: Iterable[Item]) -> None:
        for item in around:
            if item.link_id in found:
                continue
            found[item.link_id] = item
            if into_questions or item.type is ItemType.GROUP:
                look(item.items)

    look(items)
    return list(found.values())


def _has_points(item: Item) -> bool:
    return any(option.ordinal is not None for option in item.options)


def _is_absurd(item: Item) -> bool:
    return any(abs(option.ordinal) > MOST_POINTS for option in item.options if option.ordinal is not None)

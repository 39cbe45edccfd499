"""What the file says an answer must be: bounds, lengths, how many, decimals, pattern, unit."""

from datetime import date, time
from decimal import Decimal

from intake.questionnaires import extensions as ext
from intake.questionnaires.extensions import check_elements, read_coding, read_extensions
from intake.questionnaires.items import (
    MOST_ANSWERS,
    ORDERED,
    STRING_LIMIT,
    Coding,
    ItemType,
    QuestionnaireRefused,
)
from intake.questionnaires.json_source import Element, quoted
from intake.questionnaires.patterns import checkable

MAX_LENGTH = 100_000  # characters; the most that maxLength may allow
MOST_DECIMALS = 18

Bound = int | Decimal | date | time | None
Extensions = dict[str, Element]

_WITH_LENGTH = frozenset({ItemType.STRING, ItemType.TEXT, ItemType.URL, ItemType.OPEN_CHOICE})
_WITH_DECIMALS = frozenset({ItemType.DECIMAL, ItemType.QUANTITY})
_BOUND_KINDS: dict[ItemType, tuple[str, ...]] = {
    ItemType.INTEGER: ("Integer",),
    ItemType.DECIMAL: ("Decimal", "Integer"),
    ItemType.QUANTITY: ("Decimal", "Integer", "Quantity"),
    ItemType.DATE: ("Date",),
    ItemType.DATE_TIME: ("DateTime",),
    ItemType.TIME: ("Time",),
}


def bounds(
    element: Element, extensions: Extensions, kind: ItemType, unit: Coding | None, warn: ext.Warn
) -> tuple[Bound, Bound]:
    lowest, highest = (
        _bound(extensions, urls, kind, unit, warn)
        for urls in ((ext.MIN_VALUE, ext.MIN_QUANTITY), (ext.MAX_VALUE, ext.MAX_QUANTITY))
    )
    # One kind of item has one kind of bound, so that these two always compare.
    if lowest is not None and highest is not None and lowest > highest:  # type: ignore[operator]
        raise element.refusal("minValue is above maxValue; swap them")
    return lowest, highest


def _bound(
    extensions: Extensions, urls: tuple[str, ...], kind: ItemType, unit: Coding | None, warn: ext.Warn
) -> Bound:
    found = [url for url in urls if url in extensions]
    if not found:
        return None
    extension, name = extensions[found[0]], found[0].rpartition("/")[2]
    if len(found) > 1:
        raise extension.refusal(f"{name} stands beside {found[1].rpartition('/')[2]}; keep one of them")
    if kind not in ORDERED:
        raise extension.refusal(
            f"{name} does not fit the type {kind}; take it out or make the item a number or date"
        )
    value_name = extension.one_of("value", _BOUND_KINDS[kind])
    if value_name.endswith("Quantity"):
        return amount(extension.child(value_name), unit, warn)
    if kind in (ItemType.DECIMAL, ItemType.QUANTITY):
        return extension.decimal(value_name)
    return ext.read_value(extension, value_name, warn)  # type: ignore[return-value]  # of _BOUND_KINDS


def max_length(element: Element, kind: ItemType) -> int | None:
    if "maxLength" not in element:
        return None
    if kind not in _WITH_LENGTH:
        raise element.refusal(f"maxLength does not fit the type {kind}; take it out")
    length = element.whole("maxLength")
    if not 1 <= length <= MAX_LENGTH:
        raise element.refusal(f"maxLength is {length}; write a number from 1 to {MAX_LENGTH}")
    return length


def min_length(element: Element, extensions: Extensions, kind: ItemType) -> int | None:
    if ext.MIN_LENGTH not in extensions:
        return None
    if kind not in _WITH_LENGTH:
        raise element.refusal(f"minLength does not fit the type {kind}; take it out")
    length = extensions[ext.MIN_LENGTH].whole("valueInteger")
    if not 0 <= length <= (max_length(element, kind) or MAX_LENGTH):
        raise element.refusal(f"minLength is {length}; write a number from 0 to maxLength")
    return length


def how_many(element: Element, extensions: Extensions) -> tuple[int | None, int | None]:
    """The fewest answers, where one is not enough, and the most."""
    fewest, most = (
        extensions[url].whole("valueInteger") if url in extensions else None
        for url in (ext.MIN_OCCURS, ext.MAX_OCCURS)
    )
    repeats = element.flag("repeats")
    if most is not None and (most < 1 or (most > 1 and not repeats)):
        raise element.refusal(f"maxOccurs is {most}; write at least 1, and repeats for more than 1")
    if fewest is not None and (fewest < 0 or (fewest > 1 and not repeats)):
        raise element.refusal(f"minOccurs is {fewest}; write at least 0, and repeats for more than 1")
    if fewest is not None and fewest > (most or MOST_ANSWERS):
        raise element.refusal(f"minOccurs is {fewest}; write at most maxOccurs, {most or MOST_ANSWERS}")
    return fewest if fewest and fewest > 1 else None, most


def max_decimals(element: Element, extensions: Extensions, kind: ItemType) -> int | None:
    if ext.MAX_DECIMALS not in extensions:
        return None
    places = extensions[ext.MAX_DECIMALS].whole("valueInteger")
    if kind not in _WITH_DECIMALS:
        raise element.refusal(f"maxDecimalPlaces does not fit the type {kind}; take it out")
    if not 0 <= places <= MOST_DECIMALS:
        raise element.refusal(f"maxDecimalPlaces is {places}; write a number from 0 to {MOST_DECIMALS}")
    return places


def pattern(element: Element, extensions: Extensions, kind: ItemType, warn: ext.Warn) -> str:
    """The regular expression that answers must match; "" where there is none or it is not checked."""
    if ext.REGEX not in extensions:
        return ""
    found = checkable(extensions[ext.REGEX].text("valueString"))
    is_short = kind is ItemType.STRING and (max_length(element, kind) or 0) <= STRING_LIMIT
    if found and is_short:
        return found
    warn(element.link_id, "regex: the pattern is not checked")
    return ""


# Units


def unit(element: Element, extensions: Extensions, kind: ItemType, warn: ext.Warn) -> Coding | None:
    """The one unit that numbers are given in; a quantity must have one."""
    found = next((extensions[url] for url in (ext.UNIT, ext.UNIT_OPTION) if url in extensions), None)
    if found is not None:
        return read_coding(found.child("valueCoding"), warn)
    if kind is not ItemType.QUANTITY or ext.CALCULATED in extensions:
        return None  # what is worked out is a number of points
    for initial in element.children("initial"):
        quantity = initial.child("valueQuantity")
        if "code" in quantity or "unit" in quantity:
            code = quantity.text("code") or quantity.text("unit")
            return Coding(quantity.text("system"), code, quantity.text("unit"))
    raise element.refusal("a quantity needs its unit; add the extension questionnaire-unit")


def unit_translations(extensions: Extensions) -> tuple[tuple[str, str], ...]:
    """(language, unit) for the one unit that numbers are given in."""
    found = next((extensions[url] for url in (ext.UNIT, ext.UNIT_OPTION) if url in extensions), None)
    return () if found is None else ext.read_translations(found.child("valueCoding"), "display")


def amount(element: Element, unit: Coding | None, warn: ext.Warn) -> Decimal:
    """The number of a Quantity, which must be in the unit of its question."""
    check_elements(
        element, frozenset({"value", "unit", "system", "code", "id", "extension", "comparator"}), warn
    )
    read_extensions(element, frozenset(), warn)
    if "comparator" in element:
        raise element.refusal("a quantity has a comparator, which is not understood; write the plain number")
    written = element.text("code") or element.text("unit")
    if unit is None or written not in {unit.code, unit.display} - {""}:
        asked = "" if unit is None else unit.code
        raise _wrong_unit(element, written, asked)
    return element.decimal("value")


def _wrong_unit(element: Element, written: str, asked: str) -> QuestionnaireRefused:
    return element.refusal(
        f"a quantity is in {quoted(written)} and is asked in {quoted(asked)}; use one unit"
    )

"""The answers that a choice offers: from answerOption, or from a ValueSet that the file contains."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import cast

from intake.questionnaires.extensions import (
    EXCLUSIVE,
    ITEM_WEIGHT,
    ON_CODINGS,
    ON_OPTIONS,
    ORDINAL_VALUE,
    Warn,
    check_elements,
    read_extensions,
    read_translations,
    read_value,
)
from intake.questionnaires.items import Coding, Option
from intake.questionnaires.json_source import Element, quoted

OTHER_KEY = "__other__"  # what a form posts when the free text of an open-choice is chosen
OPTION_KINDS = ("Coding", "String", "Integer", "Date", "Time")
_OPTION_ELEMENTS = frozenset({"initialSelected", "extension", "id", "modifierExtension"})


def read_options(item: Element, value_sets: dict[str, Element], warn: Warn) -> tuple[Option, ...]:
    """The options of a choice in the file's order, their keys checked to be unique."""
    if "answerOption" in item and "answerValueSet" in item:
        raise item.refusal("answerOption and answerValueSet stand together; keep one of them")
    if "answerValueSet" in item:
        options = _from_value_set(item, value_sets, warn)
    else:
        options = [_answer_option(element, warn) for element in item.children("answerOption")]
    if not options:
        raise item.refusal("a choice needs answers to choose from; give it answerOption")
    seen: set[str] = set()
    for option in options:
        if option.key in seen:
            raise item.refusal(f"the answer {quoted(option.key)} stands twice; give each its own code")
        if option.key == OTHER_KEY or option.key != option.key.strip():
            raise item.refusal(
                f"the code {quoted(option.key)} cannot be used; take another, without outer spaces"
            )
        seen.add(option.key)
    return tuple(options)


def initially_selected(item: Element, options: Iterable[Option]) -> tuple[str, ...]:
    """The keys of the options that the file marks as initialSelected."""
    marked = zip(options, item.children("answerOption"), strict=False)
    return tuple(option.key for option, element in marked if element.flag("initialSelected"))


def _answer_option(element: Element, warn: Warn) -> Option:
    name = element.one_of("value", OPTION_KINDS)
    check_elements(element, _OPTION_ELEMENTS | {name}, warn)
    extensions = read_extensions(element, ON_OPTIONS, warn)
    exclusive = EXCLUSIVE in extensions and extensions[EXCLUSIVE].flag("valueBoolean")
    value = cast("Coding | str | int | date | time", read_value(element, name, warn))  # of OPTION_KINDS
    if isinstance(value, Coding):
        extensions |= read_extensions(element.child(name), ON_CODINGS, warn)
        translations = read_translations(element.child(name), "display")
    else:
        translations = read_translations(element, name)
    key, label = _key_and_label(value)
    return Option(key, label, value, _points(extensions), exclusive, translations)


def _key_and_label(value: Coding | str | int | date | time) -> tuple[str, str]:
    if isinstance(value, Coding):
        return value.code, value.display or value.code
    written = value.isoformat() if isinstance(value, (date, time)) else str(value).strip()
    return written, written


def _points(extensions: dict[str, Element]) -> Decimal | None:
    given = {
        extensions[url].decimal("valueDecimal" if "valueDecimal" in extensions[url] else "valueInteger")
        for url in (ORDINAL_VALUE, ITEM_WEIGHT)
        if url in extensions
    }
    if len(given) > 1:
        raise extensions[ORDINAL_VALUE].refusal("ordinalValue and itemWeight differ on one option; keep one")
    return given.pop() if given else None


def _from_value_set(item: Element, value_sets: dict[str, Element], warn: Warn) -> list[Option]:
    address = item.text("answerValueSet")
    if not address.startswith("#") or address[1:] not in value_sets:
        raise item.refusal(
            f"its answers are the list {quoted(address)}, which the file does not contain; "
            "copy them into answerOption"
        )
    value_set = Element(value_sets[address[1:]].values, item.link_id)
    listed = value_set.child("expansion").children("contains")
    options = [_concept(element, "", warn) for element in listed]
    if not options:
        for include in value_set.child("compose").children("include"):
            check_elements(include, frozenset({"system", "version", "concept", "id"}), warn)
            options += [
                _concept(element, include.text("system"), warn) for element in include.children("concept")
            ]
        if "exclude" in value_set.child("compose"):
            raise item.refusal("the list of answers has an exclude; copy what is left into answerOption")
    return options


def _concept(element: Element, system: str, warn: Warn) -> Option:
    points = _points(read_extensions(element, ON_CODINGS, warn))
    check_elements(
        element, frozenset({"system", "version", "code", "display", "designation", "extension", "id"}), warn
    )
    if "code" not in element:
        raise element.refusal("an answer of the list has no code; give it one")
    coding = Coding(element.text("system") or system, element.text("code"), element.text("display"))
    designations = (
        (one.text("language"), one.text("value"))
        for one in element.children("designation")
        if "language" in one
    )
    return Option(*_key_and_label(coding), coding, points, translations=tuple(designations))

"""One answer as FHIR's value[x], written and read.

Writing takes what the engine holds and raises ValueError for what is no answer; reading takes JSON of any
shape and raises NotAnAnswer, and nothing else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar, cast

from intake.questionnaires.items import CHOICES, Coding, Item, ItemType, Scalar
from intake.questionnaires.json_source import quoted
from intake.questionnaires.values import Other, Value, has_type

Resource = dict[str, Any]
Parsed = TypeVar("Parsed")

DIGITS = 30  # of a number, before and after the point; a form takes 20 characters

_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")
_MOMENT = re.compile(f"{_DATE.pattern}T{_TIME.pattern}(Z|[+-][0-9]{{2}}:[0-9]{{2}})")

PRIMITIVE_VALUES = {
    *("valueBoolean", "valueDecimal", "valueInteger", "valueDate", "valueDateTime", "valueTime"),
    *("valueString", "valueUri"),
}
VALUES = PRIMITIVE_VALUES | {"valueAttachment", "valueCoding", "valueQuantity", "valueReference"}


def elements_of_r4(*primitive: str, others: set[str]) -> frozenset[str]:
    """The names that an object may have; beside a primitive element, "_name" may hold its extensions."""
    return frozenset({"id", *primitive, *(f"_{name}" for name in primitive), *others})


_OF_CODING = elements_of_r4("system", "version", "code", "display", "userSelected", others={"extension"})
_OF_QUANTITY = elements_of_r4("value", "comparator", "unit", "system", "code", others={"extension"})

# The value[x] of an answer that is not an option.
_PLAIN: Mapping[ItemType, str] = {
    ItemType.BOOLEAN: "valueBoolean",
    ItemType.INTEGER: "valueInteger",
    ItemType.DECIMAL: "valueDecimal",
    ItemType.DATE: "valueDate",
    ItemType.DATE_TIME: "valueDateTime",
    ItemType.TIME: "valueTime",
    ItemType.STRING: "valueString",
    ItemType.TEXT: "valueString",
    ItemType.URL: "valueUri",
    ItemType.QUANTITY: "valueQuantity",
    ItemType.OPEN_CHOICE: "valueString",
}


class NotAnAnswer(ValueError):
    """Why what stands in a response is no answer to its item."""


def filled(**elements: Any) -> Resource:
    """Only the elements that hold something: FHIR allows no empty text, list or object."""
    return {name: value for name, value in elements.items() if value}


# ---- Writing ----


def written_value(item: Item, value: Value) -> Resource:
    """The answer as value[x]; raises ValueError where it is none to this item."""
    if not has_type(item, value):
        raise ValueError(f"{item.link_id}: {type(value).__name__} is not an answer to the type {item.type}")
    if isinstance(value, str) and item.type in CHOICES:
        option = item.option(value)
        if option is None:
            raise ValueError(f"{item.link_id}: {value!r} is not one of its options")
        chosen = option.value
        return {"valueCoding": written_coding(chosen)} if isinstance(chosen, Coding) else _plain(item, chosen)
    return _plain(item, value.text if isinstance(value, Other) else value)


def _plain(item: Item, value: Scalar) -> Resource:
    match value:
        case bool():  # before int, which it is too
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
        case Decimal() if item.type is ItemType.QUANTITY:
            unit = item.unit_coding
            coded = {"system": unit.system, "code": unit.code} if unit and unit.system else {}
            return {"valueQuantity": {"value": value, **filled(unit=item.unit), **coded}}
        case Decimal():
            return {"valueDecimal": value}
        case datetime():  # before date, which it is too
            return {"valueDateTime": written_time(value)}
        case date():
            return {"valueDate": value.isoformat()}
        case time():
            return {"valueTime": value.isoformat(timespec="seconds")}
        case str() if value.strip():
            return {"valueUri" if item.type is ItemType.URL else "valueString": value}
    raise ValueError(f"{item.link_id}: FHIR has no empty text")


def written_coding(coding: Coding) -> Resource:
    return filled(system=coding.system, code=coding.code, display=coding.display)


def written_time(at: datetime) -> str:
    if at.utcoffset() is None:
        raise ValueError("FHIR wants a time with its zone")
    return at.isoformat(timespec="seconds")


# ---- Reading ----


def read_value(item: Item, answer: dict[str, object]) -> Value:
    """The answer's value[x]; raises NotAnAnswer. Its bounds are not looked at."""
    names = [name for name in answer if name in VALUES]
    if len(names) != 1:
        raise NotAnAnswer("an answer has several values" if names else "an answer has no value")
    (name,) = names
    allowed = {f"value{_kind(option.value)}" for option in item.options}
    allowed |= {_PLAIN[item.type]} if item.type in _PLAIN else set()
    if name not in allowed:
        raise NotAnAnswer(f"the answer is a {name}, and {' or '.join(sorted(allowed))} is wanted")
    written = answer[name]
    value = _quantity(item, written) if name == "valueQuantity" else _READERS[name](written)
    if item.type not in CHOICES:
        return cast(Value, value)  # a Coding is read for choices only
    option = next((option for option in item.options if _identity(option.value) == value), None)
    if option:
        return option.key
    if item.type is ItemType.OPEN_CHOICE and isinstance(value, str):
        return Other(value)
    raise NotAnAnswer("the answer is not one of the options")


def _identity(value: Coding | Scalar) -> Coding | Scalar:
    """A Coding is its system and code; the words may be in another language."""
    return replace(value, display="") if isinstance(value, Coding) else value


def _kind(value: Coding | Scalar) -> str:
    kinds = {Coding: "Coding", str: "String", int: "Integer", time: "Time"}
    return kinds.get(type(value), "Date")


def _boolean(written: object) -> bool:
    if isinstance(written, bool):
        return written
    raise NotAnAnswer("the answer is not true or false")


def _integer(written: object) -> int:
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    raise NotAnAnswer("the answer is not a whole number")


def _decimal(written: object) -> Decimal:
    if isinstance(written, (int, float, Decimal)) and not isinstance(written, bool):
        # By its shortest text, 0.1 read as a float is 0.1 again.
        number = Decimal(repr(written)) if isinstance(written, float) else Decimal(written)
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -DIGITS and number.adjusted() < DIGITS:
            return number
        raise NotAnAnswer(f"the answer is not a number of at most {DIGITS} digits before and after the point")
    raise NotAnAnswer("the answer is not a number")


def _date(written: object) -> date:
    return _parsed(written, _DATE, date.fromisoformat, "a whole date such as 1962-03-09")


def _moment(written: object) -> datetime:
    wanted = "a date, time and zone such as 2026-03-09T14:30:00-05:00"
    return _parsed(written, _MOMENT, datetime.fromisoformat, wanted)


def _time(written: object) -> time:
    return _parsed(written, _TIME, time.fromisoformat, "a time such as 14:30:00")


def _parsed(written: object, shape: re.Pattern[str], parse: Callable[[str], Parsed], wanted: str) -> Parsed:
    if isinstance(written, str) and shape.fullmatch(written):
        try:
            return parse(written)
        except ValueError:  # of the right shape, and not in the calendar
            pass
    raise NotAnAnswer(f"the answer is not {wanted}")


def _text(written: object) -> str:
    if isinstance(written, str) and written.strip():
        return written
    raise NotAnAnswer("the answer is not a text with something in it")


def _coding(written: object) -> Coding:
    if not isinstance(written, dict):
        raise NotAnAnswer("the answer is not a Coding")
    _refuse_strange(written, _OF_CODING)
    system, code = written.get("system", ""), written.get("code")
    if isinstance(system, str) and isinstance(code, str):
        return Coding(system, code)
    raise NotAnAnswer("the answer is a Coding without a code")


def _quantity(item: Item, written: object) -> Decimal:
    if not isinstance(written, dict):
        raise NotAnAnswer("the answer is not a Quantity")
    _refuse_strange(written, _OF_QUANTITY)
    if "comparator" in written:
        raise NotAnAnswer("the answer has a comparator, and a number itself is wanted")
    unit = item.unit_coding
    if unit and unit.system and (written.get("system", ""), written.get("code")) != (unit.system, unit.code):
        raise NotAnAnswer(f"the answer is not in {item.unit}")
    return _decimal(written.get("value"))


def _refuse_strange(written: Mapping[str, object], known: frozenset[str]) -> None:
    if strange := [name for name in written if name not in known]:
        raise NotAnAnswer(f"the element {quoted(strange[0])} of the answer is none of FHIR R4's")


_READERS: Mapping[str, Callable[[object], Scalar | Coding]] = {
    "valueBoolean": _boolean,
    "valueInteger": _integer,
    "valueDecimal": _decimal,
    "valueDate": _date,
    "valueDateTime": _moment,
    "valueTime": _time,
    "valueString": _text,
    "valueUri": _text,
    "valueCoding": _coding,
}

"""What a person fills in: each widget reads the posted strings into `Written` and shows them again unchanged."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from intake.questionnaires.definition import Item, ItemType, Option

OTHER = "__other__"  # what a form posts when the free text of an open choice was picked
LONGEST_ECHO = 20_000  # characters; more is not sent back to the page it came from
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


@dataclass(frozen=True, slots=True)
class Written:
    """One question's answer as it was typed or ticked, before anyone judged it."""

    values: tuple[str, ...] = ()
    other: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)  # month, day, year as typed

    def __bool__(self) -> bool:
        return bool(self.values or self.other)


class ItemWidget(forms.Widget):
    """A widget for one item. `use_fieldset` says that the question is a legend over several inputs."""

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        return Written(values=tuple(posted(data, name)))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: object, name: str) -> bool:
        return False

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        attrs = context["widget"]["attrs"]
        context["widget"] |= {
            "written": value or Written(),
            "item": self.item,
            "is_wrong": "aria-invalid" in attrs,
        }
        return context


class TextLine(ItemWidget):
    template_name = "clinic/widgets/text_line.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        numeric = {ItemType.INTEGER: "numeric", ItemType.DECIMAL: "decimal"}
        context["widget"] |= {
            "text": echo(context["widget"]["written"]),
            "inputmode": numeric.get(self.item.type, ""),
            "width": 4 if self.item.type in numeric else 0,  # characters
            "unit": self.item.unit,
            "autocomplete": AUTOCOMPLETE.get(self.item.link_id, ""),
            "kind": KEYBOARD.get(self.item.link_id, "text"),
        }
        return context


class TextBox(ItemWidget):
    template_name = "clinic/widgets/text_box.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["text"] = echo(context["widget"]["written"])
        return context


class DateParts(ItemWidget):
    """Month, day, year as three text fields; a month may be 3, 03, mar or March."""

    template_name = "clinic/widgets/date_parts.html"
    use_fieldset = True

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        parts = {
            part: "".join(posted(data, f"{name}-{part}"))[:100].strip() for part in ("month", "day", "year")
        }
        if not any(parts.values()):
            return Written()
        return Written(values=(iso_date(**parts),), parts=parts)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        written: Written = context["widget"]["written"]
        typed = written.parts or split_iso_date(written.values)
        is_birthday = self.item.link_id == "birth-date"
        context["widget"]["parts"] = [
            {"name": part, "label": label, "hint": hint, "width": width, "text": typed.get(part, ""),
             "autocomplete": f"bday-{part}" if is_birthday else ""}
            for part, label, hint, width in (
                ("month", "Month", "3 or March", 10), ("day", "Day", "", 2), ("year", "Year", "", 4)
            )
        ]  # fmt: skip
        return context


class Options(ItemWidget):
    """Radio buttons, or checkboxes where more than one answer is allowed or there is one thing to tick."""

    template_name = "clinic/widgets/options.html"

    @property
    def use_fieldset(self) -> bool:
        return True

    @property
    def options(self) -> Sequence[Option]:
        return self.item.options

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        return Written(values=tuple(posted(data, name)), other="".join(posted(data, f"{name}-other")))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        written: Written = context["widget"]["written"]
        id_ = context["widget"]["attrs"].get("id", name)
        is_open = self.item.type == ItemType.OPEN_CHOICE
        choices = [(option.key, option.label, option.exclusive) for option in self.options]
        if is_open:
            last_exclusive = next((place for place, choice in enumerate(choices) if choice[2]), len(choices))
            choices.insert(last_exclusive, (OTHER, "Something else", False))
        context["widget"] |= {
            "is_many": self.item.repeats or len(choices) == 1,
            # The first option has the field's own id, so that the error summary's link lands on an input.
            "choices": [
                {"key": key, "label": label, "is_checked": key in written.values, "is_exclusive": exclusive,
                 "is_other": is_open and key == OTHER, "id": f"{id_}-{place}" if place else id_}
                for place, (key, label, exclusive) in enumerate(choices)
            ],
            "other": echo(Written(values=(written.other,))),
        }  # fmt: skip
        return context


class YesNo(Options):
    """A FHIR boolean as two radio buttons: unanswered is not the same as no."""

    @property
    def options(self) -> Sequence[Option]:
        return tuple(
            Option(key=key, label=label, value=key, ordinal=None, exclusive=False)
            for key, label in (("true", "Yes"), ("false", "No"))
        )


class Scale(Options):
    """Numbers in a row, such as pain from 0 to 10. What both ends mean is the question's hint."""

    template_name = "clinic/widgets/scale.html"


def widget_for(item: Item) -> ItemWidget:
    match item.type:
        case ItemType.BOOLEAN:
            return YesNo(item)
        case ItemType.CHOICE | ItemType.OPEN_CHOICE:
            return Scale(item) if is_scale(item) else Options(item)
        case ItemType.DATE:
            return DateParts(item)
        case ItemType.TEXT:
            return TextBox(item)
        case _:
            return TextLine(item)


def is_scale(item: Item) -> bool:
    """Seven or more options that are all whole numbers."""
    return len(item.options) >= 7 and all(option.key.isdigit() for option in item.options)


def written_from(values: Sequence[Any]) -> Written:
    """A stored answer as it would be written, to fill in a page that somebody comes back to."""
    texts: list[str] = []
    other = ""
    for value in values:
        if hasattr(value, "text"):
            texts.append(OTHER)
            other = value.text
        elif isinstance(value, bool):
            texts.append("true" if value else "false")
        elif isinstance(value, datetime.date):
            texts.append(value.isoformat())
        else:
            texts.append(str(value))
    return Written(values=tuple(texts), other=other)


def posted(data: Mapping[str, Any], name: str) -> list[str]:
    if isinstance(data, QueryDict | MultiValueDict):
        return data.getlist(name)
    value = data.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def echo(written: Written) -> str:
    """What was typed, to be shown again; a text far beyond any limit is cut, so that the page stays a page."""
    return (written.values[0] if written.values else "")[:LONGEST_ECHO]


def iso_date(month: str, day: str, year: str) -> str:
    """2026-03-09 for 3 or March, 9, 2026; what cannot be a date comes back as typed, to be refused with a reason.

    >>> iso_date("Mar", "9", "1962"), iso_date("02", "31", "1980"), iso_date("x", "1", "1980")
    ('1962-03-09', '1980-02-31', 'x/1/1980')
    """
    number = month_number(month)
    is_number = all(part.isascii() and part.isdigit() for part in (number, day, year))
    if is_number and len(day) <= 2 and len(number) <= 2 and len(year) == 4:
        return f"{year}-{number:>02}-{day:>02}"
    return "/".join((month, day, year))


def month_number(month: str) -> str:
    name = month.lower().rstrip(".")
    if len(name) >= 3:
        for number, full_name in enumerate(MONTHS, start=1):
            if full_name.startswith(name) or name == "sept" and number == 9:
                return str(number)
    return month


def split_iso_date(values: Sequence[str]) -> dict[str, str]:
    if not values or values[0].count("-") != 2:
        return {}
    year, month, day = values[0].split("-")
    return {"month": month.lstrip("0"), "day": day.lstrip("0"), "year": year}


# What a phone's keyboard and a browser's autofill may know about a question. Keyed by linkId, because FHIR has no
# element for it; a questionnaire without these linkIds simply goes without.
AUTOCOMPLETE = {"name": "name", "phone": "tel", "email": "email"}
KEYBOARD = {"phone": "tel", "email": "email", "emergency-phone": "tel"}

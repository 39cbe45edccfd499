"""What a person fills in: each widget reads the posted strings into `Written` and shows them again unchanged."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from intake.questionnaires.answers import MOST_ANSWERS
from intake.questionnaires.definition import Item, ItemType, Option
from intake.questionnaires.options import OTHER_KEY
from intake.typed_dates import (
    iso_date,
    iso_moment,
    iso_time,
    split_iso_date,
    split_iso_moment,
    spoken_time,
)

FIELDS_AT_FIRST = 3  # of a question with several answers; one more whenever they are all used
LONGEST_ECHO = 20_000  # characters; more is not sent back to the page it came from


@dataclass(frozen=True, slots=True)
class Written:
    """One question's answer as it was typed or ticked, before anyone judged it."""

    values: tuple[str, ...] = ()
    other: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)  # month, day, year, time as typed
    entries: tuple["Written", ...] = ()  # each answer of a question with several fields

    def __bool__(self) -> bool:
        return bool(self.values or self.other)


class ItemWidget(forms.Widget):
    """A widget for one item. `use_fieldset` says that the question is a legend over several inputs."""

    use_fieldset = False

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
        numeric = {
            ItemType.INTEGER: "numeric",
            ItemType.DECIMAL: "decimal",
            ItemType.QUANTITY: "decimal",
        }
        kind = "url" if self.item.type == ItemType.URL else "text"
        context["widget"] |= {
            "text": echo(context["widget"]["written"]),
            "inputmode": numeric.get(self.item.type, ""),
            "width": 4 if self.item.type in numeric else 0,  # characters
            "unit": self.item.unit,
            "autocomplete": AUTOCOMPLETE.get(self.item.link_id, ""),
            "kind": KEYBOARD.get(self.item.link_id, kind),
        }
        return context


class TimeLine(TextLine):
    """A time of day as one text field: 2:30 pm or 14:30."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        typed = "".join(posted(data, name))[:LONGEST_ECHO].strip()
        return Written(values=(iso_time(typed),), parts={"time": typed}) if typed else Written()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        written: Written = context["widget"]["written"]
        context["widget"] |= {
            "text": written.parts.get("time") or spoken_time(echo(written)),
            "width": 10,
            "unit": _("such as 2:30 pm"),
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
                ("month", _("Month"), _("3 or March"), 10),
                ("day", _("Day"), _("1 to 31"), 2),
                ("year", _("Year"), _("4 digits"), 4),
            )
        ]  # fmt: skip
        return context


class MomentParts(DateParts):
    """A date and a time of day, which is the clinic's own time."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        written = super().value_from_datadict(data, files, name)
        typed = "".join(posted(data, f"{name}-time"))[:100].strip()
        if not written and not typed:
            return Written()
        day = written.values[0] if written else ""
        return Written(values=(iso_moment(day, iso_time(typed)),), parts={**written.parts, "time": typed})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        written: Written = value or Written()
        typed = written.parts or split_iso_moment(written.values)
        context = super().get_context(name, Written(written.values, parts=typed), attrs)
        context["widget"]["parts"].append(
            {"name": "time", "label": _("Time"), "hint": _("such as 2:30 pm"), "width": 10,
             "text": typed.get("time", ""), "autocomplete": ""}
        )  # fmt: skip
        return context


class Several(ItemWidget):
    """A field for each answer of a question that repeats, with room for more than there are."""

    template_name = "clinic/widgets/several.html"
    use_fieldset = True

    def __init__(self, item: Item, one: ItemWidget) -> None:
        super().__init__(item)
        self.one = one

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Written:
        every = (
            self.one.value_from_datadict(data, files, name_of_one(name, place))
            for place in range(MOST_ANSWERS)
        )
        entries = tuple(written for written in every if any(text.strip() for text in written.values))
        return Written(values=tuple(text for one in entries for text in one.values), entries=entries)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        written: Written = context["widget"]["written"]
        entries = written.entries or tuple(Written(values=(text,)) for text in written.values)
        room = max(len(entries) + 1, self.item.min_answers or 0, FIELDS_AT_FIRST)
        entries += (Written(),) * (min(room, self.item.max_answers or MOST_ANSWERS) - len(entries))
        attrs = context["widget"]["attrs"]
        id_ = attrs.get("id", name)
        context["widget"] |= {
            # Several inputs of one answer, such as month, day and year, need a legend; one input needs a label.
            "has_legends": self.one.use_fieldset,
            "entries": [
                {"id": name_of_one(id_, place),
                 "html": self.one.render(name_of_one(name, place), entry, attrs | {"id": name_of_one(id_, place)})}
                for place, entry in enumerate(entries)
            ],
        }  # fmt: skip
        return context


def name_of_one(name: str, place: int) -> str:
    """The first field has the question's own name, so that the error summary's link lands on it."""
    return f"{name}:{place + 1}" if place else name


class Options(ItemWidget):
    """Radio buttons, or checkboxes where more than one answer is allowed or there is one thing to tick."""

    template_name = "clinic/widgets/options.html"

    use_fieldset = True

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
            choices.insert(last_exclusive, (OTHER_KEY, _("Something else"), False))
        context["widget"] |= {
            "is_many": self.item.repeats or len(choices) == 1,
            # The first option has the field's own id, so that the error summary's link lands on an input.
            "choices": [
                {"key": key, "label": label, "is_checked": key in written.values, "is_exclusive": exclusive,
                 "is_other": is_open and key == OTHER_KEY, "id": f"{id_}-{place}" if place else id_}
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
            for key, label in (("true", _("Yes")), ("false", _("No")))
        )


class Scale(Options):
    """Numbers in a row, such as pain from 0 to 10. What both ends mean is the question's hint."""

    template_name = "clinic/widgets/scale.html"


def widget_for(item: Item) -> ItemWidget:
    one = widget_for_one(item)
    return Several(item, one) if item.repeats and not isinstance(one, Options) else one


def widget_for_one(item: Item) -> ItemWidget:
    match item.type:
        case ItemType.BOOLEAN:
            return YesNo(item)
        case ItemType.CHOICE | ItemType.OPEN_CHOICE:
            return Scale(item) if is_scale(item) else Options(item)
        case ItemType.DATE:
            return DateParts(item)
        case ItemType.DATE_TIME:
            return MomentParts(item)
        case ItemType.TIME:
            return TimeLine(item)
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
            texts.append(OTHER_KEY)
            other = value.text
        elif isinstance(value, bool):
            texts.append("true" if value else "false")
        elif isinstance(value, datetime.date | datetime.time):
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


# What a phone's keyboard and a browser's autofill may know about a question. Keyed by linkId, because FHIR has no
# element for it; a questionnaire without these linkIds simply goes without.
AUTOCOMPLETE = {"name": "name", "phone": "tel", "email": "email"}
KEYBOARD = {"phone": "tel", "email": "email", "emergency-phone": "tel"}

"""One page of a questionnaire as one Django form: it converts and validates, and does nothing else."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.contact import can_be_reached, unreachable_message
from intake.layout import Words
from intake.messages import date_message, error_message
from intake.questionnaires.answers import (
    AnswerRefused,
    Answers,
    Problem,
    ProblemKind,
    Value,
    asked,
    in_words,
    kept,
    notes_of,
    parse,
    problems,
)
from intake.questionnaires.definition import Item, ItemType, Page, Questionnaire
from intake.questionnaires.repetition import MARK
from intake.questionnaires.scoring import is_scored
from intake.questionnaires.triage import Rules, bound_problems
from intake.widgets import Written, posted, widget_for, written_from

SHOWN = "shown"  # name of the hidden fields with the linkIds that a page showed


class ItemField(forms.Field):
    """One question; its cleaned value is the tuple of answers that the engine parsed."""

    def __init__(self, item: Item) -> None:
        hint = " · ".join(filter(None, (item.hint, *notes_of(item))))
        super().__init__(label=prefixed(item), help_text=hint, required=False, widget=widget_for(item))
        self.item = item

    def clean(self, value: Written) -> tuple[Value, ...]:
        try:
            values = parse(self.item, value.values, other=value.other)
        except AnswerRefused as refusal:
            is_no_date = refusal.kind == ProblemKind.NOT_A_DATE
            message = (
                date_message(self.item, value.parts)
                if is_no_date
                else error_message(self.item, refusal.kind, refusal.limit)
            )
            raise forms.ValidationError(message, code=refusal.kind) from refusal
        if values and not can_be_reached(self.item.link_id, str(values[0])):
            raise forms.ValidationError(unreachable_message(self.item), code="unreachable")
        return values


class PageForm(forms.Form):
    """The questions of one page that are asked of this person, given everything they answered so far."""

    use_required_attribute = False

    def __init__(
        self,
        questionnaire: Questionnaire,
        rules: Rules,
        page: Page,
        *,
        answers: Answers,
        today: datetime.date,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data=data, auto_id="%s", label_suffix="")
        self.questionnaire, self.rules, self.page = questionnaire, rules, page
        self.answers, self.today = answers, today
        self.names: dict[str, str] = {}  # linkId -> name of the field
        # The page names the questions that it showed; a client that names none is taken to have shown them all.
        self.shown = (
            frozenset(posted(data, SHOWN)) if data and SHOWN in data else asked(questionnaire, answers)
        )
        entries: list[Any] = []
        items = page_items(page, asked(questionnaire, answers))
        is_new = not any(answers.get(item.link_id) for item in items)
        for item in items:
            if not item.is_question:
                entries.append(Words(replace(item, text=prefixed(item))))
                continue
            if item.read_only:
                given = in_words(item, answers.get(item.link_id) or item.initial)
                entries.append(Words(replace(item, text=f"{prefixed(item)} {', '.join(given)}")))
                continue
            name = field_names(questionnaire)[item.link_id]
            self.names[item.link_id] = name
            self.fields[name] = ItemField(item)
            self.initial[name] = written_from(answers.get(item.link_id) or first_answers(item, is_new=is_new))
            entries.append(Field(name))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True  # the page's own <form> carries the token
        self.helper.layout = Layout(*entries)

    def clean(self) -> dict[str, Any]:
        still_asked = asked(self.questionnaire, self.answers_with_this_page())
        for link_id, name in self.names.items():
            if (
                link_id not in still_asked
            ):  # another answer of this page closed it: whatever stands in it stops nobody
                self.errors.pop(name, None)
        for problem in self.page_problems():
            item = self.questionnaire.item(problem.link_id)
            self.add_error(self.names[problem.link_id], error_message(item, problem.kind, problem.limit))
        return self.cleaned_data

    def page_problems(self) -> list[Problem]:
        """What the engine finds wrong on this page, save where the writing itself was already refused."""
        answers = kept(self.questionnaire, self.answers_with_this_page())
        found = [
            *problems(self.questionnaire, answers, on=self.page),
            *bound_problems(self.rules, self.questionnaire, answers, today=self.today),
        ]
        return [
            problem
            for problem in found
            if problem.link_id in self.names and self.names[problem.link_id] not in self.errors
        ]

    def page_answers(self) -> dict[str, tuple[Value, ...]]:
        """The answers of this page that are right, by linkId, empty ones left out; call after is_valid()."""
        return {
            link_id: self.cleaned_data[name]
            for link_id, name in self.names.items()
            if name not in self.errors and self.cleaned_data.get(name)
        }

    def cleared(self) -> set[str]:
        """The questions of this page that have no right answer now: an answer given before no longer counts.

        A question that was not on the page when it was opened (another window may have opened it since) is left alone.
        """
        answered = self.page_answers()
        return {link_id for link_id in self.names if link_id in self.shown and link_id not in answered}

    def answers_that_differ(self) -> list[tuple[str, str]]:
        """Questions of this page with another answer than what was saved of them: the wording, and what was saved."""
        self.is_valid()
        written = self.page_answers()
        return [
            (item.text, ", ".join(in_words(item, self.answers.get(link_id, ()))) or gettext("no answer"))
            for link_id in self.names
            if written.get(link_id, ()) != self.answers.get(link_id, ())
            and (item := self.questionnaire.item(link_id))
        ]

    def answers_with_this_page(self) -> dict[str, tuple[Value, ...]]:
        cleared = self.cleared()
        others = {link_id: values for link_id, values in self.answers.items() if link_id not in cleared}
        return others | self.page_answers()


class BirthDateForm(forms.Form):
    """Whether somebody who comes back on another device knows the birth date that was given."""

    NAME = "birth-date"
    use_required_attribute = False

    def __init__(
        self, item: Item, given: tuple[Value, ...], *, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data=data, auto_id="%s", label_suffix="")
        self.item, self.given = item, given
        self.fields[self.NAME] = ItemField(item)

    @property
    def as_posted(self) -> list[tuple[str, str]]:
        return [(name, text) for name, text in self.data.items() if name.startswith(self.NAME)]

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data.get(self.NAME)
        if self.NAME not in self.errors and typed != self.given:
            slip = _("This is not the date of birth in the form. Check month, day and year")
            self.add_error(self.NAME, slip if typed else error_message(self.item, ProblemKind.MISSING))
        return self.cleaned_data


class EmailForm(forms.Form):
    """The address for the one letter with the way back."""

    use_required_attribute = False
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        error_messages={
            "required": _("Write your e-mail address"),
            "invalid": _("Write an e-mail address such as name@example.com"),
        },
    )


def prefixed(item: Item) -> str:
    """The text after its number in the form, where it has one: "1a. Sleep"."""
    return f"{item.prefix} {item.text}".strip()


def first_answers(item: Item, *, is_new: bool) -> tuple[Value, ...]:
    """What stands in a field of a page that nobody answered yet.

    Never in an item of a scored instrument: an answer that nobody chose must not count.
    """
    return item.initial if is_new and not is_scored(item) else ()


def page_items(page: Page, asked_link_ids: frozenset[str]) -> list[Item]:
    """The page's visible items in order, groups and questions before what stands in them.

    Hints and whys belong to their question. A read-only question is there only with something to read, and a
    group only with a heading and something under it.
    """

    def shown_in(around: Item) -> list[Item]:
        found: list[Item] = []
        for item in around.items:
            if item.link_id not in asked_link_ids or item.hidden:
                continue
            if around.is_question and item.type == ItemType.DISPLAY:
                continue
            inside = shown_in(item)
            if item.type == ItemType.GROUP:
                is_there = bool(inside and prefixed(item))
            else:
                is_there = not item.read_only or bool(item.initial)
            found += [item, *inside] if is_there else inside
        return found

    return shown_in(page.item)


# What the widgets and templates put behind a field's name or id.
_PART_OF_A_FIELD = re.compile(r"(.+)(?:-(?:month|day|year|time|other|other-text|[0-9]+)|_(?:helptext|error))")


@lru_cache(maxsize=64)
def field_names(questionnaire: Questionnaire) -> Mapping[str, str]:
    """By linkId: the linkId itself where it can stand in an HTML id, else its place in the questionnaire.

    The same whatever was answered, so that two windows never mean two questions by one name. A repetition's mark
    is written as two colons.
    """
    questions = {item.link_id for item in questionnaire.all_items if item.is_question}

    def name(link_id: str, place: int) -> str:
        part = _PART_OF_A_FIELD.fullmatch(link_id)
        is_plain = re.fullmatch(r"[A-Za-z0-9._#-]+", link_id) and not (part and part[1] in questions)
        return f"q-{link_id.replace(MARK, '::')}" if is_plain else f"item-{place}"

    return {link_id: name(link_id, place) for place, link_id in enumerate(questionnaire.by_link_id)}

"""A questionnaire that is filled in page by page through the real forms, without a browser or a database."""

import datetime
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from crispy_forms.utils import render_crispy_form
from django.http import QueryDict

from intake.definition_files import rules_without_any
from intake.forms import PageForm
from intake.questionnaires.answers import Answers, asked
from intake.questionnaires.definition import Page, Questionnaire
from intake.questionnaires.items import descendants
from intake.questionnaires.triage import Rules, read_rules

TODAY = datetime.date(2026, 11, 22)

Posted = Mapping[str, str | Sequence[str]]
"""By the ending of a field's name: "q" for the linkId q, "q-month", "q:2" for its second answer."""


def no_rules(questionnaire: Questionnaire) -> Rules:
    return read_rules(rules_without_any(questionnaire), questionnaire)


def page_form(
    questionnaire: Questionnaire, page: Page, answers: Answers, posted: Posted | None = None
) -> PageForm:
    blank = PageForm(questionnaire, no_rules(questionnaire), page, answers=answers, today=TODAY)
    if posted is None:
        return blank
    data = QueryDict(mutable=True)
    for name, values in fields_to_post(blank, posted).items():
        data.setlist(name, values)
    return PageForm(questionnaire, no_rules(questionnaire), page, answers=answers, today=TODAY, data=data)


def fields_to_post(form: PageForm, posted: Posted) -> dict[str, list[str]]:
    """What of `posted` has a place on the page, by the names of its fields; other pages have the rest."""
    found: dict[str, list[str]] = {}
    for ending, value in posted.items():
        every = form.questionnaire.by_link_id
        link_id = max((one for one in every if ending.startswith(one)), key=len, default="")
        if link_id in form.names:
            name = form.names[link_id] + ending.removeprefix(link_id)
            found[name] = [value] if isinstance(value, str) else list(value)
    return found


def html_of(form: PageForm) -> str:
    return str(render_crispy_form(form))


def fill(questionnaire: Questionnaire, posted: Posted) -> Answers:
    """Every page that is asked, in order, answered with what `posted` has for it; each must be accepted."""
    answers: Answers = {}
    for page in questionnaire.pages:
        on_page = {item.link_id for item in descendants(page.item) if item.is_question}
        if not on_page & asked(questionnaire, answers):
            continue
        form = page_form(questionnaire, page, answers, posted)
        html = html_of(page_form(questionnaire, page, answers))
        for link_id, name in form.names.items():
            assert f'name="{name}' in html, f"{link_id} is not on its page"
        assert form.is_valid(), form.errors
        answers = form.answers_with_this_page()
    return answers


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labelled: list[str] = []
        self.values: dict[str, list[str]] = {}
        """What a browser would post, by the names of the fields."""
        self.offered: dict[str, list[str]] = {}
        """What could be ticked, by the same names; [] for a field to write in."""
        self._writing = ""

    @property
    def names(self) -> set[str]:
        return set(self.offered)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "label":
            self.labelled.append(found.get("for", ""))
        if "id" in found:
            self.ids.append(found["id"])
        if tag not in ("input", "textarea"):
            return
        name, value = found.get("name", ""), found.get("value", "")
        values, offered = self.values.setdefault(name, []), self.offered.setdefault(name, [])
        if tag == "textarea":
            self._writing = name
            values.append("")
        elif found.get("type") in ("radio", "checkbox"):
            offered.append(value)
            values += [value] if "checked" in found else []
        else:
            values.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser leaves out the line end after the tag.
            self.values[self._writing][-1] = self.values[self._writing][-1].removeprefix("\n")
            self._writing = ""

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.values[self._writing][-1] += data


def fields_of(html: str) -> _Fields:
    fields = _Fields()
    fields.feed(html)
    return fields

"""A questionnaire that is filled in page by page through the real forms, without a browser or a database."""

import datetime
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from crispy_forms.utils import render_crispy_form
from django.http import QueryDict

from intake.definition_files import rules_without_any
from intake.forms import PageForm
from intake.journey import descendants
from intake.questionnaires.answers import Answers, asked
from intake.questionnaires.definition import Page, Questionnaire
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
    for ending, value in posted.items():
        link_id = max(
            (one for one in blank.names if ending.startswith(one)), key=len, default=""
        )  # another page has the others
        if link_id:
            name = blank.names[link_id] + ending.removeprefix(link_id)
            data.setlist(name, [value] if isinstance(value, str) else list(value))
    return PageForm(questionnaire, no_rules(questionnaire), page, answers=answers, today=TODAY, data=data)


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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "label":
            self.labelled.append(found.get("for") or "")
        if "id" in found:
            self.ids.append(found["id"] or "")
        if tag == "input":
            is_chosen = found.get("type") not in ("radio", "checkbox") or "checked" in found
            self.values.setdefault(found.get("name") or "", []).extend(
                [found.get("value") or ""] if is_chosen else []
            )


def fields_of(html: str) -> _Fields:
    fields = _Fields()
    fields.feed(html)
    return fields

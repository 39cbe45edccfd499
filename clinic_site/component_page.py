"""Every component of the site on one page, for whoever draws a new one. Served with CLINIC_DEBUG=1 alone."""

import datetime
from functools import lru_cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from intake import questionnaires
from intake.definition_files import check_definition, read_definition, read_rules_beside, rules_beside
from intake.forms import PageForm
from intake.questionnaires.answers import Answers
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.triage import Rules
from treatments.models import Article

SCREENING = Path(questionnaires.__file__).parent / "definitions" / "ketamine-screening.json"
# Pages of the screening that have, between them, each kind of question that it asks.
BLANK = ("pain", "pain-impact", "size", "tried")
WRONG = ("age", "about-you")
NOTHING_POSTED = {"shown": ""}
IN_ENGLISH: Answers = {"asked-in-translation": (False,)}  # else the instruments are left out
# The classes of components.css: a colour of tokens.css each.
COLOURS = [
    "paper",
    "card",
    "wash",
    "warm-wash",
    "line",
    "ink",
    "ink-2",
    "teal",
    "warm",
    "link",
    "visited",
    "control",
    "danger",
    "danger-wash",
    "success",
    "success-wash",
    "caution",
    "caution-wash",
]


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    questionnaire, rules = screening()
    today = timezone.localdate()
    context = {
        "colours": COLOURS,
        "blank": [form_of(questionnaire, rules, name, today) for name in BLANK],
        "wrong": [form_of(questionnaire, rules, name, today, posted=NOTHING_POSTED) for name in WRONG],
        "articles": Article.objects.published().in_brief()[:4],
    }
    return render(request, "clinic_site/components.html", context)


@lru_cache
def screening() -> tuple[Questionnaire, Rules]:
    questionnaire, rules = check_definition(read_definition(SCREENING), read_rules_beside(SCREENING))
    if rules is None:
        raise FileNotFoundError(rules_beside(SCREENING))
    return questionnaire, rules


def form_of(
    questionnaire: Questionnaire,
    rules: Rules,
    name: str,
    today: datetime.date,
    *,
    posted: dict[str, str] | None = None,
) -> PageForm:
    page = next(page for page in questionnaire.pages if page.slug == name)
    return PageForm(questionnaire, rules, page, answers=IN_ENGLISH, today=today, data=posted)

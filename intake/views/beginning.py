"""Before and beside the questions: the start page, "Is this for me?", and where help is in a crisis."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from intake.journey import Detour
from intake.questionnaires.definition import QuestionnaireRefused
from intake.questionnaires.triage import RulesRefused
from intake.views.shared import (
    current_draft,
    current_version,
    detour_of,
    journey_of,
    page_address,
    place_to_go_on,
)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the screening is, who reads it and when, and that nobody watches it live."""
    draft = current_draft(request)
    version = draft.questionnaire_version if draft else current_version()
    journey = journey_of(version, draft)
    context = {
        "draft": draft,
        "first_page": journey.pages[0],
        "following": place_to_go_on(draft) if draft and not draft.is_receipt else "",
        "time_needed": journey.length_in_words(),
    }
    return render(request, "intake/start.html", context)


@require_safe
def for_me(request: HttpRequest) -> HttpResponse:
    """Whom it may suit and what speaks against it, in general. Asks nothing, stores nothing, gives no verdict."""
    return render(request, "intake/for_me.html")


@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Where to turn when life feels unbearable. Works for anybody, with or without a draft; never limited."""
    draft, detour = current_draft(request), detour_of(request)
    try:
        journey = journey_of(draft.questionnaire_version, draft) if draft and not draft.is_receipt else None
    except (QuestionnaireRefused, RulesRefused):  # whatever else is broken, this page is there
        journey = None
    following = journey.next_to_see(detour or Detour()) if journey else None
    context = {
        "crisis_level": journey.crisis_level if journey else "",
        "has_draft": journey is not None,
        "following": page_address(following, detour) if following else reverse("intake:check"),
    }
    return render(request, "intake/support.html", context)

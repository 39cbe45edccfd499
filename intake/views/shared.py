"""What the views share."""

import datetime
import math

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from intake import actions
from intake.cookies import read_secret
from intake.journey import Detour, Journey
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.answers import Answers
from intake.questionnaires.definition import Page
from intake.secret import reference_of

SCREENING = "ketamine-screening"  # the questionnaire behind /screening/


def current_version() -> QuestionnaireVersion:
    version = QuestionnaireVersion.objects.current(SCREENING)
    if version is None:
        raise Http404("No screening is published.")
    return version


def current_draft(request: HttpRequest) -> Draft | None:
    """This browser's form or receipt. An unsent form goes on in the language of the address."""
    secret = read_secret(request)
    draft = actions.find_draft(secret, at=timezone.now()) if secret else None
    if (
        secret
        and draft
        and not draft.is_receipt
        and draft.language != draft.questionnaire_version.language_shown
    ):
        try:
            return actions.change_language(secret=secret, at=timezone.now())
        except actions.DraftGone:  # deleted in another window meanwhile
            return None
    return draft


def journey_of(version: QuestionnaireVersion, draft: Draft | None) -> Journey:
    answers: Answers = draft.answers if draft else actions.site_answers(version)
    return Journey(version, answers, timezone.localdate())


def detour_of(request: HttpRequest) -> Detour | None:
    return Detour.from_text(request.GET.get("return") or request.POST.get("return", ""))


def page_address(questions: Page, detour: Detour | None) -> str:
    return reverse("intake:page", args=[questions.slug], query=in_address(detour))


def place_to_go_on(draft: Draft) -> str:
    """The address where somebody goes on who stopped: an open page, else the check page."""
    place = journey_of(draft.questionnaire_version, draft).place_to_resume()
    return page_address(place, None) if place else reverse("intake:check")


def in_address(detour: Detour | None) -> dict[str, str]:
    return {"return": str(detour)} if detour else {}


def no_form_here(request: HttpRequest) -> HttpResponse:
    """This browser has no draft: what may have happened, and the ways on."""
    return render(request, "intake/not_found_here.html", status=409 if request.method == "POST" else 200)


def already_sent(request: HttpRequest, receipt: Draft) -> HttpResponse:
    """A receipt takes no more answers, and says so."""
    secret, is_change = read_secret(request), request.method == "POST"
    context = {
        "draft": receipt,
        "reference": reference_of(secret.submission_id) if secret else "",
        "is_change": is_change,
    }
    return render(request, "intake/already_sent.html", context, status=409 if is_change else 200)


def try_later(request: HttpRequest, until: datetime.datetime) -> HttpResponse:
    """Too many tries: when to try again, whom to call, and where help is in a crisis."""
    response = render(request, "intake/try_later.html", {"again_at": until}, status=429)
    response["Retry-After"] = str(math.ceil((until - timezone.now()).total_seconds()))
    return response

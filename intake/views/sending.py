"""Everything once more, the sending, and what the sender is told afterwards."""

import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic_site.clinic import current_clinic, next_opening
from intake import actions
from intake.cookies import read_secret
from intake.models import Draft
from intake.questionnaires.answers import as_seen
from intake.secret import reference_of
from intake.views.shared import current_draft, journey_of, no_form_here


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Everything once more, with a way to change each answer; sending is the POST."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None:
        return no_form_here(request)
    if draft.is_receipt:
        return redirect("intake:done")
    if request.method != "POST":
        return render_check(request, draft)
    # What is sent is what this page showed: another window may have changed an answer since.
    if request.POST.get("as_of", as_of(draft)) != as_of(draft):
        return render_check(request, draft, has_changed=True)
    try:
        actions.submit(secret=secret, based_on=draft.revision, at=timezone.now())
    except actions.ChangedElsewhere as changed:
        return render_check(request, changed.draft, has_changed=True)
    except actions.DraftGone:
        return no_form_here(request)
    except actions.NotComplete:
        return render_check(request, current_draft(request) or draft)
    except actions.NotConfirmed:
        return render(request, "intake/not_confirmed.html", {"as_of": as_of(draft)}, status=503)
    return redirect("intake:done")


def render_check(request: HttpRequest, draft: Draft, *, has_changed: bool = False) -> HttpResponse:
    journey = journey_of(draft.questionnaire_version, draft)
    context = {
        "draft": draft,
        "as_of": as_of(draft),
        "has_changed": has_changed,
        "pages": as_seen(draft.questionnaire_version.definition, journey.answers),
        "unfinished": [questions for questions in journey.pages if journey.has_problem(questions)],
        "crisis_level": journey.crisis_level,
        "last_page": journey.pages[-1],
    }
    return render(request, "intake/check.html", context, status=422 if request.method == "POST" else 200)


def as_of(draft: Draft) -> str:
    return str(draft.revision)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The receipt: the reference, when somebody will read it, and what to do until then."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or not draft.is_receipt:
        return no_form_here(request)
    journey = journey_of(draft.questionnaire_version, draft)
    return render(
        request,
        "intake/done.html",
        {
            "draft": draft,
            "reference": reference_of(secret.submission_id),
            "read_from": reading_time(draft),
            "crisis_level": journey.crisis_level,
        },
    )


def reading_time(receipt: Draft) -> datetime.datetime | None:
    """When somebody next reads forms, counted from the sending; None where the clinic entered no hours."""
    clinic = current_clinic()
    if receipt.sent_at is None or clinic.pk is None:
        return None
    holidays = [holiday.day for holiday in clinic.holidays.all()]
    return next_opening(clinic.opening_hours.all(), holidays, now=timezone.localtime(receipt.sent_at))

"""Everything once more, the sending, and what the sender is told and may keep afterwards."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.views.decorators.http import require_http_methods, require_safe

from clinic_site.clinic import Clinic, current_clinic
from intake import actions, consent, visits
from intake.cookies import read_secret
from intake.models import Draft
from intake.models.draft import RECEIPT_ANSWERS_LIFETIME
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
    clinic = current_clinic()
    if request.POST.get("as_of", as_of(draft, clinic)) != as_of(draft, clinic):
        return render_check(request, draft, has_changed=True)
    try:
        actions.submit(
            secret=secret,
            based_on=draft.revision,
            consent=consent.shown(clinic.name),
            fell_for_trap=visits.fell_for_trap(request),
            at=timezone.now(),
        )
    except actions.ChangedElsewhere as changed:
        return render_check(request, changed.draft, has_changed=True)
    except actions.DraftGone:
        return no_form_here(request)
    except actions.NotComplete:
        return render_check(request, current_draft(request) or draft)
    except actions.NotConfirmed:
        return render(request, "intake/not_confirmed.html", {"as_of": as_of(draft, clinic)}, status=503)
    return redirect("intake:done")


def render_check(request: HttpRequest, draft: Draft, *, has_changed: bool = False) -> HttpResponse:
    journey, clinic = journey_of(draft.questionnaire_version, draft), current_clinic()
    context = {
        "clinic": clinic,
        "draft": draft,
        "as_of": as_of(draft, clinic),
        "trap": visits.TRAP,
        "has_changed": has_changed,
        "pages": as_seen(draft.questionnaire_version.definition, journey.answers),
        "unfinished": [questions for questions in journey.pages if journey.has_problem(questions)],
        "crisis_level": journey.crisis_level,
        "last_page": journey.pages[-1],
        "consent_points": consent.points(clinic.name),
    }
    return render(request, "intake/check.html", context, status=422 if request.method == "POST" else 200)


def as_of(draft: Draft, clinic: Clinic) -> str:
    """Names the answers and the words of agreement that a check page showed."""
    return f"{draft.revision}/{consent.mark(clinic.name)}"


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The receipt: the reference, when somebody will read it, and what to do until then."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.sent_at is None:
        return no_form_here(request)
    clinic = current_clinic()
    context = {
        "clinic": clinic,
        "draft": draft,
        "reference": reference_of(secret.submission_id),
        "read_from": clinic.next_reading(draft.sent_at),
        "copy_until": draft.sent_at + RECEIPT_ANSWERS_LIFETIME if draft.answers else None,
        "crisis_level": journey_of(draft.questionnaire_version, draft).crisis_level,
    }
    return render(request, "intake/done.html", context)


@require_safe
def copy(request: HttpRequest) -> HttpResponse:
    """What was sent, as a page to print or to keep, for a day after sending. It is never mailed."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.sent_at is None:
        return no_form_here(request)
    with override(draft.language):  # as it was sent, whatever language the page around it is in
        pages = as_seen(draft.questionnaire_version.definition, draft.answers) if draft.answers else ()
    context = {
        "clinic": current_clinic(),
        "draft": draft,
        "reference": reference_of(secret.submission_id),
        "copy_until": draft.sent_at + RECEIPT_ANSWERS_LIFETIME,
        "pages": pages,
        "language_sent": draft.language if draft.language != get_language() else "",
    }
    return render(request, "intake/copy.html", context, status=200 if draft.answers else 410)

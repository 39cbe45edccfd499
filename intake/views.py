"""The patient's pages, in the order in which they are met."""

import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic_site.clinic import current_clinic, next_opening
from intake import actions, storage
from intake.cookies import forget_secret, keep_secret, read_secret
from intake.forms import PageForm
from intake.journey import Journey
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.answers import Answers, as_seen
from intake.questionnaires.definition import Page
from intake.questionnaires.triage import gate
from intake.secret import CodeMistyped, Secret, reference_of

SCREENING = "ketamine-screening"  # the questionnaire behind /screening/


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the screening is, who reads it and when, and that nobody watches it live."""
    draft = current_draft(request)
    version = draft.questionnaire_version if draft else current_version()
    journey = journey_of(version, draft)
    return render(
        request,
        "intake/start.html",
        {"draft": draft, "first_page": journey.pages[0], "time_needed": journey.time_in_words(journey.pages)},
    )


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of questions: shown, judged, saved, and on to the next."""
    secret, draft = read_secret(request), current_draft(request)
    if draft and draft.is_receipt:
        return already_sent(request, draft)
    version = draft.questionnaire_version if draft else current_version()
    questions = find_page_or_404(version, slug)
    journey = journey_of(version, draft)
    if draft is None and questions != version.definition.pages[0]:
        return render(request, "intake/not_found_here.html", status=409 if request.method == "POST" else 200)
    if questions not in journey.pages:
        return go_on(journey, questions)
    if request.method != "POST":
        return render_page(request, journey, page_form(journey, questions))

    form = page_form(journey, questions, data=request.POST)
    is_valid = form.is_valid()
    if closed := gate(version.definition, version.rules, form.answers_with_this_page(), today=journey.today):
        return render(request, f"intake/outcomes/{closed}.html", {"draft": draft, "page": questions})
    try:
        # What is right is kept even when something else on the page is not.
        if secret and draft:
            actions.save_page(
                secret=secret, answers=form.page_answers(), cleared=form.cleared(), at=timezone.now()
            )
        elif is_valid:
            draft, secret = actions.start_draft(
                version=version, answers=form.page_answers(), at=timezone.now()
            )
    except actions.AlreadySent as sent:
        return already_sent(request, sent.receipt)
    except actions.DraftGone:
        return render(request, "intake/not_found_here.html", status=409)
    if not is_valid:
        return render_page(request, journey, form, status=422)
    journey = Journey(version, {**journey.answers, **form.answers_with_this_page()}, journey.today)
    return saved_and_on(request, journey, questions, secret)


def saved_and_on(
    request: HttpRequest, journey: Journey, questions: Page, secret: Secret | None
) -> HttpResponse:
    """After a page was saved: to the crisis panel at once if an answer calls for it, else onwards."""
    if journey.calls_for_support(questions):
        response: HttpResponse = redirect("intake:support")
    else:
        response = go_on(journey, questions, to_check=request.POST.get("return") == "check")
    if secret:
        keep_secret(response, secret)
    return response


def go_on(journey: Journey, questions: Page, *, to_check: bool = False) -> HttpResponse:
    """To the next page; somebody who came from the check page goes back there unless something new is open."""
    following = journey.first_unfinished() if to_check else journey.after(questions)
    return redirect("intake:page", slug=following.slug) if following else redirect("intake:check")


@never_cache
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Where to turn when life feels unbearable. Works for anybody, with or without a draft; never limited."""
    draft = current_draft(request)
    journey = journey_of(draft.questionnaire_version, draft) if draft and not draft.is_receipt else None
    return render(
        request,
        "intake/support.html",
        {
            "crisis_level": journey.crisis_level if journey else "",
            "has_draft": journey is not None,
            "is_sent": bool(draft and draft.is_receipt),
            "following": journey.first_unfinished() if journey else None,
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Everything once more, with a way to change each answer; sending is the POST."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None:
        return render(request, "intake/not_found_here.html", status=409 if request.method == "POST" else 200)
    if draft.is_receipt:
        return redirect("intake:done")
    journey = journey_of(draft.questionnaire_version, draft)
    if request.method == "POST" and not journey.problems:
        try:
            actions.submit(secret=secret, at=timezone.now())
        except actions.DraftGone:
            return render(request, "intake/not_found_here.html", status=409)
        return redirect("intake:done")
    unfinished = [questions for questions in journey.pages if journey.has_problem(questions)]
    return render(
        request,
        "intake/check.html",
        {
            "draft": draft,
            "pages": as_seen(draft.questionnaire_version.definition, journey.answers),
            "unfinished": unfinished,
            "crisis_level": journey.crisis_level,
            "last_page": journey.pages[-1],
        },
        status=422 if request.method == "POST" else 200,
    )


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The receipt: the reference, when somebody will read it, and what to do until then."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or not draft.is_receipt:
        return render(request, "intake/not_found_here.html")
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


@never_cache
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Stop for now: the code is shown once more and the browser forgets it."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.is_receipt:
        return redirect("intake:start")
    response = render(request, "intake/leave.html", {"draft": draft, "code": secret.code})
    forget_secret(response)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Come back with the code."""
    typed, error = request.POST.get("code", "")[:200], ""
    if request.method == "POST":
        try:
            secret = Secret.from_code(typed)
        except CodeMistyped as mistyped:
            error = str(mistyped)
        else:
            draft = actions.find_draft(secret, at=timezone.now())
            if draft:
                response = resumed(draft)
                keep_secret(response, secret)
                return response
            error = "There is no saved form under this code. Saved forms are deleted after 30 days without a change."
    return render(
        request, "intake/resume.html", {"typed": typed, "error": error}, status=422 if error else 200
    )


def resumed(draft: Draft) -> HttpResponse:
    if draft.is_receipt:
        return redirect("intake:done")
    unfinished = journey_of(draft.questionnaire_version, draft).first_unfinished()
    return redirect("intake:page", slug=unfinished.slug) if unfinished else redirect("intake:check")


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """A new screening in this browser; what was sent stays sent."""
    response = redirect("intake:page", slug=current_version().definition.pages[0].slug)
    forget_secret(response)
    return response


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Delete what was typed and not sent."""
    secret = read_secret(request)
    if secret:
        actions.discard_draft(secret=secret)
    response = render(request, "intake/deleted.html")
    forget_secret(response)
    return response


# What the views share


def current_version() -> QuestionnaireVersion:
    version = QuestionnaireVersion.objects.current(SCREENING)
    if version is None:
        raise Http404("No screening is published.")
    return version


def current_draft(request: HttpRequest) -> Draft | None:
    secret = read_secret(request)
    return actions.find_draft(secret, at=timezone.now()) if secret else None


def journey_of(version: QuestionnaireVersion, draft: Draft | None) -> Journey:
    answers: Answers = storage.read_draft(draft) if draft else actions.site_answers(version)
    return Journey(version, answers, timezone.localdate())


def find_page_or_404(version: QuestionnaireVersion, slug: str) -> Page:
    for questions in version.definition.pages:
        if questions.slug == slug:
            return questions
    raise Http404("No such page in the screening.")


def page_form(journey: Journey, questions: Page, data: object = None) -> PageForm:
    return PageForm(
        journey.version.definition,
        journey.version.rules,
        questions,
        answers=journey.answers,
        today=journey.today,
        data=data,  # type: ignore[arg-type]
    )


def render_page(request: HttpRequest, journey: Journey, form: PageForm, status: int = 200) -> HttpResponse:
    return render(
        request,
        "intake/page.html",
        {
            "form": form,
            "page": form.page,
            "caption": journey.place_in_words(form.page),
            "back": journey.before(form.page),
            "return_to": request.GET.get("return") or request.POST.get("return", ""),
            "has_draft": read_secret(request) is not None,
        },
        status=status,
    )


def already_sent(request: HttpRequest, receipt: Draft) -> HttpResponse:
    """A receipt takes no more answers, and says so."""
    secret = read_secret(request)
    reference = reference_of(secret.submission_id) if secret else ""
    return render(request, "intake/already_sent.html", {"draft": receipt, "reference": reference}, status=409)


def reading_time(receipt: Draft) -> datetime.datetime | None:
    """When somebody next reads forms, counted from the sending; None where the clinic entered no hours."""
    clinic = current_clinic()
    if receipt.sent_at is None or clinic.pk is None:
        return None
    holidays = [holiday.day for holiday in clinic.holidays.all()]
    return next_opening(clinic.opening_hours.all(), holidays, now=timezone.localtime(receipt.sent_at))

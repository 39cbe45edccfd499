"""The patient's pages, in the order in which they are met."""

import datetime
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic_site.clinic import current_clinic, next_opening
from intake import actions
from intake.cookies import forget_secret, keep_secret, read_secret
from intake.forms import PageForm
from intake.journey import Detour, Journey
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.answers import Answers, as_seen
from intake.questionnaires.definition import Page, QuestionnaireRefused
from intake.questionnaires.triage import RulesRefused, gate
from intake.secret import CodeMistyped, Secret, reference_of

SCREENING = "ketamine-screening"  # the questionnaire behind /screening/
NO_SUCH_CODE = (
    "There is no saved form under this code. Saved forms are deleted after 30 days without a change."
)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the screening is, who reads it and when, and that nobody watches it live."""
    draft = current_draft(request)
    version = draft.questionnaire_version if draft else current_version()
    journey = journey_of(version, draft)
    return render(
        request,
        "intake/start.html",
        {"draft": draft, "first_page": journey.pages[0], "time_needed": journey.length_in_words()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of questions: shown, judged, saved, and on to the next."""
    secret, draft = read_secret(request), current_draft(request)
    if draft and draft.is_receipt:
        return already_sent(request, draft)
    version = draft.questionnaire_version if draft else current_version()
    questions = find_page_or_404(version, slug)
    journey = journey_of(version, draft)
    if draft is None and questions != journey.pages[0]:
        return no_form_here(request)
    if questions not in journey.pages:
        return go_on(journey, questions, detour_of(request))
    if request.method != "POST":
        return render_page(request, journey, page_form(journey, questions), draft)

    form = page_form(journey, questions, data=request.POST)
    is_valid = form.is_valid()
    answers, cleared = form.page_answers(), form.cleared()
    closed = gate(version.definition, version.rules, form.answers_with_this_page(), today=journey.today)
    if closed:  # nothing of this page is kept, so that the form cannot be sent as if nothing had been said
        answers, cleared = {}, set(form.names)
    try:
        # What is right is kept even when something else on the page is not.
        if secret and draft:
            actions.save_page(
                secret=secret,
                page=slug,
                answers=answers,
                cleared=cleared,
                based_on=shown_revision(request),
                at=timezone.now(),
            )
        elif is_valid and not closed:
            draft, secret = actions.start_draft(
                version=version, page=slug, answers=answers, at=timezone.now()
            )
    except actions.AlreadySent as sent:
        return already_sent(request, sent.receipt)
    except actions.ChangedElsewhere as changed:
        return render_both(request, changed.draft, questions)
    except actions.DraftGone:
        return no_form_here(request)
    if closed:
        return render(request, f"intake/outcomes/{closed}.html", {"draft": draft, "page": questions})
    after = Journey(version, form.answers_with_this_page(), journey.today)
    if not is_valid:
        return render_page(request, journey, form, draft, crisis_level=level_on(after, questions))
    response = onwards(request, journey, after, form)
    if secret:
        keep_secret(response, secret)
    return response


def onwards(request: HttpRequest, before: Journey, after: Journey, form: PageForm) -> HttpResponse:
    """After a page was saved: to the crisis panel at once if an answer calls for it, else to the next page."""
    detour = detour_of(request)
    if detour:
        detour = after.after_change(form.page, detour, before)
    has_withdrawn = before.crisis_level and not after.crisis_level  # still a moment to show where help is
    if has_withdrawn or after.calls_for_support(form.page):
        return redirect(reverse("intake:support", query=in_address(detour)))
    if not {item.link_id for item in after.questions(form.page)} <= set(form.names):
        # An answer opened a question on the same page.
        return redirect(page_address(form.page, detour))
    return go_on(after, form.page, detour)


def go_on(journey: Journey, questions: Page, detour: Detour | None) -> HttpResponse:
    """To the next page; somebody who came from the check page goes back there unless something new is open."""
    following = journey.next_to_see(detour) if detour else journey.after(questions)
    if following is None:
        return redirect("intake:check")
    return redirect(page_address(following, detour))


def detour_of(request: HttpRequest) -> Detour | None:
    return Detour.from_text(request.GET.get("return") or request.POST.get("return", ""))


def page_address(questions: Page, detour: Detour | None) -> str:
    return reverse("intake:page", args=[questions.slug], query=in_address(detour))


def in_address(detour: Detour | None) -> dict[str, str]:
    return {"return": str(detour)} if detour else {}


@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Where to turn when life feels unbearable. Works for anybody, with or without a draft; never limited."""
    draft, detour = current_draft(request), detour_of(request)
    try:
        journey = journey_of(draft.questionnaire_version, draft) if draft and not draft.is_receipt else None
    except (QuestionnaireRefused, RulesRefused):  # whatever else is broken, this page is there
        journey = None
    following = journey.next_to_see(detour or Detour()) if journey else None
    return render(
        request,
        "intake/support.html",
        {
            "crisis_level": journey.crisis_level if journey else "",
            "has_draft": journey is not None,
            "following": page_address(following, detour) if following else reverse("intake:check"),
        },
    )


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


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Stop for now. The code is shown; only the POST makes the browser forget it, and shows it once more."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.is_receipt:
        return redirect("intake:start")
    has_left = request.method == "POST"
    response = render(
        request, "intake/leave.html", {"draft": draft, "code": secret.code, "has_left": has_left}
    )
    if has_left:
        forget_secret(response)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Come back with the code."""
    if request.method != "POST":
        return render(request, "intake/resume.html")
    typed, open_here = request.POST.get("code", "")[:200], current_draft(request)
    try:
        secret = Secret.from_code(typed)
        draft = actions.find_draft(secret, at=timezone.now())
        error = "" if draft else NO_SUCH_CODE
    except CodeMistyped as mistyped:
        draft, error = None, str(mistyped)
    if draft is None:
        return render(request, "intake/resume.html", {"typed": typed, "error": error}, status=422)
    if open_here and open_here.pk != draft.pk and not open_here.is_receipt and "anyway" not in request.POST:
        other = read_secret(request)
        context = {"typed": typed, "other_code": other.code if other else ""}
        return render(request, "intake/resume.html", context, status=409)
    response = resumed(draft)
    keep_secret(response, secret)
    return response


def resumed(draft: Draft) -> HttpResponse:
    if draft.is_receipt:
        return redirect("intake:done")
    place = journey_of(draft.questionnaire_version, draft).place_to_resume()
    return redirect("intake:page", slug=place.slug) if place else redirect("intake:check")


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """A new screening in this browser; what was sent stays sent, and what is unfinished is not thrown away."""
    draft = current_draft(request)
    if draft and not draft.is_receipt:
        return redirect("intake:start")
    response = redirect("intake:page", slug=journey_of(current_version(), None).pages[0].slug)
    forget_secret(response)
    return response


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Delete what was typed and not sent."""
    secret = read_secret(request)
    if secret:
        try:
            actions.discard_draft(secret=secret, at=timezone.now())
        except actions.AlreadySent as sent:
            return already_sent(request, sent.receipt)
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
    answers: Answers = draft.answers if draft else actions.site_answers(version)
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


def render_page(
    request: HttpRequest,
    journey: Journey,
    form: PageForm,
    draft: Draft | None,
    *,
    crisis_level: str = "",
    elsewhere: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    context = {
        "form": form,
        "page": form.page,
        "caption": journey.place_in_words(form.page),
        "back": journey.before(form.page),
        "detour": detour_of(request),
        "has_draft": draft is not None,
        "revision": draft.revision if draft else 0,
        "crisis_level": crisis_level,
        "elsewhere": elsewhere,
    }
    status = 409 if elsewhere else 422 if form.errors else 200
    return render(request, "intake/page.html", context, status=status)


def shown_revision(request: HttpRequest) -> int | None:
    """The draft's revision when the page was opened; None from a client that does not say."""
    written = request.POST.get("revision", "")
    return int(written) if written.isdecimal() and len(written) < 10 else None


def render_both(request: HttpRequest, draft: Draft, questions: Page) -> HttpResponse:
    """Two windows answered the same page: what was just typed stands in it, what the other saved stands above."""
    journey = journey_of(draft.questionnaire_version, draft)
    form = page_form(journey, questions, data=request.POST)
    differing = form.answers_that_differ()
    after = Journey(draft.questionnaire_version, form.answers_with_this_page(), journey.today)
    return render_page(
        request, journey, form, draft, crisis_level=level_on(after, questions), elsewhere=differing
    )


def level_on(after: Journey, questions: Page) -> str:
    """Which crisis panel the answers on this page call for, "" for none."""
    return after.crisis_level if after.calls_for_support(questions) else ""


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


def reading_time(receipt: Draft) -> datetime.datetime | None:
    """When somebody next reads forms, counted from the sending; None where the clinic entered no hours."""
    clinic = current_clinic()
    if receipt.sent_at is None or clinic.pk is None:
        return None
    holidays = [holiday.day for holiday in clinic.holidays.all()]
    return next_opening(clinic.opening_hours.all(), holidays, now=timezone.localtime(receipt.sent_at))

"""The pages of questions."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from intake import actions, visits
from intake.cookies import is_own_device, keep_secret, read_secret
from intake.forms import SHOWN, PageForm
from intake.journey import Detour, Journey
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.definition import Page
from intake.questionnaires.triage import gate
from intake.same_day import answers_as_shown
from intake.secret import Secret
from intake.views.shared import (
    already_sent,
    current_draft,
    current_version,
    detour_of,
    in_address,
    journey_of,
    no_form_here,
    page_address,
    try_later,
)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of questions: shown, judged, saved, and on to the next."""
    secret, draft = read_secret(request), current_draft(request)
    if draft and draft.is_receipt:
        return already_sent(request, draft)
    if secret and draft and request.method != "POST":
        try:
            draft = actions.follow_the_hours(secret=secret, draft=draft, at=timezone.now())
        except actions.DraftGone:
            return no_form_here(request)
    elif draft:
        draft.answers = answers_as_shown(draft, request.POST.getlist(SHOWN))
    version = draft.questionnaire_version if draft else current_version()
    questions = find_page_or_404(version, slug)
    journey = journey_of(version, draft)
    if draft is None and questions != journey.pages[0]:
        return no_form_here(request)
    if questions not in journey.pages:
        return go_on(journey, questions, detour_of(request))
    if request.method == "POST":
        return save(request, journey, questions, secret, draft)
    return render_page(request, journey, page_form(journey, questions), draft)


def save(
    request: HttpRequest, journey: Journey, questions: Page, secret: Secret | None, draft: Draft | None
) -> HttpResponse:
    """What is right is kept even when something else on the page is not."""
    version, form = journey.version, page_form(journey, questions, data=request.POST)
    is_valid = form.is_valid()
    answers, cleared = form.page_answers(), form.cleared()
    closed = gate(version.definition, version.rules, form.answers_with_this_page(), today=journey.today)
    if closed:  # nothing of this page is kept, so that the form cannot be sent as if nothing had been said
        answers, cleared = {}, set(form.names)
    try:
        if secret and draft:
            draft = actions.save_page(
                secret=secret,
                page=questions.slug,
                answers={**journey.of_the_site, **answers},
                cleared=cleared,
                based_on=shown_revision(request),
                at=timezone.now(),
            )
        elif (is_valid or answers) and not closed:
            if too_many := visits.too_many_starts(request, at=timezone.now()):
                return try_later(request, too_many)
            draft, secret = actions.start_draft(
                version=version, page=questions.slug, answers=answers, at=timezone.now()
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
    if "stop" in request.POST and secret:
        response = stop(after, questions)
    elif is_valid:
        response = onwards(request, journey, after, form)
    else:
        response = render_page(request, journey, form, draft, crisis_level=level_on(after, questions))
    if secret:
        keep_secret(response, secret, is_own_device=is_own_device(request))
    return response


def stop(after: Journey, questions: Page) -> HttpResponse:
    """What is right on the page was saved, and what is missing can wait; help in a crisis cannot."""
    return redirect("intake:support" if after.calls_for_support(questions) else "intake:leave")


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


def page_form(journey: Journey, questions: Page, data: object = None) -> PageForm:
    return PageForm(
        journey.version.definition,
        journey.version.rules,
        questions,
        answers=journey.answers,
        today=journey.today,
        data=data,  # type: ignore[arg-type]
    )


def find_page_or_404(version: QuestionnaireVersion, slug: str) -> Page:
    for questions in version.definition.pages:
        if questions.slug == slug:
            return questions
    raise Http404("No such page in the screening.")


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
        "draft": draft,
        "code": code_to_offer(request, draft, form.page),
        "revision": draft.revision if draft else 0,
        "crisis_level": crisis_level,
        "elsewhere": elsewhere,
    }
    status = 409 if elsewhere else 422 if form.errors else 200
    return render(request, "intake/page.html", context, status=status)


def code_to_offer(request: HttpRequest, draft: Draft | None, questions: Page) -> str:
    """The code, on the page that follows the first one saved; later it stands behind "Stop and come back later"."""
    secret = read_secret(request)
    is_second = bool(draft and len(draft.changed) == 1 and questions.slug not in draft.changed)
    return secret.code if secret and is_second else ""


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

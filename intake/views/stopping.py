"""Stopping, coming back with the code, beginning anew, and deleting what was typed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from intake import actions
from intake.cookies import forget_secret, keep_secret, read_secret
from intake.models import Draft
from intake.secret import CodeMistyped, Secret
from intake.views.shared import already_sent, current_draft, current_version, journey_of

NO_SUCH_CODE = (
    "There is no saved form under this code. Saved forms are deleted after 30 days without a change."
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

"""Stopping: the code and the ways to keep it, what this browser keeps, and deleting what was typed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from intake import actions, resume_mail, visits
from intake.cookies import forget_secret, is_own_device, keep_secret, read_secret
from intake.forms import EmailForm
from intake.models import Draft
from intake.secret import Secret
from intake.views.shared import (
    already_sent,
    current_draft,
    current_version,
    journey_of,
    place_to_go_on,
    try_later,
)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Stop for now. The code is shown; only the POST makes the browser forget it, and shows it once more."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.is_receipt:
        return redirect("intake:start")
    has_left = request.method == "POST"
    response = render_code(request, draft, secret, has_left=has_left)
    if has_left:
        forget_secret(response)
    return response


@require_POST
def mail_link(request: HttpRequest) -> HttpResponse:
    """Mail the way back. The address is used for this one letter and kept nowhere."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.is_receipt:
        return redirect("intake:start")
    form = EmailForm(request.POST)
    if not form.is_valid():
        return render_code(request, draft, secret, form=form, status=422)
    if too_many := visits.too_many_mails(request, draft, at=timezone.now()):
        return try_later(request, too_many)
    try:
        resume_mail.send(
            to=form.cleaned_data["email"], link=resume_link(request, secret), expires_at=draft.expires_at
        )
    except resume_mail.NotMailed:
        return render_code(request, draft, secret, form=form, mailed="failed", status=503)
    return render_code(request, draft, secret, mailed="sent")


@require_POST
def own_device(request: HttpRequest) -> HttpResponse:
    """Keep the form open in this browser for thirty days, because nobody else uses it."""
    secret, draft = read_secret(request), current_draft(request)
    if secret is None or draft is None or draft.is_receipt:
        return redirect("intake:start")
    response = redirect("intake:leave")
    keep_secret(response, secret, is_own_device=True)
    return response


def render_code(
    request: HttpRequest,
    draft: Draft,
    secret: Secret,
    *,
    has_left: bool = False,
    form: EmailForm | None = None,
    mailed: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "draft": draft,
        "code": secret.code,
        "link": resume_link(request, secret),
        "following": place_to_go_on(draft),
        "has_left": has_left,
        "is_own_device": is_own_device(request),
        "can_mail": resume_mail.is_possible(),
        "form": form or EmailForm(),
        "mailed": mailed,
    }
    return render(request, "intake/leave.html", context, status=status)


def resume_link(request: HttpRequest, secret: Secret) -> str:
    """The code stands behind the #: a browser sends that part to no server, so no log has it."""
    return f"{request.build_absolute_uri(reverse('intake:resume'))}#{secret.code}"


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """A new screening in this browser; what was sent stays sent, and what is unfinished is not thrown away."""
    draft = current_draft(request)
    if draft and not draft.is_receipt:
        return redirect("intake:start")
    response = redirect("intake:page", slug=journey_of(current_version(), None).pages[0].slug)
    forget_secret(response)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Delete what was typed and not sent: asked once more, then done."""
    secret = read_secret(request)
    if request.method != "POST":
        draft = current_draft(request)
        if draft is None or draft.is_receipt:
            return redirect("intake:start")
        return render(request, "intake/delete.html", {"draft": draft})
    if secret:
        try:
            actions.discard_draft(secret=secret, at=timezone.now())
        except actions.AlreadySent as sent:
            return already_sent(request, sent.receipt)
    response = render(request, "intake/deleted.html")
    forget_secret(response)
    return response

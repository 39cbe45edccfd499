"""Where a member of staff is signed in: a list of their own sessions, and what the idle warning asks."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clinic_site import audit
from clinic_site.sessions import StaffSession, end_sessions


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    sessions = StaffSession.objects.of_account(own_number(request)).living().order_by("-last_seen_at")
    context = {
        **admin.site.each_context(request),
        "title": "Where you are signed in",
        "sessions": sessions,
        "this": own_hash(request),
        "idle_minutes": settings.SESSION_IDLE // 60,
        "longest_hours": settings.SESSION_COOKIE_AGE // 3600,
    }
    return TemplateResponse(request, "admin/accounts/sessions.html", context)


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """One of one's other sessions, or all of them. Signing out ends the one that is used."""
    mine, which = own_number(request), request.POST.get("session", "")
    audit.write(audit.Action.ACCOUNT, by=request.user.get_username(), detail=f"sessions ended user_{mine}")
    if which:
        others = StaffSession.objects.of_account(mine).exclude(session_key=own_hash(request))
        ended, _ = others.filter(session_key=which).delete()
    else:
        ended = end_sessions(mine, but=own_hash(request))
    messages.success(request, f"Ended: {ended}." if ended else "There was nothing to end any more.")
    return redirect("sessions")


@never_cache
@require_safe
def time_left(request: HttpRequest) -> HttpResponse:
    """Seconds until this session ends, 0 where nobody is signed in. The script that asks says that nobody is there."""
    if not request.user.is_authenticated:
        return JsonResponse({"seconds": 0})
    found = StaffSession.objects.filter(session_key=own_hash(request)).first()
    seconds = int((found.expire_date - timezone.now()).total_seconds()) if found else 0
    # After signing in again in another tab, what was typed in this one can still be sent: with the new token.
    return JsonResponse({"seconds": seconds, "account": request.user.pk, "token": get_token(request)})


@never_cache
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody is there. The middleware begins the idle clock anew, as for any page."""
    return JsonResponse({"seconds": request.session.get_expiry_age()})


def own_number(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def own_hash(request: HttpRequest) -> str:
    session: Any = request.session  # of session_store.py
    return str(session.key_hash)


def own_urls() -> list[Any]:
    """Below admin/sessions/; who is not signed in is asked to, but for `time_left`, which tells them so."""
    guarded = admin.site.admin_view
    return [
        path("", guarded(session_list), name="sessions"),
        path("end/", guarded(end_others), name="sessions_end"),
        path("stay/", guarded(stay), name="sessions_stay"),
        path("left/", time_left, name="sessions_left"),
    ]

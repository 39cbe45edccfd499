"""Signing in: the password, then the second step; or a passkey for both. Before that nobody is signed in.

After the right password the session only remembers, for ten minutes, whose it was. `login` is called when the second
step was used or set up. In a demonstration (CLINIC_DEMO=1) the password is enough.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME, login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clinic_site import audit
from clinic_site.accounts import guessing, second_step
from clinic_site.limits import Allowance
from clinic_site.login_events import existing_account, write_wrong_second_step
from clinic_site.staff_access import UNSENT, is_ours, note_second_step

HALF_WAY = "half_way"  # in the session: who knew the password, when, and where they want to go
PATIENCE = 10 * 60  # seconds from the password to the second step

only_get_and_post = require_http_methods(["GET", "HEAD", "POST"])


class PasswordForm(AdminAuthenticationForm):
    error_messages = {
        "invalid_login": "That name and password do not fit together. Both tell capital letters from small ones.",
        "inactive": "That name and password do not fit together. Both tell capital letters from small ones.",
    }


@sensitive_post_parameters("password")
@never_cache
@csrf_protect
@only_get_and_post
def sign_in(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """In place of the admin's own page."""
    onward = wanted(request)
    if request.user.is_authenticated and admin.site.has_permission(request):
        return HttpResponseRedirect(onward)
    if request.method != "POST":
        return ask_for_password(request, PasswordForm(request))
    name = request.POST.get("username", "")
    allowance = guessing.try_password(request, name)
    if not allowance:
        return too_often(request, allowance, existing_account(name))
    form = PasswordForm(request, data=request.POST)
    if not form.is_valid():
        return ask_for_password(request, form)
    guessing.password_was_right(request, name)
    account = form.get_user()
    assert isinstance(account, User)  # noqa: S101 - for the type checker: a valid form has one # nosec B101
    return go_on_with(request, account, onward=onward)


def go_on_with(request: HttpRequest, account: User, *, onward: str) -> HttpResponse:
    """To the second step, for somebody who has just shown that they know the password, or has chosen it."""
    request.session.flush()  # nothing of what stood there before, and a new key
    if settings.DEMO:
        return finish(request, account, by="password", onward=onward)
    request.session[HALF_WAY] = {
        "account": account.pk,
        "hash": account.get_session_auth_hash(),
        "at": time.time(),
        "onward": onward,
    }
    return redirect("second_step" if second_step.steps_of(account).exists() else "set_up")


def half_way(request: HttpRequest) -> User | None:
    """Who is between the password and the second step."""
    kept = request.session.get(HALF_WAY)
    if not kept or not 0 <= time.time() - kept["at"] < PATIENCE:
        return None
    account = User.objects.filter(pk=kept["account"], is_active=True, is_staff=True).first()
    unchanged = account and constant_time_compare(account.get_session_auth_hash(), kept["hash"])
    return account if unchanged else None


def finish(request: HttpRequest, account: User, *, by: str, onward: str) -> HttpResponse:
    """Sign in, under a new session key."""
    request.session.pop(HALF_WAY, None)
    if by != "password":
        note_second_step(request, account, by=by)
    login(request, account)
    return HttpResponseRedirect(onward)


@never_cache
@csrf_protect
@only_get_and_post
def use_second_step(request: HttpRequest) -> HttpResponse:
    """A code or a passkey, after the password."""
    account = half_way(request)
    if account is None:
        return redirect("admin:login")
    if not second_step.steps_of(account).exists():
        return redirect("set_up")
    if request.method != "POST":
        return ask_for_second_step(request, account)
    by = second_step_posted(request, account)
    if isinstance(by, Allowance):
        return too_often(request, by, account.get_username())
    if not by:
        return ask_for_second_step(request, account, is_wrong=True)
    return finish(request, account, by=by, onward=request.session[HALF_WAY]["onward"])


def second_step_posted(request: HttpRequest, account: User) -> str | Allowance:
    """What proved it, "" where nothing did, or how long no code is tried any more."""
    if answer := request.POST.get("passkey", ""):
        by = "passkey" if second_step.passkey_owner(answer, expected=account) else ""
    else:
        allowance = guessing.try_code(account.pk)
        if not allowance:
            return allowance
        by = second_step.code_fits(account, request.POST.get("code", "")[:40])
    if by:
        guessing.code_was_right(account.pk)
    else:
        write_wrong_second_step(account, "passkey" if answer else "code")
    return by


@never_cache
@only_get_and_post
@csrf_protect
def sign_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """GET: what the browser is to ask the device. POST: its answer, which is both steps at once."""
    if request.method != "POST":
        if not guessing.ask_for_passkey(request):
            return JsonResponse({}, status=429)
        return JsonResponse(second_step.passkey_to_use(None))
    account = second_step.passkey_owner(request.POST.get("passkey", ""))
    if account is None or not (account.is_active and account.is_staff):
        write_wrong_second_step(account, "passkey")
        form = PasswordForm(request)
        return ask_for_password(request, form, passkey_is_wrong=True)
    onward = wanted(request)
    request.session.flush()
    return finish(request, account, by="passkey", onward=onward)


@never_cache
@require_POST
def give_up(request: HttpRequest) -> HttpResponse:
    """Begin anew, perhaps as somebody else."""
    if not request.user.is_authenticated:  # who is signed in signs out, which is written down
        request.session.flush()
    return redirect("admin:login")


# Pages


def page(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> TemplateResponse:
    shared = {**admin.site.each_context(request), "title": title, "next_field": REDIRECT_FIELD_NAME}
    return TemplateResponse(request, f"admin/accounts/{name}.html", {**shared, **context})


def ask_for_password(
    request: HttpRequest, form: PasswordForm, *, passkey_is_wrong: bool = False
) -> HttpResponse:
    context = {
        "form": form,
        "onward": wanted(request),
        "passkey_is_wrong": passkey_is_wrong,
        "is_unsent": UNSENT in request.GET,
    }
    return page(request, "sign_in", "Sign in", context)


def ask_for_second_step(request: HttpRequest, account: User, *, is_wrong: bool = False) -> HttpResponse:
    return page(request, "second_step", "Show that it is you", steps_to_ask(account) | {"is_wrong": is_wrong})


def steps_to_ask(account: User) -> dict[str, Any]:
    by_passkey = second_step.has_passkey(account)
    return {
        "account": account,
        "has_app": second_step.has_app(account),
        "passkey_options": second_step.passkey_to_use(account) if by_passkey else None,
    }


def too_often(request: HttpRequest, allowance: Allowance, account: str) -> HttpResponse:
    if allowance.is_first_refusal:
        audit.write(audit.Action.LOGIN_FAILED, by=account, detail="refused")
    answer = page(request, "too_often", "Too many tries", {"again_at": allowance.again_at})
    answer.status_code = 429
    return answer


def wanted(request: HttpRequest) -> str:
    """Where somebody wants to go after signing in; nowhere else than on this site."""
    onward = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    return onward if onward and is_ours(request, onward) else reverse("admin:index")

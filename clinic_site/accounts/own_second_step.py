"""Setting up the second step, at the first sign-in and later, and confirming it once more."""

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.adapter import get_adapter
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from clinic_site import audit
from clinic_site.accounts import guessing, second_step, sign_in
from clinic_site.accounts.sign_in import HALF_WAY, half_way, only_get_and_post, page
from clinic_site.limits import Allowance
from clinic_site.staff_access import UNSENT, needs_fresh_confirmation, note_second_step

SHOW_CODES = "show_recovery_codes"  # in the session: they were made just now, and are shown this once


def write(account: User, detail: str) -> None:
    audit.write(audit.Action.ACCOUNT, by=account.get_username(), detail=f"second_step {detail}")


# At the first sign-in, between the password and being signed in


@never_cache
@csrf_protect
@only_get_and_post
def set_up(request: HttpRequest) -> HttpResponse:
    """A passkey or an authenticator app, for whoever has neither."""
    account = half_way(request)
    if account is None:
        return redirect("admin:login")
    if second_step.steps_of(account).exists():
        return redirect("second_step")
    if request.method != "POST":
        return ask_to_set_up(request, account)
    by = step_that_was_set_up(request, account)
    if isinstance(by, Allowance):
        return sign_in.too_often(request, by, account.get_username())
    if not by:
        return ask_to_set_up(request, account, wrong=what_was_posted(request))
    onward = request.session[HALF_WAY]["onward"]
    second_step.make_recovery_codes(account)
    first = f"{reverse('recovery_codes')}?{urlencode({REDIRECT_FIELD_NAME: onward})}"
    answer = sign_in.finish(request, account, by=by, onward=first)
    request.session[SHOW_CODES] = True
    return answer


def step_that_was_set_up(request: HttpRequest, account: User) -> str | Allowance:
    """In a word of the audit trail, which then has it; "" where it was not."""
    by = what_was_posted(request)
    if by == "passkey":
        name = request.POST.get("name", "").strip()
        is_right = second_step.add_passkey(account, name, request.POST["passkey"])
    else:
        allowance = guessing.try_code(account.pk)
        if not allowance:
            return allowance
        is_right = second_step.set_up_app(request, account, request.POST.get("code", "")[:40])
    if not is_right:
        return ""
    guessing.code_was_right(account.pk)
    write(account, f"added {by}")
    return by


def what_was_posted(request: HttpRequest) -> str:
    return "passkey" if request.POST.get("passkey") else "code"


def ask_to_set_up(request: HttpRequest, account: User, *, wrong: str = "") -> HttpResponse:
    context = {
        "seed": in_fours(second_step.new_seed(request)),
        "passkey_options": second_step.passkey_to_make(account),
        "wrong": wrong,
        "account": account,
        "is_first": not request.user.is_authenticated,
    }
    return page(request, "set_up", "Set up your second step", context)


def in_fours(seed: str) -> str:
    return " ".join(seed[start : start + 4] for start in range(0, len(seed), 4))


@never_cache
@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """What the app's camera reads: a file of our own, so that the page needs no picture in its text."""
    account = request.user if request.user.is_authenticated else half_way(request)
    if account is None or second_step.NEW_SEED not in request.session:
        raise Http404
    adapter = get_adapter()
    drawing = adapter.build_totp_svg(adapter.build_totp_url(account, second_step.new_seed(request)))
    return HttpResponse(drawing, content_type="image/svg+xml")


# One's own, signed in


@never_cache
@require_safe
def own_steps(request: HttpRequest) -> HttpResponse:
    account = owner(request)
    context = {
        "steps": [
            {"step": step, "is_app": step.type == second_step.APP} for step in second_step.steps_of(account)
        ],
        "codes_left": len(second_step.recovery_codes_left(account)),
    }
    return page(request, "own_steps", "How you sign in", context)


@never_cache
@needs_fresh_confirmation
@only_get_and_post
def add_step(request: HttpRequest) -> HttpResponse:
    account = owner(request)
    if request.method != "POST":
        return ask_to_set_up(request, account)
    had_codes = bool(second_step.recovery_codes_left(account))
    by = step_that_was_set_up(request, account)
    if isinstance(by, Allowance):
        return sign_in.too_often(request, by, account.get_username())
    if not by:
        return ask_to_set_up(request, account, wrong=what_was_posted(request))
    messages.success(request, "Your passkey is added." if by == "passkey" else "Your app is set up.")
    if had_codes:
        return redirect("own_steps")
    second_step.make_recovery_codes(account)
    request.session[SHOW_CODES] = True
    return redirect("recovery_codes")


@require_POST
@needs_fresh_confirmation
def remove_step(request: HttpRequest, pk: int) -> HttpResponse:
    account = owner(request)
    step = get_object_or_404(second_step.steps_of(account), pk=pk)
    if second_step.steps_of(account).count() == 1:
        messages.error(request, "That is the only one you have. Add another one first.")
        return redirect("own_steps")
    write(account, "removed code" if step.type == second_step.APP else "removed passkey")
    step.delete()
    messages.success(request, "Removed.")
    return redirect("own_steps")


@require_POST
@needs_fresh_confirmation
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    write(owner(request), "made recovery_code")
    second_step.make_recovery_codes(owner(request))
    request.session[SHOW_CODES] = True
    return redirect("recovery_codes")


@never_cache
@require_safe
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown once, after they were made."""
    if not request.session.pop(SHOW_CODES, False):
        return redirect("own_steps")
    codes = second_step.recovery_codes_left(owner(request))
    context = {"codes": [f"{code[:4]} {code[4:]}" for code in codes], "onward": sign_in.wanted(request)}
    return page(request, "recovery_codes", "Keep these recovery codes", context)


@never_cache
@only_get_and_post
def confirm(request: HttpRequest) -> HttpResponse:
    """The second step once more, before something that a page left open must not allow."""
    account, onward = owner(request), sign_in.wanted(request)
    is_unsent = UNSENT in request.GET
    action = reverse("confirm") + (f"?{UNSENT}=1" if is_unsent else "")
    context: dict[str, Any] = {"onward": onward, "is_wrong": False, "action": action, "is_unsent": is_unsent}
    if request.method == "POST":
        by = sign_in.second_step_posted(request, account)
        if isinstance(by, Allowance):
            return sign_in.too_often(request, by, account.get_username())
        if by:
            audit.write(audit.Action.LOGIN, by=account.get_username(), detail=f"confirmed {by}")
            note_second_step(request, account, by=by)
            if is_unsent:
                messages.warning(
                    request,
                    "Confirmed. Nothing was done yet: choose and press once more, within five minutes.",
                )
            return HttpResponseRedirect(onward)
        context["is_wrong"] = True
    return page(request, "confirm", "Confirm that it is you", sign_in.steps_to_ask(account) | context)


def owner(request: HttpRequest) -> User:
    """Whoever is signed in; below admin_view nobody else comes."""
    return User.objects.get(username=request.user.get_username())


def urls() -> list[Any]:
    """Below admin/. The first five are for whoever is on the way in."""
    guarded = admin.site.admin_view
    return [
        path("login/second-step/", sign_in.use_second_step, name="second_step"),
        path("login/passkey/", sign_in.sign_in_with_passkey, name="passkey"),
        path("login/set-up/", set_up, name="set_up"),
        path("login/set-up/picture.svg", picture, name="set_up_picture"),
        path("login/anew/", sign_in.give_up, name="sign_in_anew"),
        path("second-step/", guarded(own_steps), name="own_steps"),
        path("second-step/add/", guarded(add_step), name="add_step"),
        path("second-step/<int:pk>/remove/", guarded(remove_step), name="remove_step"),
        path("second-step/codes/new/", guarded(new_recovery_codes), name="new_recovery_codes"),
        path("second-step/codes/", guarded(recovery_codes), name="recovery_codes"),
        path("confirm/", guarded(confirm), name="confirm"),
    ]

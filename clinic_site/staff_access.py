"""Who counts as signed in: a session that has itself used a second step, a passkey or a code, and no other.

Whatever signs an account in, Django's own function or a library's page, makes no member of staff of anybody: every
view sees a stranger until `note_second_step` was called for this session and this account. `CLINIC_DEMO=1` lifts that
for a demonstration.

Before an export, or whatever touches keys, the second step must be less than five minutes old:

    @needs_fresh_confirmation
    def export(request): ...

or, where a decorator does not fit, `if not confirmed_recently(request): return ask_to_confirm(request)`.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

SECOND_STEP = "second_step"  # in the session: whose it was, when it was used last, and what it was
FRESH = 5 * 60  # seconds
UNSENT = "unsent"
"""In the address of a page that asks who somebody is: a form that they had just sent was not taken."""

View = TypeVar("View", bound=Callable[..., HttpResponse])


def note_second_step(request: HttpRequest, account: AbstractBaseUser, *, by: str) -> None:
    """`by` is what proved it, in a word of the audit trail: passkey, code, recovery_code."""
    request.session[SECOND_STEP] = {"account": account.pk, "at": time.time(), "by": by}


def used_second_step(request: HttpRequest, account: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether this very session has, for this very account."""
    used = request.session.get(SECOND_STEP)
    return bool(used and account.pk is not None and used["account"] == account.pk)


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether whoever is signed in here has used their second step in the last five minutes."""
    if not request.user.is_authenticated:
        return False
    if settings.DEMO:
        return True
    age: float = time.time() - request.session[SECOND_STEP]["at"]
    return 0 <= age < FRESH


def ask_to_confirm(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the second step again, and from there back to where this began."""
    unsent = {UNSENT: 1} if request.method == "POST" else {}
    query = urlencode({REDIRECT_FIELD_NAME: way_back(request)} | unsent)
    return HttpResponseRedirect(f"{reverse('confirm')}?{query}")


def needs_fresh_confirmation(view: View) -> View:
    """For a view of somebody who is signed in. What a form sent is not kept: it is sent again afterwards."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if confirmed_recently(request) else ask_to_confirm(request)

    return cast(View, asked)


def way_back(request: HttpRequest) -> str:
    """This page; for a form that was sent, the page it stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    if not is_ours(request, came_from):
        return request.path
    return urlsplit(came_from)._replace(scheme="", netloc="", fragment="").geturl()


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether it leads nowhere else: an address that somebody wrote into a link does."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def without_second_step_nobody(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware after Django's: what it calls the user is one only with a second step."""

    def serve(request: HttpRequest) -> HttpResponse:
        request.user = cast(User, SimpleLazyObject(lambda: signed_in(request)))
        del request.auser  # the same for views that we do not have
        return get_response(request)

    return serve


def signed_in(request: HttpRequest) -> Any:
    account = get_user(request)
    if account.is_authenticated and (settings.DEMO or used_second_step(request, account)):
        return account
    return AnonymousUser()

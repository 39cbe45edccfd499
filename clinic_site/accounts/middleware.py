"""What each request of a signed-in member of staff does to their session."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth import SESSION_KEY as ACCOUNT
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from clinic_site.staff_access import UNSENT, way_back

BACKGROUND = "X-Clinic-Background"
"""A request header with which a script of ours says that nobody pressed anything."""


def keep_session_while_used(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """The idle clock begins anew with whatever a person does, and ends what an account that is gone left behind."""

    def serve(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            response.status_code >= 500
        ):  # what made a page fail may make the next question to the database fail too
            return response
        session = request.session
        if (
            not session.accessed or ACCOUNT not in session
        ):  # pages that ask for no account stay without a query
            return response
        if (
            not request.user.is_authenticated
        ):  # disabled: were it enabled again, nobody should still be signed in
            session.flush()
        elif not session.modified and BACKGROUND not in request.headers:  # modified: it is stored anyway
            session.note_use()  # type: ignore[attr-defined]  # of session_store.py
        return response

    return serve


def lead_back_to_the_form(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Who was signed out while they typed is told that it was not saved, and after signing in sees the page they
    typed on. Django would lead to the address that takes the form, which shows nothing."""

    def serve(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method != "POST" or response.status_code != 302:
            return response
        leads_to = urlsplit(response["Location"])
        if leads_to.path != reverse("admin:login") or REDIRECT_FIELD_NAME not in parse_qs(leads_to.query):
            return response
        query = urlencode({REDIRECT_FIELD_NAME: way_back(request), UNSENT: 1})
        return HttpResponseRedirect(f"{leads_to.path}?{query}")

    return serve

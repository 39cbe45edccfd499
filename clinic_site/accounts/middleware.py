"""What each request of a signed-in member of staff does to their session."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY as ACCOUNT
from django.http import HttpRequest, HttpResponse

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

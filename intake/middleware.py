"""What holds for every answer under the screening's address."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from clinic_site.addresses import SCREENING
from intake.cookies import renew

ASKED_BY_SCRIPT = "X-Keeps-Page"  # what static/js/keep-page.js sends
NEXT = "X-Next"


def keep_no_page(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Nothing of the screening stays in a browser's or proxy's cache, error pages and refusals included.

    A shared computer must not show a person's answers to the next one who presses Back.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if SCREENING.match(request.path_info):
            add_never_cache_headers(response)
            if (
                response.status_code < 500
            ):  # what has just failed may fail here too, and there is a page already
                renew(request, response)
            if ASKED_BY_SCRIPT in request.headers and response.has_header("Location"):
                response = told_where_to_go(response)
        return response

    return middleware


def told_where_to_go(redirect: HttpResponse) -> HttpResponse:
    """A script that follows a redirect fetches a page that the browser then fetches again: it is told the address."""
    answer = HttpResponse(status=204, headers={NEXT: redirect["Location"]})
    answer.cookies = redirect.cookies
    add_never_cache_headers(answer)
    return answer

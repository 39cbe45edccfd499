"""What holds for every answer under the screening's address."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from clinic_site.addresses import SCREENING


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
        return response

    return middleware

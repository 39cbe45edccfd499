"""The site's addresses, and one at which a browser finds whatever page a test holds up to it."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from clinic_site.urls import handler400, handler404, handler500
from clinic_site.urls import urlpatterns as of_the_site

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

SHOWN = "/shown/"
held_up = ""  # the page's HTML


def hold_up(html: str) -> None:
    global held_up
    held_up = html


def shown(request: HttpRequest) -> HttpResponse:
    return HttpResponse(held_up)


urlpatterns = [path("shown/", shown), *of_the_site]

"""The site's addresses, the page of components that only CLINIC_DEBUG=1 serves, and one that fails."""

from typing import Never

from django.http import HttpRequest
from django.urls import path

from clinic_site.component_page import components
from clinic_site.urls import handler400, handler404, handler500
from clinic_site.urls import urlpatterns as of_the_site

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


def fails(request: HttpRequest) -> Never:
    raise RuntimeError("as a page that has a mistake in it")


urlpatterns = [
    *of_the_site,
    path("components/", components, name="components"),
    path("fails/", fails),
]

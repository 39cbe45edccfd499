"""Whole addresses, for what leaves the page: feeds, search engines, a link in a letter."""

from django.conf import settings
from django.http import HttpRequest


def whole_address(request: HttpRequest, path: str) -> str:
    """The path on the public site's own host: CLINIC_SITE_URL, else the host that was asked."""
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else request.build_absolute_uri(path)

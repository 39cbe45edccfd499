"""What every answer tells the browser to keep to, besides the Content-Security-Policy of the settings.

tests/test_headers.py holds the whole policy of each kind of page.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from clinic_site.addresses import STAFF
from clinic_site.roles import Role

# What a page could ask of a phone or a computer. None of ours does.
FEATURES = (
    *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("screen-wake-lock", "serial", "usb", "web-share", "xr-spatial-tracking"),
)
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
NOTHING = ", ".join(f"{feature}=()" for feature in (*FEATURES, *PASSKEYS))
PASSKEYS_ALONE = ", ".join(
    [*(f"{feature}=()" for feature in FEATURES), *(f"{feature}=(self)" for feature in PASSKEYS)]
)
# Django's admin writes HTML from its scripts; ours, on the pages for the public, never do.
WITHOUT_TRUSTED_TYPES = {"require-trusted-types-for": None, "trusted-types": None}


def guard_answers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_for_staff = STAFF.match(request.path_info) is not None
        response["Permissions-Policy"] = PASSKEYS_ALONE if is_for_staff else NOTHING
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if is_for_staff:
            response._csp_replace = WITHOUT_TRUSTED_TYPES  # type: ignore[attr-defined]
        if is_for_staff or (settings.ROLE is Role.STAFF and not is_static(request)):
            add_never_cache_headers(response)
        return response

    return middleware


def is_static(request: HttpRequest) -> bool:
    return request.path_info.startswith(settings.STATIC_URL)

"""The cookie that holds the patient's secret, when it was last used, and nothing else.

It lasts until the browser closes and for at most 12 idle hours, because some browsers bring old cookies back; on the
person’s own device as long as the form lives. It is not signed: whoever could change the time holds the secret anyway.
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from intake.secret import CodeMistyped, Secret

NAME = f"{settings.COOKIE_PREFIX}screening"
LONGEST_IDLE = datetime.timedelta(hours=12)
LONGEST_ON_OWN_DEVICE = datetime.timedelta(days=31)  # to the end of the 30th day, when a form runs out
RENEWED_AFTER = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a browser holds."""

    secret: Secret
    seen_at: datetime.datetime
    is_own_device: bool = False

    @classmethod
    def from_cookie(cls, value: str) -> "Kept | None":
        """None for what is no such cookie."""
        try:
            code, device, seconds = value.split(".")
            seen_at = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
            return cls(Secret.from_code(code), seen_at, device == "own")
        except (CodeMistyped, ValueError, OverflowError, OSError):
            return None

    def __str__(self) -> str:
        return (
            f"{self.secret.code}.{'own' if self.is_own_device else 'shared'}.{self.seen_at.timestamp():.0f}"
        )

    @property
    def lasts(self) -> datetime.timedelta:
        return LONGEST_ON_OWN_DEVICE if self.is_own_device else LONGEST_IDLE


def kept_in(request: HttpRequest) -> Kept | None:
    kept = Kept.from_cookie(request.COOKIES.get(NAME, ""))
    return kept if kept and timezone.now() - kept.seen_at < kept.lasts else None


def read_secret(request: HttpRequest) -> Secret | None:
    """The secret of this browser's screening; None without one, with one too long idle, or one that was changed."""
    kept = kept_in(request)
    return kept.secret if kept else None


def is_own_device(request: HttpRequest) -> bool:
    kept = kept_in(request)
    return bool(kept and kept.is_own_device)


def keep_secret(response: HttpResponse, secret: Secret, *, is_own_device: bool = False) -> None:
    kept = Kept(secret, timezone.now(), is_own_device)
    response.set_cookie(
        NAME,
        str(kept),
        max_age=LONGEST_ON_OWN_DEVICE if is_own_device else None,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget_secret(response: HttpResponse) -> None:
    response.delete_cookie(NAME, path="/", samesite="Lax")


def renew(request: HttpRequest, response: HttpResponse) -> None:
    """Count the idle time from now on; an answer that sets the cookie itself is left alone."""
    if NAME not in request.COOKIES or NAME in response.cookies:
        return
    kept = kept_in(request)
    if kept is None:
        forget_secret(response)
    elif timezone.now() - kept.seen_at > RENEWED_AFTER:
        keep_secret(response, kept.secret, is_own_device=kept.is_own_device)

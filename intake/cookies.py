"""The cookie that holds the patient's secret, and nothing else. It lasts until the browser closes."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from intake.secret import CodeMistyped, Secret

NAME = f"{settings.COOKIE_PREFIX}screening"


def read_secret(request: HttpRequest) -> Secret | None:
    """The secret of this browser's screening; None without one, or with one that somebody changed."""
    try:
        return Secret.from_code(request.COOKIES[NAME])
    except (KeyError, CodeMistyped):
        return None


def keep_secret(response: HttpResponse, secret: Secret) -> None:
    response.set_cookie(NAME, secret.code, secure=settings.HTTPS, httponly=True, samesite="Lax", path="/")


def forget_secret(response: HttpResponse) -> None:
    response.delete_cookie(NAME, path="/", samesite="Lax")

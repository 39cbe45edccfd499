"""Guessing of passwords and codes is slowed, and never locks anybody out who sits somewhere else.

Passwords are counted by account and network together: whoever guesses shuts out themselves, not the account. A code
is asked only of somebody who knows the password, so that codes can be counted by account alone; passkeys cannot be
guessed, and always work.
"""

import datetime

from django.http import HttpRequest
from django.utils import timezone

from clinic_site.limits import Allowance, allow, forget, network_of

PASSWORDS, PASSWORD_STRETCH = 10, datetime.timedelta(minutes=15)
CODES, CODE_STRETCH = 20, datetime.timedelta(hours=1)
ASKS, ASK_STRETCH = 200, datetime.timedelta(minutes=15)


def try_password(request: HttpRequest, name: str) -> Allowance:
    place = place_of(request, name)
    return allow("sign-in", place, limit=PASSWORDS, per=PASSWORD_STRETCH, at=timezone.now())


def password_was_right(request: HttpRequest, name: str) -> None:
    forget("sign-in", place_of(request, name), per=PASSWORD_STRETCH, at=timezone.now())


def try_code(account: int) -> Allowance:
    return allow("second step", [account], limit=CODES, per=CODE_STRETCH, at=timezone.now())


def code_was_right(account: int) -> None:
    forget("second step", [account], per=CODE_STRETCH, at=timezone.now())


def ask_for_passkey(request: HttpRequest) -> Allowance:
    """Each makes a row among the sessions."""
    place = [network_of(request)]
    return allow("passkey", place, limit=ASKS, per=ASK_STRETCH, at=timezone.now())


def place_of(request: HttpRequest, name: str) -> list[object]:
    return [network_of(request), name]

"""Sign-ins in the audit trail, by Django's own login signals. Imported only where accounts are installed."""

import time
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from clinic_site import audit
from clinic_site.audit import Action
from clinic_site.session_store import STARTED
from clinic_site.staff_access import SECOND_STEP


@receiver(user_logged_in, dispatch_uid="audit login")
def write_login(user: AbstractBaseUser, request: HttpRequest, **kwargs: Any) -> None:
    request.session[STARTED] = int(time.time())
    used = request.session.get(SECOND_STEP)  # none in a demonstration
    audit.write(Action.LOGIN, by=user.get_username(), detail=used["by"] if used else "")


@receiver(user_logged_out, dispatch_uid="audit logout")
def write_logout(user: AbstractBaseUser | None, **kwargs: Any) -> None:
    if user is not None:  # None: a session that had ended already
        audit.write(Action.LOGOUT, by=user.get_username())


@receiver(user_login_failed, dispatch_uid="audit login failed")
def write_failed_login(credentials: dict[str, Any], **kwargs: Any) -> None:
    """The name is written where it is an account's; anything else may be a password in the wrong box."""
    typed = credentials.get(get_user_model().USERNAME_FIELD)
    audit.write(Action.LOGIN_FAILED, by=existing_account(typed) if isinstance(typed, str) else "")


def write_wrong_second_step(account: AbstractBaseUser | None, which: str) -> None:
    """`which` was tried, a code or a passkey; nobody's passkey has no account."""
    audit.write(Action.LOGIN_FAILED, by=account.get_username() if account else "", detail=which)


def existing_account(typed: str) -> str:
    """`typed` where an account has exactly that name, else ""."""
    users = get_user_model()._default_manager
    is_account = "\0" not in typed and users.filter(**{get_user_model().USERNAME_FIELD: typed}).exists()
    return typed if is_account else ""

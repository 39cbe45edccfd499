"""The second step of a sign-in: a passkey, a code of an authenticator app, or a recovery code. Set up, tried, reset.

The cryptography is django-allauth's. Its pages are not served, because they let a password alone confirm who it is
and keep in one process's memory which code was used; so we call what stands behind them. Some of that is not its
public part, which is one reason why its version is pinned.
"""

import json
import time
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

APP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES
PERIOD = 30  # seconds that a code is shown
# Clocks differ, and typing takes time: the code before the present one counts, and the next.
STEPS_AROUND = (-1, 0, 1)
NEW_SEED = "new_seed"  # in the session while an app is being set up, encrypted


def steps_of(account: User) -> QuerySet[Authenticator]:
    """What an account can sign in with after, or in place of, its password; recovery codes are no step of their own."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=account, type__in=[APP, PASSKEY])
    return found.order_by("type", "pk")


def has_app(account: User) -> bool:
    return steps_of(account).filter(type=APP).exists()


def has_passkey(account: User) -> bool:
    return steps_of(account).filter(type=PASSKEY).exists()


# Codes


@transaction.atomic
def code_fits(account: User, typed: str) -> str:
    """Use up a code of the app or a recovery code; what it was in a word of the audit trail, "" where none fits."""
    mine = Authenticator.objects.select_for_update().filter(user=account)
    app = mine.filter(type=APP).first()
    if app and app_code_fits(app, typed):
        return "code"
    recovery = mine.filter(type=RECOVERY_CODES).first()
    if recovery and recovery.wrap().validate_code(typed):
        recovery.refresh_from_db()
        recovery.record_usage()
        return "recovery_code"
    return ""


def app_code_fits(app: Authenticator, typed: str) -> bool:
    """Each code once: one that was looked at over a shoulder is worth nothing. `app` is locked."""
    step = matching_step(decrypt(app.data["secret"]), typed)
    if step is None or step <= app.data.get("last_step", 0):
        return False
    app.data["last_step"] = step
    app.save(update_fields=["data"])
    app.record_usage()
    return True


def matching_step(seed: str, typed: str) -> int | None:
    """In which half minute the app shows this code."""
    now = int(time.time()) // PERIOD
    for step in (now + difference for difference in STEPS_AROUND):
        if compare_user_code(actual=typed, expected=format_hotp_value(hotp_value(seed, step))):
            return step
    return None


def recovery_codes_left(account: User) -> list[str]:
    codes = Authenticator.objects.filter(user=account, type=RECOVERY_CODES).first()
    return codes.wrap().get_unused_codes() if codes else []


@transaction.atomic
def make_recovery_codes(account: User) -> None:
    """In place of any from before."""
    User.objects.select_for_update().get(pk=account.pk)
    Authenticator.objects.filter(user=account, type=RECOVERY_CODES).delete()
    RecoveryCodes.activate(account)


# An authenticator app


def new_seed(request: HttpRequest) -> str:
    """The seed that the page to set up an app shows, the same until it was used."""
    if NEW_SEED not in request.session:
        request.session[NEW_SEED] = encrypt(generate_totp_secret())
    return str(decrypt(request.session[NEW_SEED]))


def set_up_app(request: HttpRequest, account: User, typed: str) -> bool:
    """In place of an app from before. False where the code is not the one that the app should show."""
    if NEW_SEED not in request.session:
        return False
    step = matching_step(new_seed(request), typed)
    if step is None:
        return False
    with transaction.atomic():
        Authenticator.objects.filter(user=account, type=APP).delete()
        seed = request.session.pop(NEW_SEED)
        Authenticator.objects.create(user=account, type=APP, data={"secret": seed, "last_step": step})
    return True


# Passkeys


def passkey_to_make(account: User) -> dict[str, Any]:
    """What the browser is asked: a key that the device keeps, and opens only after a fingerprint, a face or a PIN."""
    return dict(webauthn.begin_registration(account, passwordless=True))


def add_passkey(account: User, name: str, answer: str) -> bool:
    """False where the browser's answer is not one to what was asked."""
    try:
        credential = json.loads(answer)
        webauthn.parse_registration_response(credential)
        if not webauthn.complete_registration(credential).is_user_verified():
            return False
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError):  # anybody can post anything
        return False
    webauthn.WebAuthn.add(account, name[:100] or "Passkey", credential)
    return True


def passkey_to_use(account: User | None) -> dict[str, Any]:
    """What the browser is asked; without an account, any passkey that it has for this site."""
    return dict(webauthn.begin_authentication(account))


def passkey_owner(answer: str, *, expected: User | None = None) -> User | None:
    """Whose passkey answered what was asked; None where it is nobody's, or not the `expected` one's."""
    try:
        credential = json.loads(answer)
        webauthn.parse_authentication_response(credential)
        account = expected or webauthn.extract_user_from_response(credential)
        used = webauthn.complete_authentication(account, credential)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError):  # anybody can post anything
        return None
    used.record_usage()
    return User.objects.get(pk=account.pk)


# A lost phone


@transaction.atomic
def forget_second_step(account: User) -> None:
    """At the next sign-in the account sets up a new one."""
    Authenticator.objects.filter(user=account).delete()

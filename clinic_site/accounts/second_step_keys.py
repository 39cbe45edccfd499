"""The seeds of authenticator apps and of recovery codes rest encrypted: a stolen database signs nobody in.

The keys stand in CLINIC_SIGN_IN_KEYS of the staff's process, the newest first, split at commas. What an older key
encrypted is still read. In the role `all` a key is made in var/ on first use.
"""

import os
from functools import cache
from pathlib import Path

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from clinic_site.clinic import current_clinic
from clinic_site.roles import Role

MAKE_ONE = (
    "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())' "
    "and keep it secret, and a copy in the safe."
)


class EncryptedSeeds(DefaultMFAAdapter):  # type: ignore[misc]  # without types
    """Named by the settings as MFA_ADAPTER."""

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ImproperlyConfigured where none of the keys fits."""
        try:
            return cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise ImproperlyConfigured(
                "No key in CLINIC_SIGN_IN_KEYS fits: put the former one behind the newest."
            ) from None

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return f"{current_clinic().name or 'Clinic'} review desk"


def cipher() -> MultiFernet:
    return cipher_of(tuple(settings.SIGN_IN_KEYS) or (trial_key(settings.VAR_DIR / "sign-in-key"),))


@cache
def cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def trial_key(path: Path) -> str:
    """Made on first use and kept, in the role `all`. Of two that begin at the same moment both read the same."""
    if settings.ROLE is not Role.ALL:
        raise ImproperlyConfigured(f"CLINIC_SIGN_IN_KEYS is not set. {MAKE_ONE}")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as key_file:
            key_file.write(Fernet.generate_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


@register()
def sign_in_keys_are_there(**kwargs: object) -> list[CheckMessage]:
    if not settings.SIGN_IN_KEYS and settings.ROLE is not Role.ALL:
        return [Error("CLINIC_SIGN_IN_KEYS is not set.", hint=MAKE_ONE, id="clinic_site.E050")]
    try:
        for key in settings.SIGN_IN_KEYS:
            Fernet(key)
    except ValueError:
        return [Error("A key in CLINIC_SIGN_IN_KEYS is no such key.", hint=MAKE_ONE, id="clinic_site.E051")]
    return []


@register(deploy=True)
def no_key_made_for_a_trial(**kwargs: object) -> list[CheckMessage]:
    if settings.SIGN_IN_KEYS or settings.ROLE is not Role.ALL:
        return []
    return [
        Error("The key of staff's second step was made for a trial.", hint=MAKE_ONE, id="clinic_site.E052")
    ]


@register(deploy=True)
def no_demonstration(**kwargs: object) -> list[CheckMessage]:
    if not settings.DEMO:
        return []
    return [
        Error(
            "CLINIC_DEMO=1: staff sign in with a password alone.",
            hint="Take CLINIC_DEMO out.",
            id="clinic_site.E053",
        )
    ]

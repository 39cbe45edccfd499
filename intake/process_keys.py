"""The keys of this process, as its environment names them: docs/keys.md says which process has which.

Read once: after an exchange of keys the processes are started anew.
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from clinic_site.roles import Role
from intake.key_files import TrialKeys, trial_keys
from intake.keys import KeyRefused, Keyring, PrivateKey, PublicKey, Recipients


def recipients() -> Recipients:
    """Whom this process seals to. Raises KeyRefused."""
    if uses_trial_keys():
        return read_trial_keys(trial_folder()).recipients
    return read_recipients(settings.PUBLIC_KEY_FILE, settings.ESCROW_PUBLIC_KEY_FILE)


def keyring() -> Keyring:
    """What this process opens with. Raises KeyRefused, in the public process always."""
    if settings.ROLE is Role.PUBLIC:
        raise KeyRefused("The public process seals, and opens nothing.")
    if uses_trial_keys():
        return Keyring([read_trial_keys(trial_folder()).private])
    return read_keyring(tuple(settings.PRIVATE_KEY_FILES))


def uses_trial_keys() -> bool:
    """With no key named, one process that does everything makes its own."""
    named = settings.PUBLIC_KEY_FILE or settings.ESCROW_PUBLIC_KEY_FILE or settings.PRIVATE_KEY_FILES
    return settings.ROLE is Role.ALL and not named


def trial_folder() -> Path:
    return Path(settings.VAR_DIR) / "keys"


def named_key_files() -> list[Path]:
    names = [settings.PUBLIC_KEY_FILE, settings.ESCROW_PUBLIC_KEY_FILE, *settings.PRIVATE_KEY_FILES]
    return [Path(name) for name in names if name]


def folders_of_keys() -> set[Path]:
    """Where a private key would lie that was forgotten after the keys were made: beside those in use."""
    return {path.parent for path in named_key_files()}


@cache
def read_recipients(clinic_file: str, escrow_file: str) -> Recipients:
    return Recipients(
        PublicKey.from_file(named("CLINIC_PUBLIC_KEY_FILE", clinic_file)),
        PublicKey.from_file(named("CLINIC_ESCROW_PUBLIC_KEY_FILE", escrow_file)),
    )


@cache
def read_keyring(private_files: tuple[str, ...]) -> Keyring:
    if not private_files:
        raise KeyRefused("CLINIC_PRIVATE_KEY_FILES is not set. Name the clinic's private key file in it.")
    return Keyring(PrivateKey.from_file(Path(name)) for name in private_files)


@cache
def read_trial_keys(folder: Path) -> TrialKeys:
    return trial_keys(folder)


def named(variable: str, file: str) -> Path:
    if not file:
        raise KeyRefused(f"{variable} is not set. Name the public key file in it.")
    return Path(file)

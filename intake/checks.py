"""A process has the keys of its role and no others, or it does not start: docs/keys.md."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from clinic_site.roles import Role
from intake import process_keys, telling
from intake.key_files import is_trial_key, readable_private_keys
from intake.keys import KeyRefused
from intake.sealing import self_test

MAKE_KEYS = "Make keys with: manage.py generate_keys --into FOLDER. docs/keys.md says which file goes where."


def refuse_to_start() -> None:
    """For what serves the site: Django runs no checks there. Raises ImproperlyConfigured."""
    raise_errors(key_problems())
    try:
        process_keys.recipients()  # makes the trial keys where none are named
    except KeyRefused as error:
        raise ImproperlyConfigured(str(error)) from None


def refuse_private_keys_in_public() -> None:
    """A public process with a private key at hand is no public process: not even a command runs there."""
    if settings.ROLE is Role.PUBLIC:
        raise_errors(private_keys_in_public())


def raise_errors(problems: Iterator[Error]) -> None:
    found = [f"{problem.msg} {problem.hint}" for problem in problems]
    if found:
        raise ImproperlyConfigured("\n".join(found))


@register(Tags.security)
def process_has_the_keys_of_its_role(**kwargs: Any) -> list[CheckMessage]:
    return list(key_problems())


@register(Tags.security, deploy=True)
def keys_are_made_for_patients(**kwargs: Any) -> list[CheckMessage]:
    return [*trial_keys_in_use(), *escrow_private_key_at_hand(), *exchangeable_public_keys()]


@register(Tags.security, deploy=True)
def alerts_lead_somewhere(**kwargs: Any) -> list[CheckMessage]:
    """An alert is a level, a count and a link: nothing else in it says where to look."""
    tells_staff = settings.ROLE in (Role.WORKER, Role.ALL)
    if not tells_staff or not telling.ways_out() or settings.STAFF_URL.startswith("https://"):
        return []
    return [
        Warning(
            "Alerts to staff have no link to the review desk.",
            hint="Set CLINIC_STAFF_URL to the review desk's address, such as https://desk.clinic.example.",
            id="intake.W002",
        )
    ]


def key_problems() -> Iterator[Error]:
    if settings.ROLE is Role.PUBLIC:
        yield from private_keys_in_public()
    if process_keys.uses_trial_keys() and not process_keys.trial_folder().exists():
        return  # they are made when the site starts
    try:
        recipients = process_keys.recipients()
    except KeyRefused as error:
        yield Error(f"Answers cannot be sealed. {error}", hint=MAKE_KEYS, id="intake.E002")
        return
    if settings.ROLE is Role.PUBLIC:
        return
    try:
        keyring = process_keys.keyring()
    except KeyRefused as error:
        yield Error(f"Answers cannot be opened. {error}", hint=MAKE_KEYS, id="intake.E003")
        return
    for problem in self_test(recipients, keyring):
        yield Error(
            problem, hint="Compare the ids in the names of the key files; see docs/keys.md.", id="intake.E004"
        )


def private_keys_in_public() -> Iterator[Error]:
    variables = {
        "CLINIC_PRIVATE_KEY_FILES": settings.PRIVATE_KEY_FILES,
        "CLINIC_ESCROW_PRIVATE_KEY_FILE": settings.ESCROW_PRIVATE_KEY_FILE,
    }
    for variable, value in variables.items():
        if value:
            yield Error(
                f"This is the public process, and {variable} is set.",
                hint="Take it out of this process's environment, and the file off its host.",
                id="intake.E001",
            )
    for path in readable_private_keys(process_keys.folders_of_keys()):
        yield Error(
            f"This is the public process, and it can read the private key {path}.",
            hint="Move that file to the host of the staff, or give it to another account with mode 0400.",
            id="intake.E001",
        )


def trial_keys_in_use() -> Iterator[Error]:
    if process_keys.uses_trial_keys():
        yield Error(
            "No keys are set, so this site makes trial keys and keeps them beside everything else.",
            hint=MAKE_KEYS,
            id="intake.E005",
        )
    for path in process_keys.named_key_files():
        if is_trial_key(path):
            yield Error(f"{path} is a trial key.", hint=MAKE_KEYS, id="intake.E005")


def escrow_private_key_at_hand() -> Iterator[Error]:
    found = readable_private_keys(process_keys.folders_of_keys(), "escrow-*.private")
    if settings.ESCROW_PRIVATE_KEY_FILE:
        found.append(Path(settings.ESCROW_PRIVATE_KEY_FILE))
    for path in found:
        yield Error(
            f"The escrow private key {path} is within reach of this process.",
            hint="It belongs in a safe, on no host. Take CLINIC_ESCROW_PRIVATE_KEY_FILE out of the environment.",
            id="intake.E006",
        )


def exchangeable_public_keys() -> Iterator[Warning]:
    for path in process_keys.named_key_files():
        if path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield Warning(
                f"Other accounts may change the key file {path}.",
                hint="Whoever exchanges a public key reads what is sealed from then on. Run chmod go-w on it.",
                id="intake.W001",
            )

"""What the database keeps sealed, opened for a test as the nurse or the patient would."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils import timezone

from intake import actions, cookies, sealing, storage
from intake.models import Submission
from intake.process_keys import keyring, recipients
from intake.questionnaires.answers import to_json
from intake.secret import Secret


def opened_head(submission: Submission | None = None) -> storage.Head:
    """Of the submission, or of the only one that there is."""
    return storage.read_head(submission or Submission.objects.get())


def opened_body(submission: Submission | None = None) -> storage.Body:
    return storage.read_body(submission or Submission.objects.get())


def changed_inside(
    submission: Submission, change: Callable[[dict[str, Any], dict[str, Any]], object]
) -> Submission:
    """Head and body opened, changed by hand and sealed again, as a program with a fault might have written them."""
    opened = sealing.open_both(storage.sealed_of(submission), storage.context_of(submission), keyring())
    head, body = map(json.loads, opened)
    change(head, body)
    parts = (json.dumps(part).encode() for part in (head, body))
    sealed = sealing.seal(*parts, storage.context_of(submission), recipients())
    storage.put_wraps(submission, sealed)
    submission.head, submission.body = sealed.head, sealed.body
    submission.save()
    return submission


def secret_of(client: Client) -> Secret:
    kept = cookies.Kept.from_cookie(client.cookies[cookies.NAME].value)
    assert kept is not None
    return kept.secret


def saved_answers(client: Client) -> dict[str, Any]:
    """The answers in this browser's draft, as JSON values by linkId."""
    draft = actions.find_draft(secret_of(client), at=timezone.now())
    assert draft is not None
    return to_json(draft.questionnaire_version.definition, draft.answers)


BIRTH_DATE = {
    "birth-date-month": "March",
    "birth-date-day": "9",
    "birth-date-year": "1982",
}  # of the made-up applicant


def come_back(client: Client, code: str, **fields: str) -> Any:
    """With the code, on a device that has not seen the form: the birth date is asked too."""
    return client.post("/screening/resume/", {"code": code, **BIRTH_DATE, **fields})


def say_it_is_their_own(client: Client) -> None:
    """The patient says that nobody else uses this device."""
    client.post("/screening/own-device/")

"""What the database keeps sealed, opened for a test as the nurse or the patient would."""

from typing import Any

from django.test import Client
from django.utils import timezone

from intake import actions, cookies, storage
from intake.models import Submission
from intake.questionnaires.answers import to_json
from intake.secret import Secret


def opened_head(submission: Submission | None = None) -> storage.Head:
    """Of the submission, or of the only one that there is."""
    return storage.read_head(submission or Submission.objects.get())


def opened_body(submission: Submission | None = None) -> storage.Body:
    return storage.read_body(submission or Submission.objects.get())


def secret_of(client: Client) -> Secret:
    return Secret.from_code(client.cookies[cookies.NAME].value)


def saved_answers(client: Client) -> dict[str, Any]:
    """The answers in this browser's draft, as JSON values by linkId."""
    draft = actions.find_draft(secret_of(client), at=timezone.now())
    assert draft is not None
    return to_json(draft.questionnaire_version.definition, draft.answers)

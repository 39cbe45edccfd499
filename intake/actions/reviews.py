"""The staff's side: what they write on a submission."""

import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from intake.models import Note, Status, Submission


@transaction.atomic
def change_status(*, submission: Submission, status: Status, at: datetime.datetime) -> None:
    submission.status = status
    submission.status_changed_at = at
    submission.save(update_fields=["status", "status_changed_at"])


def write_note(*, submission: Submission, author: AbstractBaseUser, text: str, at: datetime.datetime) -> Note:
    return Note.objects.create(submission=submission, author=author, text=text, written_at=at)  # type: ignore[misc]

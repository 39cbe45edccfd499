"""The staff's side: what they write on a submission."""

import datetime

from django.db import transaction

from intake.models import Note, Status, Submission


@transaction.atomic
def change_status(*, submission: Submission, status: Status, at: datetime.datetime) -> None:
    submission.status = status
    submission.status_changed_at = at
    submission.save(update_fields=["status", "status_changed_at"])


def write_note(*, submission: Submission, author: str, text: str, at: datetime.datetime) -> Note:
    """`author` is the account's user name."""
    return Note.objects.create(submission=submission, author=author, text=text, written_at=at)

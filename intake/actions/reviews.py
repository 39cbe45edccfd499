"""The staff's side: what they write on a submission."""

import datetime

from django.db import transaction

from intake import storage
from intake.models import Note, Status, Submission


@transaction.atomic
def change_status(*, submission: Submission, status: Status, at: datetime.datetime) -> None:
    submission.status = status
    submission.status_changed_at = at
    submission.save(update_fields=["status", "status_changed_at"])


def write_note(*, submission: Submission, author: str, text: str, at: datetime.datetime) -> Note:
    """`author` is the account's user name."""
    note = Note(submission=submission, author=author, written_at=at)
    storage.seal_note(note, text)
    note.save(force_insert=True)
    return note

"""The staff's side: what they write on a submission."""

import datetime

from clinic_site import audit
from intake import storage
from intake.models import Note, Status, Submission


class StatusChanged(Exception):
    """Somebody else set another status in the meantime. Nothing was changed."""


def change_status(
    *, submission: Submission, status: Status, by: str, at: datetime.datetime, seen: str | None = None
) -> None:
    """`by` is the account's user name, `seen` the status that it saw, None for the one that stands there.

    Raises StatusChanged.
    """
    seen = submission.status if seen is None else seen
    with audit.act(audit.Action.STATUS, by=by, submissions=[submission.pk], detail=f"{seen} to {status}"):
        changed = Submission.objects.filter(pk=submission.pk, status=seen).update(
            status=status, status_changed_at=at
        )
        if not changed:
            raise StatusChanged
    submission.status, submission.status_changed_at = status, at


def write_note(*, submission: Submission, author: str, text: str, at: datetime.datetime) -> Note:
    """`author` is the account's user name."""
    with audit.act(audit.Action.NOTE, by=author, submissions=[submission.pk]):
        note = Note(submission=submission, author=author, written_at=at)
        storage.seal_note(note, text)
        note.save(force_insert=True)
    return note

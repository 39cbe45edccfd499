"""A crisis is taken up by somebody, once, who writes down what was done."""

import datetime

from django.db import transaction

from clinic_site import audit
from intake import storage
from intake.models import Note, Submission


class AlreadyAcknowledged(Exception):
    """Somebody took it up before. Nothing was changed; `note` says who, when and what was done."""

    def __init__(self, note: Note | None) -> None:
        self.note = note


class NoCrisis(Exception):
    """Nothing in this submission calls for it."""


def acknowledge(*, submission: Submission, by: str, what_was_done: str, at: datetime.datetime) -> Note:
    """`by` is the account's user name. Raises AlreadyAcknowledged or NoCrisis."""
    if not submission.is_crisis:
        raise NoCrisis
    note = Note(submission=submission, author=by, written_at=at, acknowledges=True)
    storage.seal_note(note, what_was_done)
    in_the_trail = audit.act(audit.Action.NOTE, by=by, submissions=[submission.pk], detail="acknowledgement")
    with in_the_trail, transaction.atomic():
        # Of two at once one waits here, and then finds that it is done.
        waiting = Submission.objects.unacknowledged().filter(pk=submission.pk)
        if not waiting.update(acknowledged_at=at):
            raise AlreadyAcknowledged(submission.notes.filter(acknowledges=True).first())
        note.save(force_insert=True)
    submission.acknowledged_at = at
    return note

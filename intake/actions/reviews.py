"""The staff's side: what they write on a submission."""

import datetime
from collections.abc import Sequence
from contextlib import AbstractContextManager

from clinic_site import audit
from intake import storage
from intake.models import CallOutcome, Note, Status, Submission, Taken
from intake.models.submission import CLOSED, MOVES


class StatusChanged(Exception):
    """Somebody else set another status in the meantime. Nothing was changed."""


class AssignedElsewhere(Exception):
    """Somebody else gave it to somebody in the meantime. Nothing was changed."""


class MoveNotAllowed(Exception):
    """No submission goes from this status to that. Nothing was changed, and `str()` says so in words."""

    def __init__(self, seen: Status, status: Status) -> None:
        super().__init__(f"A submission cannot go from “{seen.label}” to “{status.label}”.")


class CrisisNotTakenUp(Exception):
    """Nobody has acknowledged that this person may be in danger, so it stays open. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__(
            "This person may be in danger, and nobody has taken that up. Write down above what was done; then decide."
        )


def change_status(
    *, submission: Submission, status: Status, by: str, at: datetime.datetime, seen: str | None = None
) -> None:
    """`by` is the account's user name, `seen` the status that it saw, None for the one that stands there.

    Raises StatusChanged, MoveNotAllowed, or CrisisNotTakenUp.
    """
    seen = submission.status if seen is None else seen
    if status not in MOVES[Status(seen)]:
        raise MoveNotAllowed(Status(seen), status)
    if status in CLOSED and Submission.objects.unacknowledged().filter(pk=submission.pk).exists():
        raise CrisisNotTakenUp
    with audit.act(audit.Action.STATUS, by=by, submissions=[submission.pk], detail=f"{seen} to {status}"):
        changed = Submission.objects.filter(pk=submission.pk, status=seen).update(
            status=status, status_changed_at=at
        )
        if not changed:
            raise StatusChanged
    submission.status, submission.status_changed_at = status, at


def assign(*, submission: Submission, to: str, by: str, seen: str | None = None) -> None:
    """`to` is an account's user name, "" for nobody; `seen` whom `by` saw there. Raises AssignedElsewhere."""
    seen = submission.assigned_to if seen is None else seen
    with assignment([submission], to=to, by=by):
        if not Submission.objects.filter(pk=submission.pk, assigned_to=seen).update(assigned_to=to):
            raise AssignedElsewhere
    submission.assigned_to = to


def assign_all(*, submissions: Sequence[Submission], to: str, by: str) -> int:
    """Whoever had them before: how many there were."""
    with assignment(submissions, to=to, by=by):
        return Submission.objects.filter(pk__in=[one.pk for one in submissions]).update(assigned_to=to)


def assignment(submissions: Sequence[Submission], *, to: str, by: str) -> AbstractContextManager[None]:
    detail = "assigned" if to else "unassigned"
    return audit.act(audit.Action.STATUS, by=by, submissions=[one.pk for one in submissions], detail=detail)


def write_note(*, submission: Submission, author: str, text: str, at: datetime.datetime) -> Note:
    """`author` is the account's user name."""
    with audit.act(audit.Action.NOTE, by=author, submissions=[submission.pk]):
        note = Note(submission=submission, author=author, written_at=at)
        storage.seal_note(note, text)
        note.save(force_insert=True)
    return note


def write_call(
    *,
    submission: Submission,
    author: str,
    outcome: CallOutcome,
    text: str,
    at: datetime.datetime,
    try_again_on: datetime.date | None = None,
) -> Note:
    """A call to the person, made just now. What was said may be left empty."""
    with audit.act(audit.Action.NOTE, by=author, submissions=[submission.pk], detail=f"call {outcome}"):
        call = Note(
            submission=submission, author=author, written_at=at, outcome=outcome, try_again_on=try_again_on
        )
        storage.seal_note(call, text)
        call.save(force_insert=True)
    return call


def tell_how_it_was_taken(*, submission: Submission, taken: Taken | None, by: str) -> None:
    """That staff typed it in for the person; None takes that back."""
    detail = f"typed_in {taken}" if taken else "typed_in deleted"
    with audit.act(audit.Action.STATUS, by=by, submissions=[submission.pk], detail=detail):
        Submission.objects.filter(pk=submission.pk).update(taken=taken or "")
    submission.taken = taken or ""

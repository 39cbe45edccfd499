"""How long submissions stay: clocks that the privacy officer sets, holds, orders to delete, and the worker's purge."""

import datetime
from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from clinic_site import audit
from intake.models import Note, RetentionClock, Status, Submission, Tombstone, WhyDeleted
from intake.models.submission import SubmissionQuerySet

SINCE = Coalesce("status_changed_at", "received_at")
BATCH = 100  # submissions; each of a batch goes, or none
MOST_AT_ONCE = 2000  # in one round; the next round takes the others


class IsHeld(Exception):
    """A legal hold keeps it. Nothing was changed."""


class AlreadyOrdered(Exception):
    """Somebody ordered that before. Nothing was changed."""


def set_clocks(*, days: Mapping[Status, int | None], by: str, at: datetime.datetime) -> list[Status]:
    """How long submissions are kept in each status that is named, None for ever: those that changed."""
    now = dict(RetentionClock.objects.values_list("status", "days"))
    changed = [status for status in days if days[status] != now.get(status)]
    for status in changed:
        detail = f"clock {'deleted' if days[status] is None else 'changed'} {status}"
        audit.write(audit.Action.RETENTION, by=by, detail=detail)
    with transaction.atomic():
        for status in changed:
            kept_for = days[status]
            if kept_for is None:
                RetentionClock.objects.filter(status=status).delete()
            else:
                RetentionClock.objects.update_or_create(
                    status=status, defaults={"days": kept_for, "set_by": by, "set_at": at}
                )
    return changed


def hold(*, submission: Submission, by: str, held: bool) -> None:
    """A legal hold, or its end."""
    detail = "hold set" if held else "hold ended"
    audit.write(audit.Action.RETENTION, by=by, submissions=[submission.pk], detail=detail)
    Submission.objects.filter(pk=submission.pk).update(held=held)
    submission.held = held


def order_deletion(
    *, submission: Submission, reason: WhyDeleted, by: str, at: datetime.datetime
) -> Tombstone:
    """The worker deletes it in its next round. Raises IsHeld or AlreadyOrdered."""
    if Submission.objects.filter(pk=submission.pk, held=True).exists():
        raise IsHeld
    audit.write(audit.Action.RETENTION, by=by, submissions=[submission.pk], detail="ordered")
    tombstone = Tombstone(submission=submission.pk, reason=reason, ordered_by=by, ordered_at=at)
    with transaction.atomic():
        Tombstone.objects.bulk_create([tombstone], ignore_conflicts=True)
        kept = Tombstone.objects.get(pk=submission.pk)
    if (kept.ordered_by, kept.ordered_at) != (by, at):
        raise AlreadyOrdered
    return tombstone


def past_their_time(
    clock: RetentionClock, *, ahead: datetime.timedelta = datetime.timedelta(0)
) -> SubmissionQuerySet:
    """What this clock lets go of, or will in the time `ahead`. By the database's clock, as its own rule has it."""
    rows = Submission.objects.of_patients().filter(held=False, status=clock.status)
    return rows.alias(since=SINCE).filter(since__lte=Now() + ahead - datetime.timedelta(days=clock.days))


def goes_on(submission: Submission) -> datetime.datetime | None:
    """When its clock lets go of it; None where no clock runs."""
    clock = RetentionClock.objects.filter(status=submission.status).first()
    since = submission.status_changed_at or submission.received_at
    return since + datetime.timedelta(days=clock.days) if clock and not submission.held else None


def purge(*, at: datetime.datetime) -> int:
    """Delete what was ordered and what is past its time: how many. Interrupted, the next round goes on."""
    deleted = 0
    for batch in batches_to_purge():
        deleted += purge_batch(batch, at=at)
        if deleted >= MOST_AT_ONCE:
            break
    return deleted


def batches_to_purge() -> Iterator[list[UUID]]:
    ordered = Tombstone.objects.filter(deleted_at=None).order_by("ordered_at")
    there = Submission.objects.of_patients().filter(held=False)
    while batch := list(
        there.filter(pk__in=ordered.values("submission")).values_list("pk", flat=True)[:BATCH]
    ):
        yield batch
    for clock in RetentionClock.objects.all():
        due = past_their_time(clock).order_by(SINCE, "pk")
        while batch := list(due.values_list("pk", flat=True)[:BATCH]):
            yield batch


def purge_batch(batch: list[UUID], *, at: datetime.datetime) -> int:
    audit.write(audit.Action.RETENTION, by=audit.WORKER, submissions=batch, detail="submissions deleted")
    with transaction.atomic():
        rows = Submission.objects.select_for_update().filter(pk__in=batch, held=False)
        going = list(rows.values_list("pk", flat=True))
        Note.objects.filter(submission__in=going).delete()
        Submission.objects.filter(pk__in=going).only("pk").delete()
        Tombstone.objects.bulk_create(
            [
                Tombstone(submission=pk, reason=WhyDeleted.TIME_OVER, ordered_by=audit.WORKER, ordered_at=at)
                for pk in going
            ],
            ignore_conflicts=True,  # one that was ordered has its own
        )
        Tombstone.objects.filter(pk__in=going).update(deleted_at=at)
    return len(going)

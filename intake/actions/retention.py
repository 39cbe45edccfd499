"""How long submissions stay: clocks that the privacy officer sets, holds, orders to delete, and the worker's purge."""

import datetime
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from clinic_site import audit
from intake.actions.notices import beat
from intake.models import Note, RetentionClock, Status, Submission, Tombstone, WhyDeleted
from intake.models.submission import SubmissionQuerySet
from intake.secret import reference_of

SINCE = Coalesce("status_changed_at", "received_at")
BATCH = 100  # submissions; each of a batch goes, or none
MOST_AT_ONCE = 2000  # in one round; the next round takes the others

logger = logging.getLogger(__name__)


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
    tombstone = Tombstone(submission=submission.pk, reason=reason, ordered_by=by, ordered_at=at)
    with audit.act(audit.Action.RETENTION, by=by, submissions=[submission.pk], detail="ordered"):
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
    deleted, stuck = 0, set[UUID]()
    for due in everything_due():
        while deleted < MOST_AT_ONCE and (batch := first_of(due, but=stuck)):
            beat(at=timezone.now())
            try:
                deleted += purge_batch(batch, due=due, at=at)
            except OperationalError:  # the database's own trouble, and no row's
                raise
            except DatabaseError:
                deleted += purge_one_by_one(batch, due=due, stuck=stuck, at=at)
    return deleted


def everything_due() -> Iterator[SubmissionQuerySet]:
    ordered = Tombstone.objects.filter(deleted_at=None).values("submission")
    yield Submission.objects.of_patients().filter(held=False, pk__in=ordered).order_by("pk")
    for clock in RetentionClock.objects.all():
        yield past_their_time(clock).order_by(SINCE, "pk")


def first_of(due: SubmissionQuerySet, *, but: Collection[UUID]) -> list[UUID]:
    return list(due.exclude(pk__in=but).values_list("pk", flat=True)[:BATCH])


def purge_one_by_one(
    batch: Iterable[UUID], *, due: SubmissionQuerySet, stuck: set[UUID], at: datetime.datetime
) -> int:
    """So that one which the database does not let go of keeps no other; it is put into `stuck`."""
    deleted = 0
    for pk in batch:
        try:
            deleted += purge_batch([pk], due=due, at=at)
        except DatabaseError as error:
            logger.error(
                "Submission %s is due and cannot be deleted (%s).", reference_of(pk), type(error).__name__
            )
            stuck.add(pk)
    return deleted


@transaction.atomic
def purge_batch(batch: Collection[UUID], *, due: SubmissionQuerySet, at: datetime.datetime) -> int:
    """Those of the batch that are still due: somebody may have opened one again, or held it, a moment ago."""
    going = list(due.filter(pk__in=batch).select_for_update().values_list("pk", flat=True))
    if not going:
        return 0
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
    audit.add(audit.Action.RETENTION, by=audit.WORKER, submissions=going, detail="submissions deleted")
    return len(going)

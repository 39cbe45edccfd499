"""The worker tells: notices are made from what is committed, and told at least once.

A notice is unique by submission, kind and channel, so none is made twice. Those that are due go out together, in one
message with a number of its own (`batch`), kept before it is sent: a worker that was killed in the middle sends that
same message again, and whoever gets it twice sees by its number that it is one.
"""

import datetime
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from time import monotonic
from uuid import UUID, uuid4

from django.contrib.postgres.functions import RandomUUID
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef
from django.utils import timezone

from clinic_site import audit
from clinic_site.clinic import Clinic, current_clinic
from intake import storage, telling
from intake.models import Channel, Heartbeat, Notice, NoticeKind, Priority, Submission
from intake.models.submission import SubmissionQuerySet
from intake.sealing import CannotOpen

MOST_AT_ONCE = 500  # submissions in one round; the next round takes the others
FIRST_PAUSE = datetime.timedelta(seconds=30)  # doubled with each try that failed
LONGEST_PAUSE = datetime.timedelta(minutes=5)
MOST_REPLIES = 50  # letters to patients in one round, none begun after as many seconds as:
LONGEST_REPLYING = 10  # so that the next crisis does not wait behind them
REPLY_TRIED_FOR = datetime.timedelta(days=3)
DIGEST_FROM = datetime.time(7)  # at the clinic
ONE_WORKER = 8_263_017_254_402_118_365  # the number of a lock in the database

logger = logging.getLogger(__name__)


def beat(*, at: datetime.datetime) -> None:
    """Show that the worker lives."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(pk=1, at=at)], update_conflicts=True, unique_fields=["id"], update_fields=["at"]
    )


# Making


def make_notices(*, at: datetime.datetime) -> int:
    """For everything committed that nobody was told of: how many were made."""
    clinic = current_clinic()
    return (
        make_alerts(clinic, at=at)
        + make_escalations(clinic, at=at)
        + make_replies(at=at)
        + make_digest(clinic, at=at)
    )


def make_alerts(clinic: Clinic, *, at: datetime.datetime) -> int:
    """Of each crisis at once: by mail, and by each pager where somebody is at risk now or there is no mail."""
    crises = Submission.objects.unacknowledged().filter(alerted_at=None)
    channels = telling.channels(clinic)
    made = 0
    for channel in channels:
        only_now = channel is not Channel.MAIL and Channel.MAIL in channels
        these = crises.filter(priority=Priority.CRISIS_NOW) if only_now else crises
        made += make_of(these, NoticeKind.CRISIS, channel, at=at)
    return made


def make_escalations(clinic: Clinic, *, at: datetime.datetime) -> int:
    """Of each crisis that nobody acknowledged within the clinic's limit."""
    limit = datetime.timedelta(minutes=clinic.acknowledge_within_minutes)
    late = Submission.objects.unacknowledged().filter(received_at__lte=at - limit)
    return sum(make_of(late, NoticeKind.ESCALATION, channel, at=at) for channel in telling.channels(clinic))


def make_replies(*, at: datetime.datetime) -> int:
    """To people who asked to hear that their form has arrived: that takes their answers, so each is opened once.

    What a robot may have sent asks for nothing: the address may be anybody's.
    """
    new = Submission.objects.of_patients().filter(noticed_at=None, opens=True)
    those = list(new.with_version().defer("body").order_by("received_at")[:MOST_AT_ONCE])
    to_open = [one for one in those if telling.can_mail() and not one.quarantined]
    if to_open:
        audit.write(audit.Action.KEY, by=audit.WORKER, submissions=[one.pk for one in to_open], detail="head")
    asked = [one for one in to_open if address_of(one)]
    with transaction.atomic():
        made = add(NoticeKind.RECEIVED, Channel.MAIL, [one.pk for one in asked], at=at)
        Submission.objects.filter(pk__in=[one.pk for one in those]).update(noticed_at=at)
    return made


def make_digest(clinic: Clinic, *, at: datetime.datetime) -> int:
    """Once a day, also where nothing waits: it shows that the worker lives."""
    here = timezone.localtime(at)
    if here.time() < DIGEST_FROM or Channel.MAIL not in telling.channels(clinic):
        return 0
    todays = Notice.objects.filter(kind=NoticeKind.DIGEST, day=here.date(), channel=Channel.MAIL)
    if todays.exists():
        return 0
    digest = Notice(kind=NoticeKind.DIGEST, channel=Channel.MAIL, day=here.date(), made_at=at, next_try_at=at)
    Notice.objects.bulk_create([digest], ignore_conflicts=True)
    return 1


def make_of(rows: SubmissionQuerySet, kind: NoticeKind, channel: Channel, *, at: datetime.datetime) -> int:
    made = Notice.objects.filter(submission=OuterRef("pk"), kind=kind, channel=channel)
    missing = rows.filter(~Exists(made)).order_by("priority", "received_at")
    return add(kind, channel, list(missing.values_list("pk", flat=True)[:MOST_AT_ONCE]), at=at)


def add(kind: NoticeKind, channel: Channel, submissions: Sequence[UUID], *, at: datetime.datetime) -> int:
    Notice.objects.bulk_create(
        (
            Notice(kind=kind, channel=channel, submission_id=pk, made_at=at, next_try_at=at)
            for pk in submissions
        ),
        ignore_conflicts=True,  # another worker was quicker
    )
    return len(submissions)


def address_of(submission: Submission) -> str:
    """Where the person asked us to write to; "" where they did not ask, and where the form does not open."""
    try:
        return storage.read_head(submission).mail_to
    except CannotOpen:
        return ""


# Telling


def tell(*, at: datetime.datetime) -> int:
    """Send what is due, the most urgent first. What fails is tried again later: how many messages went out.

    A way that fails is left alone until the next round, so that what goes another way does not wait for it.
    """
    with alone() as is_alone:
        if not is_alone:
            return 0
        gather(at=at)
        told, broken, began = 0, set(), monotonic()
        for notices in due_together(at=at):
            first = notices[0]
            if first.kind == NoticeKind.RECEIVED and monotonic() - began > LONGEST_REPLYING:
                break
            if first.channel not in broken:
                beat(at=timezone.now())
                try:
                    told += tell_together(notices, at=at)
                except telling.NotTold:
                    broken.add(first.channel)
        return told


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other worker is telling at this moment. The database lets go of a worker that was killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", [ONE_WORKER])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [ONE_WORKER])


def gather(*, at: datetime.datetime) -> None:
    """Give what is due to be told together one number: staff get one message, each person their own."""
    free = Notice.objects.unsent().filter(batch=None, next_try_at__lte=at)
    for kind, channel in free.order_by().values_list("kind", "channel").distinct():
        number = RandomUUID() if kind == NoticeKind.RECEIVED else uuid4()  # one for each row, or one for all
        free.filter(kind=kind, channel=channel).update(batch=number)


def due_together(*, at: datetime.datetime) -> Iterator[list[Notice]]:
    """What has one number, crises first and people who only want to hear that it arrived last."""
    due = Notice.objects.unsent().filter(next_try_at__lte=at, channel__in=telling.ways_out())
    numbered = due.exclude(batch=None).select_related("submission")
    rows = numbered.only("kind", "channel", "batch", "tries", "made_at", "submission__priority")
    for kind in (NoticeKind.CRISIS, NoticeKind.ESCALATION, NoticeKind.DIGEST):
        of_kind = rows.filter(kind=kind).order_by("channel", "batch")
        yield from (list(notices) for _, notices in groupby(of_kind, key=lambda one: one.batch))
    yield from ([reply] for reply in rows.filter(kind=NoticeKind.RECEIVED).order_by("made_at")[:MOST_REPLIES])


def tell_together(notices: list[Notice], *, at: datetime.datetime) -> int:
    """How many messages went out: 1 or 0. Raises NotTold where this way takes no other either."""
    first = notices[0]
    try:
        message = message_of(notices)
        if message is not None:
            telling.send(message, Channel(first.channel), number=first.batch or uuid4())
    except telling.NotTaken as refusal:
        not_told(notices, str(refusal), is_final=refusal.is_final, at=at)
        return 0
    except telling.NotTold as failure:
        not_told(notices, str(failure), is_final=False, at=at)
        raise
    except Exception as error:  # whatever is wrong with it must not keep the others from being told
        not_told(notices, type(error).__name__, is_final=False, at=at)
        return 0
    mark_told(notices, at=at)
    return int(message is not None)


def not_told(notices: list[Notice], why: str, *, is_final: bool, at: datetime.datetime) -> None:
    """To be tried again; a reply that nobody takes is given up."""
    first = notices[0]
    if first.kind == NoticeKind.RECEIVED and (is_final or first.made_at < at - REPLY_TRIED_FOR):
        logger.warning("%s: not told, and given up. %s", first, why)
        first.delete()
    else:
        logger.error("%s: not told, and tried again. %s", first, why)
        put_off(notices, at=at)


def message_of(notices: list[Notice]) -> telling.Message | None:
    clinic, first = current_clinic(), notices[0]
    match first.kind:
        case NoticeKind.RECEIVED:
            submission = Submission.objects.with_version().defer("body").get(notices=first)
            audit.write(audit.Action.KEY, by=audit.WORKER, submissions=[submission.pk], detail="head")
            address = address_of(submission)
            return telling.reply(clinic, to=address, language=submission.language) if address else None
        case NoticeKind.DIGEST:
            return telling.digest(clinic, open_by_level())
    levels = [Priority(one.submission.priority) for one in notices if one.submission]
    return telling.alert(clinic, NoticeKind(first.kind), levels)


def open_by_level() -> dict[Priority, int]:
    rows = Submission.objects.of_patients().open().order_by().values_list("priority")
    found = dict(rows.annotate(how_many=Count("pk")))
    return {level: found[level] for level in Priority if level in found}


def put_off(notices: Iterable[Notice], *, at: datetime.datetime) -> None:
    """It was not taken, so that what comes meanwhile may go along with it."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(20, max(one.tries for one in notices)))
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(
        tries=F("tries") + 1, next_try_at=at + pause, batch=None
    )


@transaction.atomic
def mark_told(notices: Iterable[Notice], *, at: datetime.datetime) -> None:
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(sent_at=at, tries=F("tries") + 1)
    alerted = [one.submission_id for one in notices if one.kind in (NoticeKind.CRISIS, NoticeKind.ESCALATION)]
    Submission.objects.filter(pk__in=alerted, alerted_at=None).update(alerted_at=at)

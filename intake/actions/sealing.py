"""The worker's side: canaries, the first look at what arrived, rows sealed to another key."""

import datetime
import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from clinic_site import audit
from intake import storage
from intake.actions.searching import enter_people
from intake.keys import Keyring, PublicKey
from intake.models import Kind, Note, Priority, QuestionnaireVersion, Submission
from intake.process_keys import recipients
from intake.sealing import CannotOpen, Why

MOST_AT_ONCE = 500  # new submissions in one round; the next round takes the others
WRAPS = ["clinic_key_id", "clinic_wrap", "escrow_key_id", "escrow_wrap"]
CANARY_LIFETIME = datetime.timedelta(days=2)

logger = logging.getLogger(__name__)


def seal_canary(*, version: QuestionnaireVersion, at: datetime.datetime) -> uuid.UUID:
    """Send a submission of nobody's, sealed as a patient's is, so that the worker can see that it opens.

    Done by the process that serves the public, in its own environment: a public key that somebody exchanged there
    is noticed by this alone.
    """
    canary = Submission(
        id=uuid.uuid4(),
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        rules_hash=version.rules_hash,
        language=version.language,
        kind=Kind.CANARY,
        priority=Priority.ROUTINE,
        received_at=at,
    )
    storage.seal_canary(canary)
    Submission.objects.bulk_create([canary], ignore_conflicts=True)
    return canary.id


def delete_old_canaries(*, at: datetime.datetime) -> int:
    """How many; the newest that opened stays, so that staff see since when none did."""
    newest = Submission.objects.canaries().filter(opens=True).order_by("-received_at").values("pk")[:1]
    old = Submission.objects.canaries().filter(received_at__lt=at - CANARY_LIFETIME)
    deleted, _ = old.exclude(pk__in=newest).delete()
    return deleted


@dataclass(frozen=True, slots=True)
class FirstLook:
    opened: int
    closed: int
    """Rows that no key here opens."""


def look_at_new_submissions() -> FirstLook:
    """Try the head of each submission that nobody tried yet, and note on its row whether it opens.

    One that is sealed to another escrow key than this process knows counts as closed: somebody else may open it.
    """
    new = Submission.objects.filter(opens=None).order_by("-received_at", "id")
    return look_at(new.values_list("pk", flat=True)[:MOST_AT_ONCE])


def try_again_what_does_not_open() -> Iterator[int]:
    """Batch by batch, how many were tried. For a process that was just started: with its keys they may open.

    Until then they count as closed, so that the alarm stays, and wait behind no others and before none.
    """
    closed = Submission.objects.filter(opens=False).order_by("-received_at", "id")
    pks = list(closed.values_list("pk", flat=True))
    for start in range(0, len(pks), MOST_AT_ONCE):
        batch = pks[start : start + MOST_AT_ONCE]
        look_at(batch)
        yield len(batch)


def look_at(pks: Iterable[uuid.UUID]) -> FirstLook:
    pks, opened, closed, people = list(pks), [], [], []
    if pks:
        audit.write(audit.Action.KEY, by=audit.WORKER, submissions=pks, detail="head")
    for submission in Submission.objects.filter(pk__in=pks).with_version().defer("body"):
        try:
            head = storage.try_to_open(submission)
            if submission.escrow_key_id != recipients().escrow.id:
                raise CannotOpen(Why.NO_KEY, submission.escrow_key_id)
        except CannotOpen as refusal:
            if submission.opens is None:  # else it was told before
                logger.critical("Submission %s does not open. %s", submission.reference, refusal)
            closed.append(submission.pk)
        else:
            opened.append(submission.pk)
            if head is not None:
                people.append((submission, head))
    enter_people(people)
    Submission.objects.filter(pk__in=opened).update(opens=True)
    Submission.objects.filter(pk__in=closed, opens=None).update(opens=False)
    return FirstLook(len(opened), len(closed))


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one batch."""

    done: int
    closed: int
    """Rows that do not open; they stay as they are."""


def count_sealed_to(key_id: str) -> int:
    """Rows whose key is sealed to this key: submissions and notes."""
    return sum(sealed_to(model, key_id).count() for model in (Submission, Note))


def reseal(*, replacing: str, to: PublicKey, opened_with: Keyring, batch: int) -> Iterator[Resealed]:
    """Seal the key of each row again, to `to` instead of the key with the id `replacing`, `batch` rows at a time.

    Each batch is a transaction of its own: whoever stops in the middle has lost nothing, and begins again where it was.
    """
    for model in (Submission, Note):
        last = None
        while rows := list(rows_after(model, last, replacing)[:batch]):
            last = rows[-1]
            yield reseal_batch(model, rows, replacing=replacing, to=to, opened_with=opened_with)


def sealed_to(model: type[Submission] | type[Note], key_id: str) -> QuerySet[Any]:
    return model._default_manager.filter(Q(clinic_key_id=key_id) | Q(escrow_key_id=key_id))


def rows_after(model: type[Submission] | type[Note], last: Any, key_id: str) -> QuerySet[Any, Any]:
    """The primary keys of those that follow."""
    rows = sealed_to(model, key_id)
    following = rows if last is None else rows.filter(pk__gt=last)
    return following.order_by("pk").values_list("pk", flat=True)


@transaction.atomic
def reseal_batch(
    model: type[Submission] | type[Note],
    batch: Sequence[Any],
    *,
    replacing: str,
    to: PublicKey,
    opened_with: Keyring,
) -> Resealed:
    about = "questionnaire_version" if model is Submission else "submission"
    rows = (
        sealed_to(model, replacing).filter(pk__in=batch).select_for_update(of=("self",)).select_related(about)
    )
    sealed_anew, closed = [], 0
    for row in rows:
        try:
            storage.reseal(row, replacing=replacing, to=to, opened_with=opened_with)
        except CannotOpen as refusal:
            logger.error("%s %s was not sealed again. %s", model._meta.verbose_name, row.pk, refusal)
            closed += 1
        else:
            sealed_anew.append(row)
    model._default_manager.bulk_update(sealed_anew, WRAPS)
    if model is Submission:  # where none of the worker's keys opened it, the new one may
        Submission.objects.filter(pk__in=[row.pk for row in sealed_anew], opens=False).update(opens=None)
    return Resealed(len(sealed_anew), closed)

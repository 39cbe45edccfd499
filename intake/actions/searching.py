"""The worker's side of the search: an entry for each submission that opens."""

import logging
from collections.abc import Iterable

from django.db import transaction

from clinic_site import audit
from intake import search, storage
from intake.models import SearchEntry, Submission
from intake.models.submission import SubmissionQuerySet
from intake.sealing import CannotOpen

MOST_AT_ONCE = 1000  # entries in one round; the next round takes the others

logger = logging.getLogger(__name__)


def enter_people(opened: Iterable[tuple[Submission, storage.Head]]) -> None:
    """So that staff find them. One that has an entry keeps it."""
    key = search.key_to_write_with()
    entries = [search.new_entry(submission, head, key) for submission, head in opened]
    SearchEntry.objects.bulk_create(entries, ignore_conflicts=True)


def without_entry() -> SubmissionQuerySet:
    """Those that open and have no entry, or one under a key that was exchanged."""
    rows = Submission.objects.of_patients().filter(opens=True)
    return rows.exclude(search_entry__key_id=search.key_to_write_with().id)


def enter_missing_people() -> int:
    """Enter them, open forms and the newest first: how many there were. To be called again until that is none.

    An old entry is replaced by the new one in the same moment, so that everybody is found while it goes on.
    """
    rows = without_entry().with_version().defer("body").order_by("-received_at")
    batch = list(rows.open()[:MOST_AT_ONCE])
    batch += rows.closed()[: MOST_AT_ONCE - len(batch)]
    if not batch:
        return 0
    pks = [submission.pk for submission in batch]
    audit.write(audit.Action.KEY, by=audit.WORKER, submissions=pks, detail="head")
    known = search.people_of(SearchEntry.objects.filter(submission__in=pks))
    key, entries, closed = search.key_to_write_with(), [], []
    for submission in batch:
        try:
            person = known.get(submission.pk) or search.person_of(submission, storage.read_head(submission))
        except CannotOpen as refusal:
            logger.critical("Submission %s does not open. %s", submission.reference, refusal)
            closed.append(submission.pk)
        else:
            entries.append(search.entry_for(submission.pk, person, key))
    with transaction.atomic():
        SearchEntry.objects.filter(submission__in=pks).exclude(key_id=key.id).delete()
        SearchEntry.objects.bulk_create(entries, ignore_conflicts=True)  # another worker was quicker
        Submission.objects.filter(pk__in=closed).update(opens=False)  # the alarm tells of it
    return len(batch)

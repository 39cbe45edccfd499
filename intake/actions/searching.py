"""The worker's side of the search: an entry for each submission that opens."""

from collections.abc import Iterable

from intake import search, storage
from intake.models import SearchEntry, Submission
from intake.sealing import CannotOpen

MOST_MISSING = 2000  # entries that are made up for in one round


def enter_people(opened: Iterable[tuple[Submission, storage.Head]]) -> None:
    """So that staff find them. One that has an entry keeps it."""
    key = search.key_to_write_with()
    entries = [search.new_entry(submission, head, key) for submission, head in opened]
    SearchEntry.objects.bulk_create(entries, ignore_conflicts=True)


def enter_missing_people() -> int:
    """For what was sent before there was a search, or is entered under a key that was exchanged; how many."""
    key = search.key_to_write_with()
    SearchEntry.objects.exclude(key_id=key.id).delete()
    missing = Submission.objects.of_patients().filter(opens=True, search_entry=None).with_version()
    opened = []
    for submission in missing.defer("body")[:MOST_MISSING]:
        try:
            opened.append((submission, storage.read_head(submission)))
        except CannotOpen:  # the alarm tells of it
            continue
    enter_people(opened)
    return len(opened)

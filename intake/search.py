"""Finding people. What they are found by is sealed, so only a process with the clinic's private key can search.

The worker writes a SearchEntry for each submission on its first look: who sent it, sealed under a key that is derived
from the clinic's private key, and a keyed mark for each thing that finds exactly that person. The staff's process
keeps the people of the open submissions in memory, where a search may be tolerant; older ones are found by their marks.
"""

import datetime
import hmac
import json
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from clinic_site import audit
from intake import sealing, storage
from intake.keys import PrivateKey
from intake.models import SearchEntry, Submission
from intake.models.search import MARK_LENGTH
from intake.models.submission import OPEN
from intake.people import Person, Term, likeness, matches
from intake.process_keys import keyring, recipients
from intake.questionnaires.definition import QuestionnaireRefused
from intake.questionnaires.triage import RulesRefused
from intake.sealing import CannotOpen, Why

MOST_IN_MEMORY = 50_000  # people; about 1 kB each
MOST_FOUND = 50  # submissions
MOST_UNTRIED = 500  # submissions that the worker did not look at yet
KEPT_FOR = 60 * 60  # seconds; then read anew, so that what was deleted is forgotten here too
OVERLAP = 1000  # entries: of two that are written at once the later number may be committed first


# Who it is


def person_of(submission: Submission, head: storage.Head) -> Person:
    """From the opened head; without phone and e-mail where the version can no longer be read."""
    version = submission.questionnaire_version
    try:
        questions, identity = version.as_written, version.rules.identity
    except (QuestionnaireRefused, RulesRefused):
        return Person(head.name, head.birth_date, (), ())

    def given(part: str) -> tuple[str, ...]:
        link_id = identity.get(part)
        text = questions.item(link_id).text if link_id else None
        return tuple(answer for label, answer in head.contact if label == text)

    return Person(head.name, head.birth_date, given("phone"), given("email"))


# Entries, written by the worker


def key_to_write_with() -> PrivateKey:
    """The one that patients' answers are sealed to now."""
    keys, clinic = keyring(), recipients().clinic.id
    return keys[clinic] if clinic in keys else next(iter(keys))


def new_entry(submission: Submission, head: storage.Head, key: PrivateKey) -> SearchEntry:
    return entry_for(submission.pk, person_of(submission, head), key)


def entry_for(submission_id: uuid.UUID, person: Person, key: PrivateKey) -> SearchEntry:
    written = {
        "name": person.name,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "phones": person.phones,
        "emails": person.emails,
    }
    contents = sealing.seal_entry(storage.as_bytes(written), key=seal_key(key), submission_id=submission_id)
    return SearchEntry(
        submission_id=submission_id, key_id=key.id, contents=contents, marks=sorted(marks(person.traits, key))
    )


def marks(traits: Iterable[str], key: PrivateKey) -> set[str]:
    """Without the key nobody can compute them, so nobody can try out names or birth dates."""
    secret = key.derived(b"clinic search marks v1")
    return {hmac.digest(secret, trait.encode(), "sha256").hex()[:MARK_LENGTH] for trait in traits}


def seal_key(key: PrivateKey) -> bytes:
    return key.derived(b"clinic search entries v1")


def read_entries(
    rows: Iterable[tuple[uuid.UUID, str, bytes | memoryview]],
) -> Iterator[tuple[uuid.UUID, Person]]:
    """Rows of submission, key id and contents. One that does not open is passed over: the worker makes it anew."""
    keys = {key.id: seal_key(key) for key in keyring()}
    for submission_id, key_id, contents in rows:
        if key_id in keys:
            try:
                opened = sealing.open_entry(bytes(contents), key=keys[key_id], submission_id=submission_id)
                yield submission_id, person_from(opened)
            except CannotOpen:
                continue


def person_from(opened: bytes) -> Person:
    try:
        entry = json.loads(opened)
        born = datetime.date.fromisoformat(entry["birth_date"]) if entry["birth_date"] else None
        return Person(str(entry["name"]), born, tuple(entry["phones"]), tuple(entry["emails"]))
    except (LookupError, TypeError, ValueError):
        raise CannotOpen(Why.CONTENTS) from None


# The people of open submissions, in the memory of the staff's process


@dataclass
class PeopleInMemory:
    """Filled by the first search and kept up to date by each. Nothing of it is ever written anywhere."""

    people: dict[uuid.UUID, Person] = field(default_factory=dict)
    untried: dict[uuid.UUID, Person] = field(default_factory=dict)
    """Of those that have no entry yet."""
    last_entry: int = 0
    read_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refreshed(self, by: str) -> "PeopleInMemory":
        """`by` is the account that looks, for the trail: what has no entry yet is opened for it."""
        with self.lock:
            if time.monotonic() - self.read_at > KEPT_FOR:
                self.people, self.untried, self.last_entry = {}, {}, 0
                self.read_at = time.monotonic()
            self.read_new_entries()
            self.read_untried(by)
        return self

    def refreshed_untried(self, by: str) -> dict[uuid.UUID, Person]:
        with self.lock:
            self.read_untried(by)
        return self.untried

    def read_new_entries(self) -> None:
        entries = SearchEntry.objects.order_by("-pk")
        if self.last_entry:
            newest = entries.filter(pk__gt=self.last_entry - OVERLAP).values_list("pk", "submission_id")
            entries = entries.filter(
                pk__in=[pk for pk, submission_id in newest if submission_id not in self.people]
            )
        else:
            entries = entries.filter(submission__status__in=OPEN)
        rows = list(entries.values_list("pk", "submission_id", "key_id", "contents")[:MOST_IN_MEMORY])
        self.last_entry = max([self.last_entry, *(pk for pk, *_ in rows)])
        self.people |= read_entries(row[1:] for row in rows)
        for oldest in list(self.people)[: max(0, len(self.people) - MOST_IN_MEMORY)]:
            del self.people[oldest]

    def read_untried(self, by: str) -> None:
        """What arrived in the last minute is found too."""
        new = Submission.objects.of_patients().filter(opens=None).order_by("-received_at")
        pks = set(new.values_list("pk", flat=True)[:MOST_UNTRIED])
        self.untried = {pk: person for pk, person in self.untried.items() if pk in pks}
        missing = pks - set(self.untried)
        if missing:
            audit.write(audit.Action.KEY, by=by, submissions=sorted(missing), detail="head")
            for submission in Submission.objects.filter(pk__in=missing).with_version().defer("body"):
                try:
                    self.untried[submission.pk] = person_of(submission, storage.read_head(submission))
                except CannotOpen:
                    continue

    def found(self, term: Term) -> dict[uuid.UUID, str]:
        everybody = {**self.people, **self.untried}
        hits = ((pk, matches(term, person)) for pk, person in everybody.items())
        return {pk: by for pk, by in hits if by}


in_memory = PeopleInMemory()


def find_people(term: Term, *, by: str) -> dict[uuid.UUID, str]:
    """By submission, what the person is found by. Closed submissions only by what is typed exactly.

    `by` is the account that looks.
    """
    if term.is_empty:
        return {}
    found = in_memory.refreshed(by).found(term)
    for submission_id, person in marked(term.traits, limit=MOST_FOUND + 1):
        if what := matches(term, person):
            found.setdefault(submission_id, what)
    return found


def same_person(submission: Submission, head: storage.Head, *, by: str) -> dict[uuid.UUID, str]:
    """Other submissions that are this person's, as far as two things that they gave say; by submission, which."""
    person = person_of(submission, head)
    others = dict(marked(person.traits, limit=10 * MOST_FOUND))
    others |= in_memory.refreshed_untried(by)
    others.pop(submission.pk, None)
    likenesses = ((pk, likeness(person, other)) for pk, other in others.items())
    return dict([(pk, by) for pk, by in likenesses if by][:MOST_FOUND])


def marked(traits: Collection[str], *, limit: int) -> Iterator[tuple[uuid.UUID, Person]]:
    if not traits:
        return iter(())
    wanted = set().union(*(marks(traits, key) for key in keyring()))
    entries = SearchEntry.objects.filter(marks__overlap=sorted(wanted)).order_by("-pk")
    return read_entries(entries.values_list("submission_id", "key_id", "contents")[:limit])

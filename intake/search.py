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

from django.db.models import Max, QuerySet

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
    """Filled by the first search and kept up to date by each. Nothing of it is ever written anywhere.

    What it holds is replaced and never changed, so that one thread searches while another reads anew.
    """

    people: dict[uuid.UUID, Person] = field(default_factory=dict)
    """The oldest form first."""
    untried: dict[uuid.UUID, Person] = field(default_factory=dict)
    """Of those that have no entry yet."""
    last_entry: int = 0
    seen: frozenset[int] = frozenset()
    """The numbers of the last entries, up to that one."""
    read_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def everybody(self, by: str) -> dict[uuid.UUID, Person]:
        """`by` is the account that looks, for the trail: what has no entry yet is opened for it."""
        with self.lock:
            if time.monotonic() - self.read_at > KEPT_FOR:
                self.read_all_entries()
            else:
                self.read_new_entries()
            self.read_untried(by)
            return {**self.people, **self.untried}

    def refreshed_untried(self, by: str) -> dict[uuid.UUID, Person]:
        with self.lock:
            self.read_untried(by)
            return self.untried

    def read_all_entries(self) -> None:
        began, self.last_entry = time.monotonic(), newest_entry()
        self.seen = frozenset(self.last_entries())
        newest_first = entries_of_open().order_by("-submission__received_at", "-pk")
        self.people = dict(reversed(people_of(newest_first[:MOST_IN_MEMORY]).items()))
        self.read_at, self.untried = began, {}

    def read_new_entries(self) -> None:
        last_entry = newest_entry()
        numbers = frozenset(self.last_entries())
        if unknown := numbers - self.seen:
            entries = entries_of_open().filter(pk__in=unknown).order_by("submission__received_at", "pk")
            people = {**self.people, **people_of(entries)}
            self.people = dict(list(people.items())[-MOST_IN_MEMORY:])
        self.last_entry, self.seen = last_entry, numbers

    def last_entries(self) -> Iterable[int]:
        return entries_of_open().filter(pk__gt=self.last_entry - OVERLAP).values_list("pk", flat=True)

    def read_untried(self, by: str) -> None:
        """What arrived in the last minute is found too."""
        new = Submission.objects.of_patients().filter(opens=None).order_by("-received_at")
        pks = set(new.values_list("pk", flat=True)[:MOST_UNTRIED])
        untried = {pk: person for pk, person in self.untried.items() if pk in pks}
        missing = pks - set(untried)
        if missing:
            audit.write(audit.Action.KEY, by=by, submissions=sorted(missing), detail="head")
            for submission in Submission.objects.filter(pk__in=missing).with_version().defer("body"):
                try:
                    untried[submission.pk] = person_of(submission, storage.read_head(submission))
                except CannotOpen:
                    continue
        self.untried = untried


def entries_of_open() -> QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(submission__status__in=OPEN)


def newest_entry() -> int:
    """Its number. To be asked for first: what is written meanwhile is read twice, and not passed over."""
    return SearchEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def people_of(entries: QuerySet[SearchEntry]) -> dict[uuid.UUID, Person]:
    """By submission."""
    return dict(read_entries(entries.values_list("submission_id", "key_id", "contents")))


in_memory = PeopleInMemory()


def find_people(term: Term, *, by: str) -> dict[uuid.UUID, str]:
    """By submission, what the person is found by. Closed submissions only by what is typed exactly.

    `by` is the account that looks.
    """
    if term.is_empty:
        return {}
    people = in_memory.everybody(by).items()
    found = {pk: what for pk, person in people if (what := matches(term, person))}
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

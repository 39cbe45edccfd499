"""Rows of the review desk: the queue's first page, a search, one submission opened, each with its audit event.

`make bench` fills in BENCH_SUBMISSIONS and BENCH_PEOPLE; without them a few rows show that it works.
"""

import os
import uuid
from collections.abc import Iterator

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from clinic_site.accounts.groups import CLINICIAN
from intake import actions, search, storage
from intake.models import Priority, SearchEntry, Status, Submission
from intake.people import Person, Term
from intake.process_keys import keyring
from intake.questionnaires.triage import triage
from tests.bench.measuring import Row
from tests.bench.sealing import A_PAGE, screening_version, submission_of
from tests.screening_answers import RULES, SCREENING, TODAY, answers_of
from tests.signing_in import sign_in

QUEUE = "/admin/intake/submission/"
# Of what is not on the first page only the columns in the clear matter: bytes that compress make a million fit.
# One in thirty is open, as after some years.
CHANGED = {
    "id": "gen_random_uuid()",
    "priority": "3 + number %% 3",
    "received_at": "now() - number * interval '1 second'",
    "status": "CASE WHEN number %% 30 = 0 OR NOT {is_closed} THEN 'new' ELSE 'archived' END",
    "head": "zeros.head",
    "body": "zeros.body",
    "clinic_wrap": "zeros.wrap",
    "escrow_wrap": "zeros.wrap",
}
MANY = """
WITH zeros AS MATERIALIZED (
    SELECT decode(repeat('00', 4112), 'hex') AS head, decode(repeat('00', 32784), 'hex') AS body,
        decode(repeat('00', 1168), 'hex') AS wrap
)
INSERT INTO intake_submission ({columns})
SELECT {values} FROM intake_submission AS one, zeros, generate_series(%s, %s) AS number WHERE one.id = %s
"""


def rows() -> Iterator[Row]:
    urgent, client = seal_a_page(), signed_in()
    submissions = int(os.environ.get("BENCH_SUBMISSIONS", "100"))
    for count in dict.fromkeys((min(1000, submissions), submissions)):
        fill_up(urgent, to=count)
        yield Row(f"the queue's first page, {count:,} submissions", lambda: client.get(QUEUE), budget=60)
    address = f"{QUEUE}{urgent.pk}/change/"
    yield Row("one submission opened, with its audit event", lambda: client.get(address), budget=100)
    people = int(os.environ.get("BENCH_PEOPLE", "100"))
    enter(people)
    yield Row(f"a search among {people:,} open ones, warm", look_for_somebody, budget=300)
    yield Row(
        f"a search among {people:,} open ones, cold", look_for_somebody, budget=2000, before=forget_everybody
    )


def seal_a_page() -> Submission:
    """The first page in full, sealed; returns one of it."""
    version, answers = screening_version(), answers_of({})
    result = triage(SCREENING, RULES, answers, today=TODAY)
    page = [submission_of(version) for _ in range(A_PAGE)]
    for one in page:
        one.priority = Priority.CRISIS
        storage.seal_submission(one, answers, result)
    Submission.objects.bulk_create(page)
    actions.look_at_new_submissions()
    return page[0]


def signed_in() -> Client:
    nurse = User.objects.create_user(f"bench-{uuid.uuid4()}", is_staff=True)
    nurse.groups.add(Group.objects.get(name=CLINICIAN))
    client = Client(SERVER_NAME="localhost")
    sign_in(client, nurse)
    return client


def fill_up(like: Submission, *, to: int) -> None:
    """Until there are so many submissions."""
    copy(like, first=Submission.objects.count() + 1, last=to, is_closed=True)


def copy(like: Submission, *, first: int, last: int, is_closed: bool) -> None:
    columns = [field.column for field in Submission._meta.concrete_fields]
    values = ", ".join(CHANGED.get(column, f"one.{column}") for column in columns)
    sql = MANY.format(columns=", ".join(columns), values=values.format(is_closed=is_closed))
    with connection.cursor() as cursor:
        # As the tables' owner: of any other the database makes each new row a new submission that nobody has seen.
        cursor.execute("SELECT current_role")
        (role,) = cursor.fetchone() or ("",)
        cursor.execute("RESET ROLE")
        cursor.execute(sql, [first, last, like.pk])
        cursor.execute("ANALYZE intake_submission")
        cursor.execute(f'SET ROLE "{role}"')


def enter(count: int) -> None:
    """So many people whom a search looks through, on submissions that are there or are made for it."""
    first = Submission.objects.filter(status=Status.NEW, priority=Priority.CRISIS)[0]
    there = Submission.objects.filter(status=Status.NEW, search_entry=None)
    copy(first, first=1, last=count - there.count(), is_closed=False)
    key = next(iter(keyring()))
    numbered = enumerate(there.values_list("pk", flat=True)[:count])
    SearchEntry.objects.bulk_create((entry_of(pk, number, key) for number, pk in numbered), batch_size=1000)


def entry_of(pk: uuid.UUID, number: int, key: object) -> SearchEntry:
    person = Person(f"Test Patient {number}", None, (f"(410) 555-{number:05}",), ())
    return search.entry_for(pk, person, key)  # type: ignore[arg-type]


def look_for_somebody() -> object:
    return search.find_people(Term.of("patient 99"), by="bench")


def forget_everybody() -> None:
    search.in_memory = search.PeopleInMemory()

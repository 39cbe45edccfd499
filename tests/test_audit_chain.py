"""Each event is chained to the one before: whatever is done to the table behind its triggers is found."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic_site import audit, audit_chain
from clinic_site.audit import INSERT, Action, AuditEvent, Reason
from clinic_site.audit_chain import Head
from clinic_site.roles import Role

ROW = ["nurse", "staff", "open", [], "", ""]
COLUMNS = "id, at, account, role, action, submissions, reason, detail, previous_hash, row_hash"


@pytest.fixture
def ten_events(db: None) -> None:
    for number in range(10):
        audit.write(Action.OPEN, by="nurse", submissions=[uuid.UUID(int=number)])


def verify(*arguments: str) -> str:
    said = StringIO()
    call_command("verify_audit", *arguments, stdout=said)
    return said.getvalue()


def what_is_wrong(*arguments: str) -> str:
    """All that the command says where it fails."""
    said = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_audit", *arguments, stdout=said)
    assert failure.value.returncode == 1
    return f"{said.getvalue()}{failure.value}"


def behind_the_triggers(*statements: str) -> None:
    """As the owner of the table or a superuser can."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_site_auditevent DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("ALTER TABLE clinic_site_auditevent ENABLE TRIGGER USER")
        for name, enabled in audit_chain.TRIGGERS_WANTED.items():
            if enabled == "A":
                cursor.execute(f"ALTER TABLE clinic_site_auditevent ENABLE ALWAYS TRIGGER {name}")
    assert not audit_chain.triggers_off()


def rewrite_from(number: int, account: str) -> None:
    """Change an event and chain it and all that follow anew, as somebody does who knows how."""
    events = AuditEvent.objects.filter(id__gte=number).oldest_first()
    previous = bytes(events[0].previous_hash)
    statements = []
    with connection.cursor() as cursor:
        cursor.execute(audit_chain.ROWS)
        for event_id, _, _, *columns in cursor.fetchall()[number - 1 :]:
            columns[2] = account if event_id == number else columns[2]
            own = audit_chain.row_hash(columns, previous)
            statements.append(
                f"UPDATE clinic_site_auditevent SET account = '{columns[2]}', previous_hash = '\\x{previous.hex()}',"
                f" row_hash = '\\x{own.hex()}' WHERE id = {event_id}"
            )
            previous = own
    behind_the_triggers(*statements)


@pytest.mark.django_db
def test_an_empty_trail_is_whole() -> None:
    assert f"0 events, head {audit_chain.BEFORE_THE_FIRST}" in verify()


@pytest.mark.django_db
def test_a_trail_of_all_kinds_of_events_is_whole() -> None:
    audit.write(Action.LOGIN_FAILED, by="")
    audit.write(Action.LOGIN, by="Schwester Ünal 🩺")
    audit.write(Action.LIST, by="nurse", submissions=[uuid.uuid4() for _ in range(1000)])
    audit.write(Action.EXPORT, by="nurse", submissions=[uuid.uuid4()], reason=Reason.LEGAL, detail="fhir")
    last = AuditEvent.objects.oldest_first().last()
    assert last is not None
    assert f"4 events, head 4:{bytes(last.row_hash).hex()}" in verify()


@pytest.mark.django_db
def test_a_row_has_the_hash_that_it_always_had() -> None:
    """The way to compute it never changes: trails that were written before must stay whole."""
    columns = ["7", "2026-11-22T03:04:05.678901Z", "nurse", "staff", "open", "{}", "", ""]
    assert audit_chain.row_hash(columns, bytes(32)).hex() == (
        "375fb7dcc7c80a5cf943db82e3286d7db353854bbde239c14403dd09ba519dc4"
    )


@pytest.mark.parametrize(
    ("change", "first", "words"),
    [
        ("UPDATE clinic_site_auditevent SET account = 'other' WHERE id = 4", 4, "is not as it was written"),
        ("UPDATE clinic_site_auditevent SET submissions = '{}' WHERE id = 1", 1, "is not as it was written"),
        (
            "UPDATE clinic_site_auditevent SET at = at + interval '1 microsecond' WHERE id = 10",
            10,
            "is not as it was written",
        ),
        ("UPDATE clinic_site_auditevent SET at = 'infinity' WHERE id = 5", 5, "is not as it was written"),
        ("UPDATE clinic_site_auditevent SET row_hash = '' WHERE id = 5", 5, "is not as it was written"),
        ("DELETE FROM clinic_site_auditevent WHERE id = 4", 4, "is missing, and every row up to 4"),
        ("DELETE FROM clinic_site_auditevent WHERE id < 4", 1, "is missing, and every row up to 3"),
        ("DELETE FROM clinic_site_auditevent WHERE id IN (5, 6)", 5, "is missing, and every row up to 6"),
        (
            "UPDATE clinic_site_auditevent SET id = CASE id WHEN 3 THEN -6 WHEN 6 THEN -3 END WHERE id IN (3, 6);"
            "UPDATE clinic_site_auditevent SET id = -id WHERE id < 0",
            3,
            "does not follow the row before it",
        ),
        (
            "DELETE FROM clinic_site_auditevent WHERE id = 4;"
            "UPDATE clinic_site_auditevent SET id = -id WHERE id > 4;"
            "UPDATE clinic_site_auditevent SET id = -id - 1 WHERE id < 0",
            4,
            "does not follow the row before it",
        ),
        (
            f"INSERT INTO clinic_site_auditevent ({COLUMNS}) SELECT 11, now(), account, role, action, submissions,"
            " reason, detail, row_hash, previous_hash FROM clinic_site_auditevent WHERE id = 10",
            11,
            "is not as it was written",
        ),
        (
            f"INSERT INTO clinic_site_auditevent ({COLUMNS}) SELECT 0, at, account, role, action, submissions,"
            " reason, detail, previous_hash, row_hash FROM clinic_site_auditevent WHERE id = 1",
            0,
            "stands out of order",
        ),
    ],
    ids=[
        "edited", "submissions-taken-out", "time-edited", "impossible-time", "hash-edited", "one-deleted",
        "first-deleted", "gap", "swapped", "deleted-and-counted-anew", "put-in-at-the-end", "put-in-before",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("ten_events")
def test_what_a_superuser_did_to_the_trail_is_found(change: str, first: int, words: str) -> None:
    behind_the_triggers(change)
    told = what_is_wrong()
    assert f"Event {first} {words}" in told
    assert f"from event {first} on" in told


@pytest.mark.usefixtures("ten_events")
def test_only_the_edited_row_is_named_and_not_all_that_follow() -> None:
    behind_the_triggers("UPDATE clinic_site_auditevent SET reason = 'legal' WHERE id = 4")
    assert [number for number, _ in audit_chain.walk().findings] == [4]


@pytest.mark.usefixtures("ten_events")
def test_a_trail_rewritten_with_new_hashes_is_found_by_a_head_kept_elsewhere() -> None:
    kept = verify("--head").strip()
    audit.write(Action.LOGOUT, by="nurse")
    assert "whole: 11 events" in verify("--expect", kept)
    rewrite_from(4, "other")
    assert "whole: 11 events" in verify(), "nothing inside the database can tell"
    assert "Event 10 is not, or no longer, the one whose hash was kept elsewhere" in what_is_wrong(
        "--expect", kept
    )


@pytest.mark.usefixtures("ten_events")
def test_rows_cut_off_the_end_are_found_by_a_head_kept_elsewhere() -> None:
    kept = verify("--head").strip()
    behind_the_triggers("DELETE FROM clinic_site_auditevent WHERE id > 8")
    assert "whole: 8 events" in verify()
    assert "from event 10 on" in what_is_wrong("--expect", kept)


@pytest.mark.usefixtures("ten_events")
@pytest.mark.parametrize("written", ["10", "10:", "ten:00", f"10:{'0' * 62}", f"-1:{'0' * 64}"])
def test_a_head_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        verify(f"--expect={written}")


@pytest.mark.django_db
def test_a_head_is_read_as_it_is_printed() -> None:
    assert f"{Head(0, bytes(32))}" == verify("--head").strip()
    audit.write(Action.LOGIN, by="nurse")
    head = audit_chain.head()
    assert Head.from_text(str(head)) == head


@pytest.mark.usefixtures("ten_events")
@pytest.mark.parametrize("name", audit_chain.TRIGGERS_WANTED)
@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_trigger_that_is_off_is_told(name: str, how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE clinic_site_auditevent {how} {name}")
    assert f"The trigger {name} is off or missing." in what_is_wrong()


@pytest.mark.usefixtures("ten_events")
def test_a_long_list_of_faults_is_cut_short() -> None:
    for _ in range(audit_chain.FINDINGS_KEPT):
        audit.write(Action.OPEN, by="nurse")
    behind_the_triggers("UPDATE clinic_site_auditevent SET account = 'other'")
    assert "And 10 more." in what_is_wrong()


@pytest.mark.usefixtures("ten_events")
@pytest.mark.parametrize("role", [Role.STAFF, Role.WORKER, Role.ALL])
def test_the_trail_is_verified_without_the_rights_of_its_owner(role: Role) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role.database_role}")
    assert "whole: 10 events" in verify("--expect", verify("--head"))


# Several writers at once

WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""


@contextmanager
def another_connection() -> Iterator[BaseDatabaseWrapper]:
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def wait_until_somebody_waits_for_the_lock() -> None:
    with another_connection() as watcher, watcher.cursor() as cursor:
        for _ in range(200):
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("Nobody waits.")


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_make_one_chain() -> None:
    start = Barrier(8)

    def write_many() -> None:
        start.wait()
        for _ in range(25):
            audit.write(Action.OPEN, by="nurse")
        connection.close()

    writers = [Thread(target=write_many) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = audit_chain.walk()
    assert found.findings == []
    assert found.rows == found.head.id == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_writer_waits_until_it_is_known_whether_the_row_before_stays(end: str) -> None:
    def write_one() -> None:
        audit.write(Action.LOGIN, by="second")
        connection.close()

    with another_connection() as first:
        first.set_autocommit(False)
        with first.cursor() as cursor:
            cursor.execute(INSERT, ROW)
        second = Thread(target=write_one)
        second.start()
        wait_until_somebody_waits_for_the_lock()
        assert not AuditEvent.objects.exists()
        getattr(first, end)()
        second.join()
    accounts = list(AuditEvent.objects.oldest_first().values_list("id", "account"))
    assert accounts == ([(1, "nurse"), (2, "second")] if end == "commit" else [(1, "second")])
    assert audit_chain.walk().findings == []


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_sees_an_old_end_of_the_chain_cannot_fork_it() -> None:
    with another_connection() as old:
        old.set_autocommit(False)
        with old.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM clinic_site_auditevent")
            audit.write(Action.LOGIN, by="nurse")
            with pytest.raises(IntegrityError, match="clinic_site_auditevent_pkey"):
                cursor.execute(INSERT, ROW)
        old.rollback()
    assert audit_chain.walk().rows == 1


@pytest.mark.django_db
def test_rows_of_one_statement_are_chained_one_by_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute(INSERT + ", (%s, %s, %s, %s::uuid[], %s, %s)" * 19, ROW * 20)
    found = audit_chain.walk()
    assert (found.rows, found.findings) == (20, [])

"""The audit trail only ever grows, says no word of a patient, and is there before what it tells of is shown."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from clinic_site import audit
from clinic_site.audit import Action, AuditEvent, Reason
from clinic_site.roles import Role
from intake.models import Status

pytestmark = pytest.mark.django_db

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
MARKER = "pregnant since March"


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_an_event_says_who_did_what_to_which_submission_and_why() -> None:
    audit.write(Action.REVEAL, by="nurse", submissions=[ONE, OTHER], reason=Reason.CONTACT, detail="head")
    event = AuditEvent.objects.get()
    assert (event.account, event.role, event.action) == ("nurse", settings.ROLE, Action.REVEAL)
    assert (event.submissions, event.reason, event.detail) == ([ONE, OTHER], Reason.CONTACT, "head")
    assert timezone.now() - event.at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinic_site_auditevent SET account = 'somebody else'",
        "UPDATE clinic_site_auditevent SET row_hash = previous_hash",
        "DELETE FROM clinic_site_auditevent",
        "TRUNCATE clinic_site_auditevent",
        "MERGE INTO clinic_site_auditevent AS trail USING (SELECT 1 AS id) AS there ON trail.id = there.id "
        "WHEN MATCHED THEN DELETE",
    ],
)
def test_nobody_edits_or_empties_the_trail_not_even_its_owner(statement: str) -> None:
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    before = AuditEvent.objects.values().get()
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic():
        sql(statement)
    assert AuditEvent.objects.values().get() == before


def test_the_trail_is_kept_whole_where_other_triggers_are_switched_off_for_loading_a_dump() -> None:
    """A session that loads rows sets session_replication_role; only triggers that are on ALWAYS stay on then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'clinic_site_auditevent'::regclass AND tgenabled = 'A'"
        )
        assert {name for (name,) in cursor.fetchall()} == {
            "clinic_site_auditevent_kept",
            "clinic_site_auditevent_kept_whole",
        }


def test_a_writer_chooses_neither_number_nor_time_nor_hashes() -> None:
    AuditEvent.objects.create(
        id=99,
        at=datetime(2001, 1, 1, tzinfo=UTC),
        account="nurse",
        role="staff",
        action=Action.OPEN,
        previous_hash=b"made up",
        row_hash=b"made up",
    )
    event = AuditEvent.objects.get()
    assert event.id == 1
    assert timezone.now() - event.at < timedelta(minutes=1)
    assert bytes(event.previous_hash) == bytes(32)
    assert len(bytes(event.row_hash)) == 32


def test_an_event_that_could_still_be_rolled_back_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_is_committed_when_write_returns() -> None:
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    somebody_else = connection.copy()
    try:
        with somebody_else.cursor() as cursor:
            cursor.execute("SELECT account FROM clinic_site_auditevent")
            assert cursor.fetchall() == [("nurse",)]
    finally:
        somebody_else.close()


@pytest.mark.parametrize("detail", [MARKER, "4105550142", "fhir 1982", "Fhir", "new\to\tMarch", "É"])
def test_words_of_a_patient_are_refused_as_a_detail_and_not_repeated(detail: str) -> None:
    with pytest.raises(audit.UnknownWord) as refusal:
        audit.write(Action.NOTE, by="nurse", submissions=[ONE], detail=detail)
    assert detail not in str(refusal.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "detail", ["new to needs_information", "fhir", "reseal 0123456789abcdef to fedcba9876543210", ""]
)
def test_words_of_the_desk_and_ids_of_keys_are_taken_as_a_detail(detail: str) -> None:
    audit.write(Action.KEY, by=audit.WORKER, detail=detail)
    assert AuditEvent.objects.get().detail == detail


def test_every_status_has_its_word() -> None:
    assert audit.WORDS.issuperset(Status.values)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"action": "peek"}, "action_known"),
        ({"reason": MARKER[:20]}, "reason_known"),
        ({"role": "root"}, "role_known"),
        ({"detail": MARKER}, "detail_is_words"),  # the capital letter
        ({"detail": "a\nb"}, "detail_is_words"),
        ({"action": "reveal"}, "reveal_and_export_say_why"),
        ({"action": "export"}, "reveal_and_export_say_why"),
    ],
)
def test_the_database_refuses_an_event_that_breaks_a_rule(change: dict[str, str], rule: str) -> None:
    row = {"account": "nurse", "role": "staff", "action": "open", "reason": "", "detail": "", **change}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        AuditEvent.objects.create(**row)


def test_the_database_refuses_a_long_detail() -> None:
    with pytest.raises(DataError), transaction.atomic():
        AuditEvent.objects.create(account="nurse", role="staff", action="open", detail="a" * 61)


@pytest.mark.parametrize("action", audit.NEEDS_A_REASON)
def test_nobody_reveals_or_exports_without_a_reason(action: Action) -> None:
    with pytest.raises(IntegrityError, match="say_why"):
        audit.write(action, by="nurse", submissions=[ONE])
    with pytest.raises(ValueError, match="not a valid Reason"):
        audit.write(action, by="nurse", submissions=[ONE], reason="curious")


def test_the_accounts_of_the_trail_are_each_named_once() -> None:
    for account in ("nurse", "doctor", "nurse", "", "worker"):
        audit.write(Action.LOGIN, by=account)
    assert audit.accounts_seen() == ["doctor", "nurse", "worker"]


def test_a_request_in_one_transaction_is_wrong_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.no_request_is_one_transaction() == []
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    assert [error.id for error in audit.no_request_is_one_transaction()] == ["clinic_site.E010"]


def test_a_temporary_table_of_the_same_name_does_not_swallow_an_event() -> None:
    """A connection that served an intruder is used again for the next request."""
    sql("CREATE TEMPORARY TABLE clinic_site_auditevent (LIKE public.clinic_site_auditevent) ON COMMIT DROP")
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    sql("DROP TABLE pg_temp.clinic_site_auditevent")
    assert AuditEvent.objects.get().account == "nurse"


# What the roles of the database may do


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinic_site_auditevent SET account = 'somebody else'",
        "DELETE FROM clinic_site_auditevent",
        "TRUNCATE clinic_site_auditevent",
        "ALTER TABLE clinic_site_auditevent DISABLE TRIGGER ALL",
        "DROP TRIGGER clinic_site_auditevent_kept ON clinic_site_auditevent",
        "DROP FUNCTION clinic_site_chain_audit_event CASCADE",
        "SET LOCAL session_replication_role = replica",
        "INSERT INTO clinic_site_auditevent (id, account, role, action) VALUES (99, 'nurse', 'staff', 'open')",
        "INSERT INTO clinic_site_auditevent (at, account, role, action) VALUES (now(), 'nurse', 'staff', 'open')",
    ],
)
def test_no_process_of_the_site_gets_around_the_trail(role: Role, statement: str) -> None:
    sql(f"SET LOCAL ROLE {role.database_role}")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        sql(statement)


@pytest.mark.parametrize("role", [Role.STAFF, Role.WORKER, Role.ALL])
def test_the_desk_and_the_worker_write_events(role: Role) -> None:
    sql(f"SET LOCAL ROLE {role.database_role}")
    audit.write(Action.KEY, by=audit.WORKER)
    sql("RESET ROLE")
    assert AuditEvent.objects.get().account == audit.WORKER


def test_the_process_of_the_public_neither_reads_nor_writes_the_trail() -> None:
    sql(f"SET LOCAL ROLE {Role.PUBLIC.database_role}")
    with pytest.raises(ProgrammingError, match="permission denied"):
        audit.write(Action.OPEN, by="nurse")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        AuditEvent.objects.exists()

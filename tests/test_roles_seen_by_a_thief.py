"""Somebody has the password of the public or the staff's process, and sits in front of psql."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.test import Client
from psycopg2.errors import InsufficientPrivilege

from clinic_site.roles import Role
from intake.models import Submission
from tests.applicant import send
from tests.catalogue import columns, execute, rows
from tests.processes import PASSWORD, forget_login

# Logins are of the whole server: one worker makes them.
pytestmark = [pytest.mark.xdist_group("database_roles"), pytest.mark.django_db(transaction=True)]


class Thief:
    """Somebody with the password of a process, in psql."""

    def __init__(self, role: Role) -> None:
        own = connection.settings_dict
        self.name = f"{own['NAME']}_thief"
        forget_login(self.name)
        execute(f"CREATE ROLE {self.name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role.database_role}")
        self.connection = psycopg2.connect(
            host=own["HOST"], port=own["PORT"] or None, user=self.name, password=PASSWORD, dbname=own["NAME"]
        )
        self.connection.autocommit = True

    def says(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def leaves(self) -> None:
        self.connection.close()
        forget_login(self.name)


@pytest.fixture
def in_public() -> Iterator[Thief]:
    thief = Thief(Role.PUBLIC)
    yield thief
    thief.leaves()


@pytest.fixture
def in_staff() -> Iterator[Thief]:
    thief = Thief(Role.STAFF)
    yield thief
    thief.leaves()


REFUSED_TO_PUBLIC = [
    "SELECT id FROM intake_submission",
    "SELECT count(*) FROM intake_submission",
    "COPY intake_submission TO STDOUT",
    "TABLE intake_note",
    "TABLE auth_user",
    "TABLE clinic_site_staffsession",
    "TABLE django_admin_log",
    "TABLE clinic_site_auditevent",
    "UPDATE intake_submission SET status = 'archived'",
    "DELETE FROM intake_submission",
    "TRUNCATE intake_submission CASCADE",
    "SELECT FROM intake_submission FOR UPDATE",
    "INSERT INTO clinic_site_auditevent (account, role, action) VALUES ('nurse', 'staff', 'open')",
    "UPDATE intake_questionnaireversion SET retired_at = now()",
    "UPDATE clinic_site_clinic SET phone = '(900) 555-0100'",
    "DELETE FROM treatments_article",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE clinic_site_auditevent DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "SET ROLE web_staff",
    "SET ROLE web_all",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT lo_import('/etc/passwd')",
]


def quoted(value: Any) -> str:
    return str(psycopg2.extensions.QuotedString(psycopg2.extras.Json(value).dumps(value)))


@pytest.mark.parametrize("sql", REFUSED_TO_PUBLIC)
def test_from_the_public_process_nothing_of_a_patient_or_of_staff_is_read_or_changed(
    in_public: Thief, sql: str
) -> None:
    with pytest.raises(InsufficientPrivilege):
        in_public.says(sql)


def test_the_public_process_cannot_become_the_owner(in_public: Thief) -> None:
    with pytest.raises(InsufficientPrivilege):
        in_public.says(f"SET ROLE {connection.settings_dict['USER']}")


def test_the_public_process_adds_a_submission_and_is_told_nothing_back(
    in_public: Thief, client: Client
) -> None:
    send(client)
    listed = ", ".join(columns("intake_submission"))
    ((sent,),) = rows("SELECT json_agg(one) FROM (SELECT * FROM intake_submission) AS one")
    Submission.objects.all().delete()
    adding = (
        f"INSERT INTO intake_submission ({listed}) SELECT {listed} FROM "
        f"json_populate_recordset(NULL::intake_submission, {quoted(sent)})"
    )
    with pytest.raises(InsufficientPrivilege):
        in_public.says(f"{adding} RETURNING id")
    with pytest.raises(InsufficientPrivilege):  # naming the column would tell which ids are there
        in_public.says(f"{adding} ON CONFLICT (id) DO NOTHING")
    in_public.says(f"{adding} ON CONFLICT DO NOTHING")
    in_public.says(f"{adding} ON CONFLICT DO NOTHING")
    assert Submission.objects.count() == 1


def test_the_staffs_process_changes_only_its_own_columns_of_a_submission(
    in_staff: Thief, client: Client
) -> None:
    send(client)
    changeable = set()
    for name in columns("intake_submission"):
        try:
            in_staff.says(f"UPDATE intake_submission SET {name} = {name}")
        except InsufficientPrivilege:
            continue
        changeable.add(name)
    own = {"status", "status_changed_at", "assigned_to", "taken", "acknowledged_at", "held"}
    assert changeable == own


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM intake_submission",
        "TRUNCATE intake_submission CASCADE",
        "UPDATE intake_note SET written_at = now()",
        "DELETE FROM intake_note",
        "TABLE intake_draft",
        "DELETE FROM intake_draft",
        "UPDATE clinic_site_auditevent SET account = ''",
        "DELETE FROM clinic_site_auditevent",
        "TRUNCATE clinic_site_auditevent",
        "ALTER TABLE clinic_site_auditevent DISABLE TRIGGER ALL",
        "INSERT INTO clinic_site_auditevent (id, account, role, action) VALUES (1, 'nurse', 'staff', 'open')",
        "UPDATE django_admin_log SET user_id = 1",
    ],
)
def test_the_staffs_process_takes_nothing_back_and_reads_no_draft(in_staff: Thief, sql: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        in_staff.says(sql)

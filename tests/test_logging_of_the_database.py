"""PostgreSQL's own log: no row and no statement with a patient's words, and a check that notices where it is so."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.checks import WARNING, CheckMessage, Tags, run_checks
from django.db import connection, connections

from clinic_site.database_log import PARAMETERS
from tests.markers import MARKER, found_in, numbered

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.EMBEDDED_DATABASE, reason="needs a superuser, and the server's log at hand"
    ),
]

AS_IT_COMES = {
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_error_verbosity": "default",
}


def connected(user: str) -> Any:
    own = connection.settings_dict
    found = psycopg2.connect(host=own["HOST"], user=user, dbname=own["NAME"])
    found.autocommit = True
    return found


def servers_log() -> str:
    return (settings.VAR_DIR / "postgres" / "data" / "server.log").read_text(errors="replace")


def errors_with(marker: str, cursor: Any) -> None:
    """One that quotes the row, one that quotes the value, and the statement below each."""
    for statement in (
        "INSERT INTO clinic_site_auditevent (account, role, action) VALUES (%s, 'staff', 'curious')",
        "SELECT %s::integer",
    ):
        with pytest.raises(psycopg2.Error):
            cursor.execute(statement, [marker])


def test_an_error_leaves_neither_row_nor_statement_in_the_log_of_the_embedded_server() -> None:
    careless = numbered("careless server")
    with closing(connected("postgres")) as told_to_log, told_to_log.cursor() as cursor:
        for name, value in AS_IT_COMES.items():
            cursor.execute(f"SET {name} = '{value}'")
        errors_with(careless, cursor)
    assert servers_log().lower().count(careless.lower()) == 4, "this is the log, and it would tell"

    with closing(connected(connection.settings_dict["USER"])) as site, site.cursor() as cursor:
        errors_with(MARKER, cursor)
    assert found_in(servers_log()) == []


# The check


@pytest.fixture
def login() -> Iterator[str]:
    name = f"{connection.settings_dict['NAME']}_logs_all"
    with closing(connected("postgres")) as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {name}")
        cursor.execute(f"CREATE ROLE {name} LOGIN IN ROLE web_staff")
        yield name
        cursor.execute(f"DROP ROLE {name}")


@contextmanager
def connected_as(login: str) -> Iterator[None]:
    own = connections["default"]
    connections["default"] = own.copy()
    connections["default"].settings_dict["USER"] = login
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = own


def checked() -> list[CheckMessage]:
    """As `manage.py check --deploy --database default` finds it."""
    found = run_checks(tags=[Tags.database], include_deployment_checks=True, databases=["default"])
    return [problem for problem in found if problem.id == "clinic_site.W030"]


def found_for(login: str) -> list[CheckMessage]:
    with connected_as(login):
        return checked()


def run(statements: str) -> None:
    with closing(connected("postgres")) as admin, admin.cursor() as cursor:
        cursor.execute(statements)


def test_the_embedded_server_has_nothing_to_be_told() -> None:
    assert checked() == []


def test_a_server_as_it_comes_is_noticed_and_the_lines_that_are_shown_put_it_right(login: str) -> None:
    run("".join(f"ALTER ROLE {login} SET {name} = '{value}';" for name, value in AS_IT_COMES.items()))
    (warning,) = found_for(login)
    assert warning.level == WARNING
    for name, value in AS_IT_COMES.items():
        assert f"{name} is {value}" in warning.msg
        assert f"ALTER SYSTEM SET {name} = " in str(warning.hint)
    lines = [line for line in str(warning.hint).splitlines() if line.startswith("ALTER ROLE")]
    assert len(lines) == len(AS_IT_COMES)
    run("\n".join(lines))
    assert found_for(login) == []


@pytest.mark.parametrize(
    ("name", "leaking"),
    [
        ("log_min_messages", "error"),
        ("log_min_error_statement", "fatal"),
        ("log_error_verbosity", "verbose"),
        ("log_statement", "mod"),
        ("log_min_duration_statement", "0"),
        ("log_min_duration_sample", "5s"),
        ("log_transaction_sample_rate", "0.01"),
        ("log_parameter_max_length_on_error", "-1"),
        ("debug_print_parse", "on"),
        ("debug_print_rewritten", "on"),
        ("debug_print_plan", "on"),
        ("auto_explain.log_min_duration", "0"),
    ],
)
def test_each_way_to_log_a_statement_is_noticed(name: str, leaking: str, login: str) -> None:
    run(f"ALTER ROLE {login} SET {name} = '{leaking}'")
    (warning,) = found_for(login)
    assert warning.msg == f"PostgreSQL writes statements and rows into its own log: {name} is {leaking}."


def test_no_parameter_is_left_out_of_the_test_above() -> None:
    (marker,) = [
        mark for mark in test_each_way_to_log_a_statement_is_noticed.pytestmark if mark.name == "parametrize"
    ]
    assert {name for name, _ in marker.args[1]} == {parameter.name for parameter in PARAMETERS}

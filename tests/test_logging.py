"""What stands in the log when something goes wrong: where and why, and nothing that somebody typed."""

import datetime
import logging
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from clinic_site.log_privacy import PrivateFormatter
from intake.models import QuestionnaireVersion
from intake.sealing import CannotOpen
from tests.markers import MARKER, console, found_in, written_log

pytestmark = pytest.mark.django_db

logger = logging.getLogger("intake.something")


@pytest.fixture
def log() -> Iterator[StringIO]:
    with written_log() as lines:
        yield lines


OF_THE_TESTS = ("lark",)  # reads the schema of bills of materials, which the site only writes


def test_every_line_goes_through_the_private_formatter_and_none_by_mail() -> None:
    loggers = [logging.root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    handlers = [
        handler
        for one in loggers
        for handler in one.handlers
        if "_pytest" not in type(handler).__module__ and one.name not in OF_THE_TESTS
    ]
    assert [handler.name for handler in handlers] == ["console"]
    assert all(type(handler.formatter) is PrivateFormatter for handler in handlers)
    assert not any(isinstance(handler, AdminEmailHandler) for handler in handlers)


def test_an_ordinary_line_stays_as_it_is(log: StringIO) -> None:
    logger.warning("Trial keys were made in %s, %d of them.", "/srv/var", 2)
    assert log.getvalue().endswith(
        " WARNING intake.something: Trial keys were made in /srv/var, 2 of them.\n"
    )


# Errors of the database


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def broken_rule() -> None:
    sql(
        "INSERT INTO clinic_site_auditevent (account, role, action, submissions, reason, detail)"
        " VALUES (%s, 'staff', 'curious', '{}', '', '')",
        MARKER,
    )


def text_in_a_sealed_column() -> None:
    at, version = timezone.now(), QuestionnaireVersion.objects.get()
    sql(
        "INSERT INTO intake_draft (id, questionnaire_version_id, language, contents, revision, started_at, saved_at,"
        " expires_at) VALUES (%s, %s, 'en', %s, 1, %s, %s, %s)",
        *(uuid.uuid4(), version.pk, MARKER.encode(), at, at, at + datetime.timedelta(days=1)),
    )


def same_name_twice() -> None:
    for _ in range(2):
        sql(
            "INSERT INTO treatments_condition (slug, name, also_known_as, shipped_hash) VALUES (%s, 'x', '{}', '')",
            MARKER,
        )


def text_too_long() -> None:
    sql("INSERT INTO clinic_site_auditevent (account) VALUES (%s)", MARKER * 100)


def missing_value() -> None:
    sql("INSERT INTO clinic_site_holiday (name) VALUES (%s)", MARKER)


def text_for_a_number() -> None:
    sql("SELECT %s::integer", MARKER)


def mistake_in_the_statement() -> None:
    sql(f"SELECT 'whoever {MARKER}")


def text_with_a_zero_byte() -> None:
    sql("SELECT %s", f"{MARKER}\0")


# What is done, and what the log must say of it
DATABASE_ERRORS: dict[Callable[[], None], str] = {
    broken_rule: "CheckViolation: SQLSTATE 23514, table clinic_site_auditevent, "
    "constraint clinic_site_auditevent_action_known",
    text_in_a_sealed_column: "CheckViolation: SQLSTATE 23514, table intake_draft, constraint intake_draft_is_sealed",
    same_name_twice: "UniqueViolation: SQLSTATE 23505, table treatments_condition, "
    "constraint treatments_condition_slug_key",
    text_too_long: "StringDataRightTruncation: SQLSTATE 22001",
    missing_value: "NotNullViolation: SQLSTATE 23502, table clinic_site_holiday, column day",
    text_for_a_number: "InvalidTextRepresentation: SQLSTATE 22P02",
    mistake_in_the_statement: "SyntaxError: SQLSTATE 42601",
    text_with_a_zero_byte: "ValueError\n",
}


def error_of(deed: Callable[[], None]) -> Exception:
    with pytest.raises((DatabaseError, ValueError)) as found:
        deed()
    return found.value


@pytest.fixture(params=DATABASE_ERRORS, ids=lambda deed: deed.__name__)
def deed(request: pytest.FixtureRequest) -> Callable[[], None]:
    return request.param  # type: ignore[no-any-return]


def test_the_error_itself_holds_what_was_typed(deed: Callable[[], None]) -> None:
    """Else the tests below would prove nothing."""
    error = error_of(deed)
    if deed not in (text_too_long, text_with_a_zero_byte):  # these two do not quote it today
        assert found_in(f"{error}\n{error.__cause__}")


def test_an_error_of_the_database_is_told_without_the_row(deed: Callable[[], None], log: StringIO) -> None:
    try:
        deed()
    except (DatabaseError, ValueError) as error:
        logger.exception("It could not be saved: %s", error)
    assert found_in(log.getvalue()) == []
    assert DATABASE_ERRORS[deed] in log.getvalue()
    assert f"in {deed.__name__}" in log.getvalue(), "the stack says where"


def test_an_error_that_repeats_the_databases_words_loses_them_too(
    deed: Callable[[], None], log: StringIO
) -> None:
    try:
        try:
            deed()
        except (DatabaseError, ValueError) as error:
            raise RuntimeError(f"not saved: {error} {MARKER}") from error
    except RuntimeError as error:
        logger.error(error, exc_info=True)
    assert found_in(log.getvalue()) == []
    assert "RuntimeError" in log.getvalue()
    assert DATABASE_ERRORS[deed].strip() in log.getvalue()


def test_an_error_while_another_was_dealt_with_is_told_without_the_row(
    deed: Callable[[], None], log: StringIO
) -> None:
    try:
        try:
            deed()
        except (DatabaseError, ValueError):
            {}[MARKER]  # type: ignore[index]
    except KeyError:
        logger.exception("Saving %(what)s failed", {"what": error_of(deed)})
    assert found_in(log.getvalue()) == []
    assert "KeyError" in log.getvalue()


def test_an_error_in_a_line_without_a_stack_is_told_without_the_row(
    deed: Callable[[], None], log: StringIO
) -> None:
    logger.error("Not saved: %s", error_of(deed))
    assert found_in(log.getvalue()) == []
    assert DATABASE_ERRORS[deed].partition("SQLSTATE")[2].strip() in log.getvalue()


def test_who_is_refused_by_the_database_reads_why(log: StringIO) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE web_public")
    try:
        sql("SELECT head FROM intake_submission")
    except DatabaseError:
        logger.exception("The list could not be shown.")
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert "SQLSTATE 42501, permission denied for table intake_submission" in log.getvalue()


def test_who_finds_no_database_reads_why(log: StringIO) -> None:
    try:
        psycopg2.connect(host="/nowhere", dbname="clinic")
    except psycopg2.OperationalError:
        logger.exception("The database does not answer.")
    assert 'socket "/nowhere/.s.PGSQL.5432" failed' in log.getvalue()


def test_sql_is_never_shown(log: StringIO) -> None:
    backends = logging.getLogger("django.db.backends")
    backends.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        sql("SELECT %s", MARKER)
    finally:
        connection.force_debug_cursor = False
        backends.setLevel(logging.NOTSET)
    assert "DEBUG django.db.backends: (0.0" in log.getvalue()
    assert found_in(log.getvalue()) == []
    assert "SELECT" not in log.getvalue()


# Other exceptions


@pytest.mark.parametrize(
    "error", [ValueError(MARKER), KeyError(MARKER), TypeError(f"got {MARKER!r}"), OSError(MARKER, MARKER)]
)
def test_the_text_of_an_exception_may_quote_a_value_and_is_left_out(error: Exception, log: StringIO) -> None:
    error.add_note(MARKER)
    logger.error("A page failed: %s", error, exc_info=error)
    assert found_in(log.getvalue()) == []
    assert f"A page failed: {type(error).__name__}\n" in log.getvalue()


def test_an_error_of_the_system_is_told_in_the_systems_words(log: StringIO) -> None:
    try:
        open(f"/nowhere/{MARKER}")  # noqa: PTH123, SIM115
    except OSError:
        logger.exception("No file.")
    assert "FileNotFoundError: No such file or directory" in log.getvalue()
    assert found_in(log.getvalue()) == []


@pytest.mark.parametrize(
    "error",
    [
        AttributeError("'NoneType' object has no attribute 'pages'"),
        ModuleNotFoundError("No module named 'granian'"),
        ImproperlyConfigured("CLINIC_HOSTS is not set."),
        CannotOpen("No private key 0123456789abcdef is here."),
    ],
)
def test_a_text_that_names_only_the_program_is_kept(error: Exception, log: StringIO) -> None:
    logger.error("A page failed.", exc_info=error)
    assert str(error) in log.getvalue()


def test_exceptions_that_lead_to_each_other_are_told_once(log: StringIO) -> None:
    first, second = ValueError(MARKER), RuntimeError(MARKER)
    first.__cause__, second.__cause__ = second, first
    logger.error("A page failed.", exc_info=first)
    assert (log.getvalue().count("\nValueError"), log.getvalue().count("\nRuntimeError")) == (1, 1)


def test_a_line_with_a_mistake_tells_its_place_and_not_its_values(
    log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    record = logger.makeRecord(
        logger.name, logging.ERROR, "/srv/desk.py", 18, "Two %s of %s", (MARKER,), None
    )
    console().handle(record)
    assert found_in(log.getvalue() + capsys.readouterr().err) == []
    assert "ERROR intake.something: The line that is logged at /srv/desk.py:18" in log.getvalue()


def test_a_stack_that_another_formatter_left_on_the_line_is_not_believed(log: StringIO) -> None:
    record = logger.makeRecord(logger.name, logging.ERROR, __file__, 1, "Failed.", (), None)
    record.exc_text = f"ValueError: {MARKER}"
    logger.handle(record)
    assert "Failed." in log.getvalue()
    assert found_in(log.getvalue()) == []


def test_a_stack_in_the_line_itself_loses_the_text(log: StringIO) -> None:
    """As Granian writes it."""
    logger.error(
        "Application callable raised an exception\nTraceback (most recent call last):\n"
        '  File "/srv/app.py", line 18, in application\n    raise ValueError(text)\n'
        f"ValueError: {MARKER}\n{MARKER}: {MARKER}\nTraceback (most recent call last):\n{MARKER}"
    )
    assert log.getvalue().endswith(
        "Application callable raised an exception\nTraceback (most recent call last):\n"
        '  File "/srv/app.py", line 18, in application\nValueError\n'
    )

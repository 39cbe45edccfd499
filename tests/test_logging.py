"""What stands in the log when something goes wrong: where and why, and nothing that somebody typed."""

import datetime
import logging
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from clinic_site.log_privacy import PrivateFormatter
from intake import views
from intake.models import QuestionnaireVersion
from intake.sealing import CannotOpen
from tests.markers import MARKER, console, found_in, written_log

pytestmark = pytest.mark.django_db

logger = logging.getLogger("intake.something")


@pytest.fixture
def log() -> Iterator[StringIO]:
    with written_log() as lines:
        yield lines


def test_every_line_goes_through_the_private_formatter_and_none_by_mail() -> None:
    loggers = [logging.root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    handlers = [
        handler for one in loggers for handler in one.handlers if "_pytest" not in type(handler).__module__
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


# Requests


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f'"GET /screening/?return={MARKER} HTTP/1.1" 200', '"GET /screening/ HTTP/1.1" 200'),
        (f"see https://clinic.example/admin/?q={MARKER}&p=1", "see https://clinic.example/admin/"),
        (f"/screening/resume/#{MARKER}", "/screening/resume/"),
        ("Is it done? Yes.", "Is it done? Yes."),
    ],
)
def test_what_follows_an_address_is_left_out(line: str, left: str, log: StringIO) -> None:
    logger.info("%s", line)
    assert log.getvalue().endswith(f": {left}\n")


def test_a_page_that_fails_tells_where_and_not_what_was_typed(
    log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ValueError(MARKER) from error_of(text_in_a_sealed_column)

    monkeypatch.setattr(views.PageForm, "is_valid", fail)
    client = Client(raise_request_exception=False)
    assert client.post("/screening/age/", {"q-adult": MARKER}).status_code == 500
    assert "ERROR django.request: Internal Server Error: /screening/age/" in log.getvalue()
    assert "intake_draft_is_sealed" in log.getvalue()
    assert "in fail" in log.getvalue()
    assert found_in(log.getvalue()) == []


def too_many_fields(client: Client) -> Any:
    return client.post("/screening/age/", {f"{MARKER}-{number}": "" for number in range(600)})


def too_much(client: Client) -> Any:
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return client.post(
        "/screening/age/",
        MARKER * (size // len(MARKER) + 1),
        content_type="application/x-www-form-urlencoded",
    )


def broken_upload(client: Client) -> Any:
    return client.post("/screening/age/", MARKER, content_type="multipart/form-data; boundary=é")


def unknown_host(client: Client) -> Any:
    return client.get(f"/?{MARKER}", headers={"Host": f"{MARKER}.example"})


def page_for_others(client: Client) -> Any:
    from django.contrib.auth.models import User

    client.force_login(User.objects.create_user("clerk", password="a long password", is_staff=True))
    return client.get(f"/admin/auth/user/?q={MARKER}")


def form_without_its_token(client: Client) -> Any:
    return Client(enforce_csrf_checks=True).post("/screening/age/", {"q-adult": MARKER})


def form_of_another_site(client: Client) -> Any:
    headers = {"Origin": f"https://elsewhere.example/{MARKER}"}
    return Client(enforce_csrf_checks=True).post("/screening/age/", {"q-adult": MARKER}, headers=headers)


def form_after_another_page(client: Client) -> Any:
    strict = Client(enforce_csrf_checks=True)
    headers = {"Referer": f"https://elsewhere.example/screening/{MARKER}?{MARKER}"}
    return strict.post("/screening/age/", {"q-adult": MARKER}, headers=headers, secure=True)


def no_such_page(client: Client) -> Any:
    return client.get(f"/no/such/page/?{MARKER}")


def no_such_method(client: Client) -> Any:
    return client.delete(f"/screening/age/?{MARKER}")


REFUSALS: dict[Callable[[Client], Any], str] = {
    too_many_fields: "Refused with 400 (TooManyFieldsSent): /screening/\n",
    too_much: "Refused with 400 (RequestDataTooBig): /screening/\n",
    broken_upload: "Refused with 400 (MultiPartParserError): /screening/\n",
    unknown_host: "Refused with 400 (DisallowedHost): /\n",
    page_for_others: "Refused with 403 (PermissionDenied): /admin/auth/user/\n",
    form_without_its_token: "Refused with 403 (CSRF cookie not set.): /screening/\n",
    form_of_another_site: "Refused with 403 (Origin checking failed - https://elsewhere.example does not match any "
    "trusted origins.): /screening/\n",
    form_after_another_page: "Refused with 403 (Referer checking failed - https://elsewhere.example does not match "
    "any trusted origins.): /screening/\n",
    no_such_page: "Refused with 404: /no/such/page/\n",
    no_such_method: "Refused with 405: /screening/\n",
}


@pytest.mark.parametrize("ask", REFUSALS, ids=lambda ask: ask.__name__)
def test_what_is_refused_is_one_line_of_warning(
    ask: Callable[[Client], Any], client: Client, log: StringIO
) -> None:
    response = ask(client)
    (line,) = log.getvalue().splitlines(keepends=True)
    assert line.endswith(REFUSALS[ask])
    assert " WARNING " in line
    assert f" {response.status_code}" in line
    assert found_in(line + response.content.decode()) == []


def test_a_form_with_a_forgotten_answer_is_no_line(client: Client, log: StringIO) -> None:
    assert client.post("/screening/age/", {}).status_code == 422
    assert client.post("/screening/contact/", {}).status_code == 409
    assert log.getvalue() == ""

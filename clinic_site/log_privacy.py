"""Log lines that cannot repeat what a patient or a nurse typed.

The text of an exception often quotes a value: PostgreSQL names the row that it refused, int() what it was given. So a
line keeps the kind of the exception and the stack, which say where and why, and loses the text. Every handler in
settings.LOGGING writes through PrivateFormatter.
"""

import copy
import logging
import os
import re
import traceback
from typing import Any

import psycopg2
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import Error as DjangoDatabaseError
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from clinic_site.addresses import SCREENING
from intake.sealing import CannotOpen

# Their texts name parts of the program, never a value.
TEXT_IS_HARMLESS = (
    AttributeError,
    CannotOpen,
    ImportError,
    ImproperlyConfigured,
    MemoryError,
    NameError,
    RecursionError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
)
# SQLSTATE classes and codes whose first line names tables, rights and states of the server, never a value:
# connection, transaction, too many, not ready, told to stop, system; permission denied, no such table, no such column.
HARMLESS_CLASSES = ("08", "25", "40", "53", "55", "57", "58")
HARMLESS_CODES = ("42501", "42P01", "42703")

SQL_LOGGERS = ("django.db.backends", "django.db.backends.schema")
FORM_TO_CORRECT = (409, 422)

QUERY = re.compile(r"((?:https?:/)?/[^\s?#]*)[?#]\S*")
ONLY_THE_FIRST_PART = r"\1"
PATH_AND_QUERY = re.compile(r"(https?://[^\s/?#]*)\S*")
TRACEBACK = "Traceback (most recent call last):"
STACK_LINE = re.compile(r'  File "[^"]+", line \d+, in [\w<>.]+')
EXCEPTION_LINE = re.compile(r"[\w.]+")


class WithoutFormsToCorrect(logging.Filter):
    """A page that is shown again because an answer is missing is nobody's error, and the address of a page that comes
    only after a certain answer tells something about whoever is asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) not in FORM_TO_CORRECT


class PrivateFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        try:
            return self.private_line(record)
        except Exception:  # logging itself would print the arguments, to find the mistake
            kept = {name: getattr(record, name) for name in ("name", "levelname", "created", "msecs")}
            place = f"The line that is logged at {record.pathname}:{record.lineno} cannot be written."
            return super().format(logging.makeLogRecord({**kept, "msg": place}))

    def private_line(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)  # other handlers, such as those of tests, get it as it was
        record.exc_text = None  # another formatter may have left one
        if is_refusal(record):
            record.msg, record.args = refusal(record), ()
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.exc_info = record.stack_info = None
        else:
            record.msg, record.args = message(record), ()
        return super().format(record)

    def formatException(self, ei: Any) -> str:
        return stack_of(ei[1]) if ei[1] else ""


def is_refusal(record: logging.LogRecord) -> bool:
    """A request that was answered with 400 to 499: the visitor's mistake, not ours."""
    return 400 <= getattr(record, "status_code", 0) < 500 and hasattr(
        getattr(record, "request", None), "path"
    )


def refusal(record: logging.LogRecord) -> str:
    """Which answer, why and where; of the screening not which page, since some come only after a certain answer."""
    status, path = record.__dict__["status_code"], record.__dict__["request"].path
    screening = SCREENING.match(path)
    place = screening[0] if screening else path.encode("unicode_escape").decode("ascii")
    why = ""
    if record.exc_info and record.exc_info[1]:
        why = f" ({type(record.exc_info[1]).__name__})"
    elif record.name == "django.security.csrf" and isinstance(record.args, tuple):
        # From which other site it came, which tells whoever sets up a proxy what is missing.
        why = f" ({PATH_AND_QUERY.sub(ONLY_THE_FIRST_PART, str(record.args[0]))})"
    return f"Refused with {status}{why}: {place}"


def message(record: logging.LogRecord) -> str:
    """The line itself, without the texts of exceptions, queries of addresses and values in SQL."""
    if record.name in SQL_LOGGERS:
        return f"({getattr(record, 'duration', None) or 0:.3f}) SQL, which is not shown"
    told_args: Any = record.args
    if isinstance(record.args, dict):
        told_args = {name: shown(value) for name, value in record.args.items()}
    elif record.args:
        told_args = tuple(map(shown, record.args))
    text = str(shown(record.msg))
    if told_args:
        text %= told_args
    for error in chain(record.exc_info[1] if record.exc_info else None):
        if not isinstance(error, TEXT_IS_HARMLESS) and (words := str(error)):
            text = text.replace(words, kind_of(error))
    return QUERY.sub(ONLY_THE_FIRST_PART, without_traceback(text))


def shown(value: Any) -> Any:
    return told(value) if isinstance(value, BaseException) else value


def without_traceback(text: str) -> str:
    """Of a traceback in the text, as the web server writes one: the stack and the kind of the first exception."""
    before, found, after = text.partition(TRACEBACK)
    if not found:
        return text
    lines = [before.rstrip(), TRACEBACK]
    for line in after.splitlines()[1:]:
        if STACK_LINE.fullmatch(line):
            lines.append(line)
        elif not line.startswith("  "):
            kind = EXCEPTION_LINE.match(line)
            lines += [kind[0]] if kind else []
            break
    return "\n".join(lines)


def stack_of(error: BaseException) -> str:
    """The traceback as Python prints it, with `told` in the place of each exception's text."""
    parts = [
        f"{TRACEBACK}\n{''.join(traceback.format_tb(one.__traceback__))}{told(one)}" for one in chain(error)
    ]
    return "\n\nThat led to:\n\n".join(reversed(parts))


def chain(error: BaseException | None) -> list[BaseException]:
    """The exception, what caused it, what caused that."""
    found: list[BaseException] = []
    while error is not None and not any(error is one for one in found):
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def told(error: BaseException) -> str:
    """What of an exception may be told: its kind, and what else cannot hold a value."""
    kind = kind_of(error)
    if isinstance(error, TEXT_IS_HARMLESS):
        return f"{kind}: {error}"
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"{kind}: {os.strerror(error.errno)}"
    cause = error.__cause__ if isinstance(error, DjangoDatabaseError) else error
    return f"{kind}{database_facts(cause)}" if isinstance(cause, psycopg2.Error) else kind


def kind_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def database_facts(error: psycopg2.Error) -> str:
    if not error.pgcode:
        # Of libpq: nobody answers there, or the connection broke. No statement was looked at.
        return f": {' '.join(str(error).split())}" if isinstance(error, psycopg2.OperationalError) else ""
    facts = [f"SQLSTATE {error.pgcode}"]
    facts += [
        f"{what} {name}"
        for what in ("table", "column", "constraint")
        if (name := getattr(error.diag, f"{what}_name"))
    ]
    if error.pgcode.startswith(HARMLESS_CLASSES) or error.pgcode in HARMLESS_CODES:
        facts.append(error.diag.message_primary or "")
    return f": {', '.join(facts)}"

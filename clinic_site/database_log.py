"""PostgreSQL's own log: an error line there quotes the row, and below it stands the whole statement.

So it must be told not to. Only a superuser may, or a role with GRANT SET ON PARAMETER. The embedded server has these
settings from the start; of any other `check --deploy --database default` prints the lines to run.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

NEVER = "-1"


class Parameter(NamedTuple):
    name: str
    private: tuple[str, ...]
    """Its values with which nothing of a row is logged; the first is the one we advise."""


PARAMETERS = (
    # The messages of errors quote values. What the site meets of them stands in the site's log, without the values.
    Parameter("log_min_messages", ("log", "fatal", "panic")),
    Parameter("log_min_error_statement", ("panic",)),
    Parameter("log_error_verbosity", ("terse",)),
    Parameter("log_statement", ("none", "ddl")),
    Parameter("log_min_duration_statement", (NEVER,)),
    Parameter("log_min_duration_sample", (NEVER,)),
    Parameter("log_transaction_sample_rate", ("0",)),
    Parameter("log_parameter_max_length_on_error", ("0",)),
    Parameter("debug_print_parse", ("off",)),
    Parameter("debug_print_rewritten", ("off",)),
    Parameter("debug_print_plan", ("off",)),
    Parameter("auto_explain.log_min_duration", (NEVER,)),  # of an extension that is seldom there
)


@register(Tags.database, deploy=True)
def database_logs_no_rows(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases:
        return []
    login, values = current_values()
    leaking = [
        parameter for parameter in PARAMETERS if values[parameter.name] not in (None, *parameter.private)
    ]
    if not leaking:
        return []
    now = ", ".join(f"{parameter.name} is {values[parameter.name]}" for parameter in leaking)
    return [
        Warning(
            f"PostgreSQL writes statements and rows into its own log: {now}.",
            hint=f"Let a superuser of the database run, for this login:\n{for_login(login, leaking)}\n"
            f"or, for the whole server:\n{for_server(leaking)}\nThen restart the site.",
            id="clinic_site.W030",
        )
    ]


def current_values() -> tuple[str, dict[str, str | None]]:
    """The login, and each parameter as it is for this process; None where the server does not know it."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT session_user, name, current_setting(name, true) FROM unnest(%s::text[]) AS name",
            [[parameter.name for parameter in PARAMETERS]],
        )
        rows = cursor.fetchall()
    return rows[0][0], {name: value for _, name, value in rows}


def for_login(login: str, leaking: Sequence[Parameter]) -> str:
    quoted = connections["default"].ops.quote_name(login)
    return "\n".join(f"ALTER ROLE {quoted} SET {name} = '{private[0]}';" for name, private in leaking)


def for_server(leaking: Sequence[Parameter]) -> str:
    lines = [f"ALTER SYSTEM SET {name} = '{private[0]}';" for name, private in leaking]
    return "\n".join([*lines, "SELECT pg_reload_conf();"])

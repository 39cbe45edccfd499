"""Before a process serves a page: does its database connection have the rights of its role, and no others?"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from clinic_site.roles import Role

RIGHTS = """
SELECT current_user, session_user, rolsuper OR pg_has_role(current_user, relowner, 'USAGE'),
    pg_has_role(session_user, relowner, 'MEMBER'), has_any_column_privilege(session_user, pg_class.oid, 'SELECT'),
    has_any_column_privilege(pg_class.oid, 'SELECT'), has_any_column_privilege(pg_class.oid, 'INSERT')
FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace, pg_catalog.pg_roles
WHERE nspname = 'public' AND relname = 'intake_submission' AND rolname = current_user
"""
WRITE_GRANTS = (
    "Run `manage.py migrate`, or where somebody else must make the roles `manage.py grant_roles --print`."
)
OWN_LOGIN = (
    "Give the process a login of its own that is a member of {role} alone, name it in DATABASE_URL, and the owner's "
    "in CLINIC_OWNER_DATABASE_URL where you migrate."
)


class Rights(NamedTuple):
    """What this connection may do with submissions."""

    user: str
    login: str
    owns: bool
    login_may_own: bool
    login_may_read: bool
    reads: bool
    adds: bool


def is_the_process(databases: Sequence[str] | None) -> bool:
    """Whether the database is to be checked, and the connection is not the owner's on purpose: database.py."""
    return bool(databases) and "assume_role" in connections["default"].settings_dict["OPTIONS"]


def rights_of_this_process() -> Rights | None:
    """None before the first migration."""
    with connections["default"].cursor() as cursor:
        cursor.execute(RIGHTS)
        row = cursor.fetchone()
    return Rights(*row) if row else None


@register(Tags.database)
def process_has_the_rights_of_its_role(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if not is_the_process(databases):
        return []
    rights = rights_of_this_process()
    if rights is not None:
        return problems(settings.ROLE, rights)
    if settings.ROLE is Role.ALL:  # it makes them itself
        return []
    return [Error("The database has no tables yet.", hint="Run `manage.py migrate`.", id="clinic_site.E023")]


@register(Tags.database, deploy=True)
def login_has_no_more_rights(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    rights = rights_of_this_process() if is_the_process(databases) else None
    if rights is None or rights.owns:
        return []
    if not rights.login_may_own and not (settings.ROLE is Role.PUBLIC and rights.login_may_read):
        return []
    return [
        Warning(
            f"The process connects as {rights.login}, which may do more, and only steps down to {rights.user}: "
            "SQL that somebody slips in could step up again.",
            hint=OWN_LOGIN.format(role=settings.ROLE.database_role),
            id="clinic_site.W021",
        )
    ]


def problems(role: Role, rights: Rights) -> list[CheckMessage]:
    if rights.owns:
        # One login for all was how a site was set up before there were roles, so that one still starts.
        kind = Warning if role is Role.ALL else Error
        return [
            kind(
                f"The database user {rights.user} owns the tables or is a superuser, so no grant holds it back.",
                hint=f"{WRITE_GRANTS} {OWN_LOGIN.format(role=role.database_role)}",
                id="clinic_site.W020" if role is Role.ALL else "clinic_site.E020",
            )
        ]
    if role is Role.PUBLIC and rights.reads:
        return [
            Error(
                f"The database user {rights.user} may read submissions, and the public process must not.",
                hint=f"{WRITE_GRANTS} {OWN_LOGIN.format(role=role.database_role)}",
                id="clinic_site.E021",
            )
        ]
    if not (rights.adds if role is Role.PUBLIC else rights.reads):
        return [
            Error(
                f"The database user {rights.user} has not the rights of {role.database_role}.",
                hint=f"{WRITE_GRANTS} {OWN_LOGIN.format(role=role.database_role)}",
                id="clinic_site.E022",
            )
        ]
    return []

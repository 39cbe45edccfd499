"""Which database role may do what: the one table, and the SQL that writes it.

web_public serves the site, web_staff the review desk, web_worker sends notices and keeps the retention times;
web_all is a member of the three. None owns a table. A table that is not listed here is closed to all of them, and a
test fails for it.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic_site.roles import Role


@dataclasses.dataclass(frozen=True, slots=True)
class May:
    """One verb of SQL, on the whole table or only on some of its columns."""

    verb: str
    columns: tuple[str, ...] = ()


SELECT, INSERT, UPDATE, DELETE = May("SELECT"), May("INSERT"), May("UPDATE"), May("DELETE")
EDIT = (SELECT, INSERT, UPDATE, DELETE)
COUNTS = (SELECT, INSERT, May("UPDATE", ("count",)))
PUBLIC, STAFF, WORKER = Role.PUBLIC, Role.STAFF, Role.WORKER

# What a writer of the audit trail fills in; the database adds the number, the time and the chain.
AUDIT_ENTRY = May("INSERT", ("account", "role", "action", "submissions", "reason", "detail"))
WRAPS = May("UPDATE", ("clinic_key_id", "clinic_wrap", "escrow_key_id", "escrow_wrap"))
FIRST_LOOK = May("UPDATE", ("opens", "noticed_at", "alerted_at"))
# Who retires a version is told how many still fill it in, and Django looks before it deletes one.
HOW_MANY_DRAFTS = May("SELECT", ("id", "questionnaire_version_id", "expires_at", "sent_at"))
WHEN_IT_ENDS = May(
    "SELECT", ("expire_date",)
)  # the worker deletes what has expired, and sees no more of a session
STAFFS_OWN_STATE = May(
    "UPDATE", ("status", "status_changed_at", "assigned_to", "taken", "acknowledged_at", "held")
)
TOLD = May("UPDATE", ("next_try_at", "tries", "batch", "sent_at"))
# The worker makes the parts of a large export and deletes them; staff ask for it and download it once.
MADE = May("UPDATE", ("done", "left_out", "ready_at", "emptied_at"))
DOWNLOADED = May("UPDATE", ("downloaded_at",))

Grants = Mapping[str, Mapping[Role, tuple[May, ...]]]
GRANTS: Grants = {
    # What patients send. The public process adds a submission and can never read one.
    # A trigger lets the worker delete canaries, and what was ordered or whose time is over.
    "intake_submission": {
        PUBLIC: (INSERT,),
        STAFF: (SELECT, STAFFS_OWN_STATE),
        WORKER: (SELECT, WRAPS, FIRST_LOOK, DELETE),
    },
    "intake_note": {STAFF: (SELECT, INSERT), WORKER: (SELECT, WRAPS, DELETE)},
    "intake_notice": {STAFF: (SELECT,), WORKER: (SELECT, INSERT, TOLD, DELETE)},
    "intake_heartbeat": {STAFF: (SELECT,), WORKER: (SELECT, INSERT, May("UPDATE", ("at",)))},
    # Staff order that a submission is deleted, the worker does it; a trigger lets it delete no other.
    "intake_retentionclock": {STAFF: EDIT, WORKER: (SELECT,)},
    "intake_tombstone": {
        STAFF: (SELECT, INSERT),
        WORKER: (SELECT, INSERT, May("UPDATE", ("deleted_at",))),
    },
    "intake_pagecount": {PUBLIC: COUNTS, STAFF: (SELECT,)},
    "intake_export": {STAFF: (SELECT, INSERT, DOWNLOADED), WORKER: (SELECT, MADE)},
    "intake_exportpart": {STAFF: (SELECT,), WORKER: (SELECT, INSERT, DELETE)},
    "intake_searchentry": {STAFF: (SELECT,), WORKER: (SELECT, INSERT, DELETE)},
    "intake_draft": {PUBLIC: EDIT, STAFF: (HOW_MANY_DRAFTS,), WORKER: (SELECT, UPDATE, DELETE)},
    "clinic_site_auditevent": {STAFF: (SELECT, AUDIT_ENTRY), WORKER: (SELECT, AUDIT_ENTRY)},
    # What the site shows, and staff write
    "intake_questionnaireversion": {PUBLIC: (SELECT,), STAFF: EDIT, WORKER: (SELECT,)},
    "intake_translationreview": {PUBLIC: (SELECT,), STAFF: (SELECT, INSERT), WORKER: (SELECT,)},
    "clinic_site_clinic": {PUBLIC: (SELECT,), STAFF: (SELECT, INSERT, UPDATE), WORKER: (SELECT,)},
    "clinic_site_openinghours": {PUBLIC: (SELECT,), STAFF: EDIT, WORKER: (SELECT,)},
    "clinic_site_person": {PUBLIC: (SELECT,), STAFF: EDIT, WORKER: (SELECT,)},
    "clinic_site_price": {PUBLIC: (SELECT,), STAFF: EDIT, WORKER: (SELECT,)},
    "clinic_site_noticeversion": {
        PUBLIC: (SELECT,),
        STAFF: (SELECT, INSERT, UPDATE),
    },  # approved ones: a trigger refuses
    "clinic_site_holiday": {PUBLIC: (SELECT,), STAFF: EDIT, WORKER: (SELECT,)},
    "treatments_article": {PUBLIC: (SELECT,), STAFF: EDIT},
    "treatments_articleversion": {STAFF: (SELECT, INSERT)},  # what was said, and who said it, stays
    "treatments_draftlink": {PUBLIC: (SELECT,), STAFF: (SELECT, INSERT, DELETE)},
    "treatments_article_conditions": {PUBLIC: (SELECT,), STAFF: EDIT},
    "treatments_citation": {PUBLIC: (SELECT,), STAFF: EDIT},
    "treatments_condition": {PUBLIC: (SELECT,), STAFF: EDIT},
    "treatments_source": {PUBLIC: (SELECT,), STAFF: EDIT},
    "clinic_site_ratelimit": {
        PUBLIC: COUNTS,
        STAFF: COUNTS,
        WORKER: (May("SELECT", ("expires_at",)), DELETE),
    },
    # Accounts
    "auth_user": {STAFF: EDIT},
    "auth_user_groups": {STAFF: EDIT},
    "auth_user_user_permissions": {STAFF: EDIT},
    "auth_group": {STAFF: EDIT},
    "auth_group_permissions": {STAFF: EDIT},
    "auth_permission": {STAFF: (SELECT,)},
    "mfa_authenticator": {STAFF: EDIT},
    "account_emailaddress": {
        STAFF: (SELECT, DELETE)
    },  # allauth's, always empty; deleting an account looks there
    "account_emailconfirmation": {STAFF: (SELECT, DELETE)},
    "django_admin_log": {STAFF: (SELECT, INSERT, DELETE)},  # deleting an account takes its lines along
    "django_content_type": {STAFF: (SELECT,)},
    "clinic_site_staffsession": {STAFF: EDIT, WORKER: (WHEN_IT_ENDS, DELETE)},
    # Django's own bookkeeping
    "django_migrations": {STAFF: (SELECT,), WORKER: (SELECT,)},
}

PARTS = tuple(role.database_role for role in (PUBLIC, STAFF, WORKER))
WHOLE = Role.ALL.database_role
DATABASE_ROLES = (*PARTS, WHOLE)


class RolesMissing(Exception):
    """This login may neither make the database roles nor give them out. The message is PostgreSQL's."""


def write_grants(connection: BaseDatabaseWrapper) -> None:
    """Make the roles that are missing and set every grant anew. `connection` is the owner's.

    Raises RolesMissing, having changed nothing, where a role is missing and this login may not make it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                for statement in role_statements(connection):
                    cursor.execute(statement)
        except ProgrammingError as error:
            raise RolesMissing(str(error).strip()) from error
        # Two at once would stumble over each other's rows of the catalogue.
        cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(5063021186478203314)")
        for statement in grant_statements(connection):
            cursor.execute(statement)


def role_statements(connection: BaseDatabaseWrapper) -> list[str]:
    """What makes the roles; nothing where all is there. A role that may log in stays so."""
    existing = set(column(connection, "SELECT rolname FROM pg_catalog.pg_roles"))
    statements = [f"CREATE ROLE {name} NOLOGIN" for name in DATABASE_ROLES if name not in existing]
    memberships = {(part, WHOLE) for part in PARTS}
    if settings.OWNER_DATABASE is None:  # one login for all: it must be able to step down
        memberships |= {(name, owner_login(connection)) for name in DATABASE_ROLES}
    statements += [
        f"GRANT {role} TO {connection.ops.quote_name(member)}"
        for role, member in sorted(memberships)
        if not {role, member} <= existing or not may_become(connection, member, role)
    ]
    return statements


def may_become(connection: BaseDatabaseWrapper, member: str, role: str) -> bool:
    # From PostgreSQL 16 on who made a role is a member that may hand it on, but not become it.
    kind = "SET" if int(column(connection, "SHOW server_version_num")[0]) >= 160000 else "MEMBER"
    return bool(column(connection, "SELECT pg_catalog.pg_has_role(%s, %s, %s)", [member, role, kind])[0])


def owner_login(connection: BaseDatabaseWrapper) -> str:
    return str(column(connection, "SELECT session_user")[0])


def grant_statements(connection: BaseDatabaseWrapper) -> list[str]:
    """First everything is taken away, also from PUBLIC, then GRANTS is given."""
    roles = ", ".join(DATABASE_ROLES)
    parts = ", ".join(PARTS)
    database = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    statements = [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {roles}",
        f"GRANT CONNECT ON DATABASE {database} TO {parts}",
        f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {roles}",
        f"GRANT USAGE ON SCHEMA public TO {parts}",
    ]
    for kind, names in owned(connection).items():
        if names:
            statements.append(f"REVOKE ALL ON {kind} {', '.join(names)} FROM PUBLIC, {roles}")
    return statements + list(table_grants(connection))


def table_grants(connection: BaseDatabaseWrapper) -> Iterable[str]:
    """Tables and columns that are still to be migrated, or no longer there, are left out."""
    columns = columns_by_table(connection)
    for table, by_role in GRANTS.items():
        for role, grants in by_role.items() if table in columns else ():
            privileges = [
                f"{may.verb} ({', '.join(there)})" if may.columns else may.verb
                for may in grants
                if (there := [name for name in may.columns if name in columns[table]]) or not may.columns
            ]
            if privileges:
                yield f"GRANT {', '.join(privileges)} ON TABLE public.{table} TO {role.database_role}"


OWNED_RELATIONS = """
SELECT format('%%I.%%I', nspname, relname) FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind = ANY(%s) AND pg_catalog.pg_has_role(relowner, 'USAGE')
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY 1
"""
OWNED_FUNCTIONS = """
SELECT format('%I.%I(%s)', nspname, proname, pg_catalog.pg_get_function_identity_arguments(pg_proc.oid))
FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname = 'public' AND pg_catalog.pg_has_role(proowner, 'USAGE')
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
ORDER BY 1
"""
COLUMNS = """
SELECT relname, array_agg(attname::text) FROM pg_catalog.pg_class
JOIN pg_catalog.pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') GROUP BY relname
"""


def owned(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """What stands in the schema and is the owner's; an extension's functions keep the rights they came with."""
    return {
        "TABLE": column(connection, OWNED_RELATIONS, [["r", "p", "v", "m", "f"]]),
        "SEQUENCE": column(connection, OWNED_RELATIONS, [["S"]]),
        "ROUTINE": column(connection, OWNED_FUNCTIONS),
    }


def columns_by_table(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return dict(cursor.fetchall())


def column(connection: BaseDatabaseWrapper, sql: str, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [value for (value,) in cursor.fetchall()]

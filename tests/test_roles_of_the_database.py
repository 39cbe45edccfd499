"""The list of grants is complete, the database has exactly these, and writing them takes every other away."""

import pytest
from django.core.management import call_command

from clinic_site.grants import DATABASE_ROLES, GRANTS, PARTS
from clinic_site.roles import Role
from tests.catalogue import columns, execute, rows, tables

pytestmark = pytest.mark.django_db


def test_every_table_is_in_the_list_of_grants_and_nothing_else_is() -> None:
    assert set(GRANTS) == set(tables())


def test_every_column_that_is_granted_is_there() -> None:
    missing = {
        f"{table}.{name}"
        for table, by_role in GRANTS.items()
        for grants in by_role.values()
        for may in grants
        for name in set(may.columns) - set(columns(table))
    }
    assert not missing


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STAFF, Role.WORKER])
def test_a_role_has_the_rights_of_the_list_on_every_column_and_no_others(role: Role) -> None:
    may_columns = """
        SELECT name FROM unnest(%s::text[]) AS name WHERE has_column_privilege(%s, %s, name, %s)
    """
    may_table = "SELECT has_table_privilege(%s, %s, %s)"
    for table in tables():
        granted = {
            (may.verb, name) for may in GRANTS[table].get(role, ()) for name in may.columns or columns(table)
        }
        for verb in ("SELECT", "INSERT", "UPDATE", "REFERENCES"):
            allowed = {name for (name,) in rows(may_columns, columns(table), role.database_role, table, verb)}
            assert allowed == {name for granted_verb, name in granted if granted_verb == verb}, (table, verb)
        for verb in ("DELETE", "TRUNCATE", "TRIGGER"):
            is_allowed = rows(may_table, role.database_role, table, verb) == [(True,)]
            assert is_allowed == any(granted_verb == verb for granted_verb, _ in granted), (table, verb)


def test_the_roles_are_no_superusers_own_nothing_and_make_nothing() -> None:
    powers = """
        SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin FROM pg_roles
        WHERE rolname = %s
    """
    for name in DATABASE_ROLES:
        assert rows(powers, name) == [(False,) * 6]
        assert rows("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s", name) == []
        assert rows("SELECT has_schema_privilege(%s, 'public', 'CREATE')", name) == [(False,)]
        assert rows("SELECT has_database_privilege(%s, current_database(), 'CREATE, TEMP')", name) == [
            (False,)
        ]


def test_the_role_for_everything_is_a_member_of_the_three_and_has_nothing_besides() -> None:
    members_of = """
        SELECT part.rolname FROM pg_auth_members JOIN pg_roles AS part ON part.oid = roleid
        JOIN pg_roles AS whole ON whole.oid = member WHERE whole.rolname = 'web_all' ORDER BY 1
    """
    assert [name for (name,) in rows(members_of)] == sorted(PARTS)
    granted = "SELECT table_name FROM information_schema.role_table_grants WHERE grantee = %s"
    assert rows(granted, "web_all") == rows(granted, "PUBLIC") == []


def test_grants_that_somebody_gave_by_hand_are_taken_back() -> None:
    execute("GRANT ALL ON intake_submission TO PUBLIC")
    execute("GRANT SELECT (id) ON auth_user TO web_public")
    execute("GRANT SELECT ON intake_submission TO web_all")
    execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    execute("CREATE FUNCTION public.tell() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")
    assert rows("SELECT has_table_privilege('web_public', 'intake_submission', 'SELECT')") == [(True,)]
    call_command("grant_roles", verbosity=0)
    call_command("grant_roles", verbosity=0)
    asked = """
        SELECT has_any_column_privilege('web_public', 'intake_submission', 'SELECT'),
            has_any_column_privilege('web_public', 'auth_user', 'SELECT'),
            has_schema_privilege('web_public', 'public', 'CREATE'),
            has_function_privilege('web_public', 'public.tell()', 'EXECUTE'),
            has_table_privilege('web_public', 'intake_submission', 'INSERT'),
            has_schema_privilege('web_public', 'public', 'USAGE')
    """
    assert rows(asked) == [(False, False, False, False, True, True)]
    assert rows("SELECT table_name FROM information_schema.role_table_grants WHERE grantee = 'web_all'") == []


def test_a_table_that_nobody_listed_is_closed_to_every_role() -> None:
    execute("CREATE TABLE unlisted (secret text)")
    execute("GRANT ALL ON unlisted TO web_public")
    call_command("grant_roles", verbosity=0)
    may = "SELECT has_table_privilege(%s, 'unlisted', 'SELECT, INSERT, UPDATE, DELETE')"
    for name in DATABASE_ROLES:
        assert rows(may, name) == [(False,)]
    assert set(tables()) - set(GRANTS) == {"unlisted"}

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from clinic_site.database import as_owner
from clinic_site.grants import RolesMissing, write_grants
from clinic_site.management.commands.grant_roles import advice
from clinic_site.roles import Role


class Command(migrate.Command):
    """Django's own, as the owner of the tables, and the grants and the groups of staff with it."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if not settings.ROLE.has_accounts:  # some migrations are of apps that this process does not load
            raise CommandError(
                f"Not with CLINIC_ROLE={settings.ROLE}: leave it out, or write CLINIC_ROLE=all."
            )
        with as_owner():
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT current_user, has_schema_privilege('public', 'CREATE')")
                login, may_make_tables = cursor.fetchone()
            if not may_make_tables:
                raise CommandError(
                    f"The login {login} may not make tables. "
                    "Set CLINIC_OWNER_DATABASE_URL to the login that owns the database."
                )
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        if "auth_group" in connections["default"].introspection.table_names():
            from clinic_site.accounts.groups import write_groups  # of a role that has accounts

            write_groups()
        try:
            write_grants(connections["default"])
        except RolesMissing as missing:
            if settings.ROLE is not Role.ALL:
                raise CommandError(advice(missing)) from None
            self.stderr.write(f"{advice(missing)} Until then the site runs as the owner of its tables.")

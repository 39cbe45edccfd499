from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from clinic_site.database import as_owner
from clinic_site.grants import (
    DATABASE_ROLES,
    RolesMissing,
    grant_statements,
    role_statements,
    write_grants,
)


class Command(BaseCommand):
    help = (
        "Makes the database roles that are missing and writes every grant anew; `migrate` ends with the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--print",
            action="store_true",
            dest="print_only",
            help="Only print the SQL, for a database server whose roles somebody else makes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            owner = connections["default"]
            if options["print_only"]:
                statements = [*role_statements(owner), *grant_statements(owner)]
                self.stdout.write("\n".join(["BEGIN;", *(f"{line};" for line in statements), "COMMIT;"]))
                return
            try:
                write_grants(owner)
            except RolesMissing as missing:
                raise CommandError(advice(missing)) from None
        self.stdout.write(f"Wrote the grants of {', '.join(DATABASE_ROLES)}.")


def advice(missing: RolesMissing) -> str:
    return (
        f"This login may not make the database roles ({missing}). Let somebody who may run what this prints: "
        "manage.py grant_roles --print. After that, manage.py grant_roles keeps the grants up to date."
    )

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site import audit


class Command(BaseCommand):
    help = (
        "Takes away an account's passkeys, authenticator app and recovery codes, and signs it out everywhere. At its "
        "next sign-in, with its password, it sets up new ones. For the last administrator; the others have a page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--why", choices=["lost", "stolen", "replaced"], required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ROLE.has_accounts:
            raise CommandError(f"CLINIC_ROLE={settings.ROLE} has no accounts. Run it with CLINIC_ROLE=staff.")
        from django.contrib.auth.models import User  # of a role that has accounts

        from clinic_site.accounts.lost_phone import Why, reset_second_step

        account = User.objects.filter(username=options["username"]).first()
        if account is None:
            raise CommandError("No account has that name.")
        reset_second_step(account, by=audit.shell_account(), why=Why(options["why"]))
        self.stdout.write("Done. The next sign-in with the password leads to setting up a new second step.")

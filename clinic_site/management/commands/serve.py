import argparse
import os
import threading
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from clinic_site.roles import Role
from clinic_site.server import PortRefused, make_sure_port_is_free, serve
from clinic_site.static_files import collect_static_files
from intake import process_keys, worker

PREPARATIONS = (
    "migrate",  # as the owner; the others with the rights of the site, which this proves to suffice
    "load_articles",
    "load_questionnaires",
    "load_notices",
    "create_demo_clinic",
)


def port_number(written: str) -> int:
    port = int(written)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


class Command(BaseCommand):
    help = (
        "Serves what the role of this process serves. In the role `all`, which `make run` runs, it first brings the "
        "database up to date; the other roles have no right to."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("port", nargs="?", type=port_number, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = os.environ.get("CLINIC_BIND", "127.0.0.1"), options["port"]
        try:
            make_sure_port_is_free(host, port)
            connections["default"].ensure_connection()
        except PortRefused as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from None

        role: Role = settings.ROLE
        sign_in = prepare() if role is Role.ALL else []
        collect_static_files()
        self.check(databases=["default"])
        connections.close_all()

        site = f"http://localhost:{port}/"
        if role.serves_public:
            self.stdout.write(f"The site:         {site}")
        if role.has_accounts:
            self.stdout.write(f"The review desk:  {site}admin/")
        for line in sign_in:
            self.stdout.write(line)
        if process_keys.uses_trial_keys():
            self.stdout.write(
                f"Answers are sealed with keys made for a trial, in {process_keys.trial_folder()}: docs/keys.md."
            )
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()
        if role is Role.ALL:  # elsewhere the worker is a process of its own
            threading.Thread(target=worker.run, daemon=True).start()
        serve(host, port)
        self.stdout.write("Stopped.")


SECOND_STEP = (
    "The first sign-in sets up a second step, a passkey or an app on a phone. "
    "To show the site without it: CLINIC_DEMO=1 make run"
)


def prepare() -> list[str]:
    """Bring the database up to date and say how to sign in."""
    from clinic_site.demonstration import STAFF_USERNAME, create_staff_account  # of a role that has accounts

    for command in PREPARATIONS:
        call_command(command, verbosity=0, stdout=StringIO())
    password_file = settings.VAR_DIR / "staff-password"
    if password := create_staff_account(password_file):
        return [
            f"Sign in there as {STAFF_USERNAME} with the password {password}",
            f"It is shown this once, and kept in {password_file}",
            SECOND_STEP,
        ]
    if password_file.exists():
        return [f"Sign in there as {STAFF_USERNAME}. The password is kept in {password_file}"]
    return []

import argparse
import os
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from clinic_site.demonstration import STAFF_USERNAME, create_staff_account
from clinic_site.server import PortRefused, make_sure_port_is_free, serve
from clinic_site.static_files import collect_static_files

PREPARATIONS = (
    "migrate",
    "load_articles",
    "load_questionnaires",
    "create_demo_clinic",
    "clear_expired_drafts",
)


def port_number(written: str) -> int:
    port = int(written)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


class Command(BaseCommand):
    help = "Brings the database and the static files up to date and serves the site: what `make run` runs."

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

        for command in PREPARATIONS:
            call_command(command, verbosity=0, stdout=StringIO())
        password_file = settings.VAR_DIR / "staff-password"
        password = create_staff_account(password_file)
        collect_static_files()
        self.check(databases=["default"])
        connections.close_all()

        site = f"http://localhost:{port}/"
        self.stdout.write(f"The site:         {site}")
        self.stdout.write(f"The review desk:  {site}admin/")
        if password:
            self.stdout.write(f"Sign in there as {STAFF_USERNAME} with the password {password}")
            self.stdout.write(f"It is shown this once, and kept in {password_file}")
        elif password_file.exists():
            self.stdout.write(f"Sign in there as {STAFF_USERNAME}. The password is kept in {password_file}")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()
        serve(host, port)
        self.stdout.write("Stopped.")

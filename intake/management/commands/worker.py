from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intake import worker


class Command(BaseCommand):
    help = (
        "Look at what arrives, send and delete canaries, delete what has expired. Runs until it is stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="everything once, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        worker.run(once=options["once"])

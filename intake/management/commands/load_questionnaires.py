from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from intake import actions

SHIPPED = Path(__file__).resolve().parents[2] / "questionnaires" / "definitions"


class Command(BaseCommand):
    help = "Publish the questionnaires of a folder, with their triage rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = actions.load_questionnaires(options["folder"], at=timezone.now())
        except actions.DefinitionRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for version, is_new in loaded if options["verbosity"] else ():
            self.stdout.write(f"{version}: {'published' if is_new else 'already published'}")

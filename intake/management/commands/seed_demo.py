from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from intake.actions.demonstration import NoDemonstration, seed
from intake.models import QuestionnaireVersion
from intake.views.shared import SCREENING

MOST = 5000


class Command(BaseCommand):
    help = "Sends made-up forms to the demonstration clinic. Refuses on the site of any other clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--submissions", type=int, default=40, metavar="N", help="how many; 40 unless told"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["submissions"] <= MOST:
            raise CommandError(f"--submissions is a number from 1 to {MOST}.")
        version = QuestionnaireVersion.objects.current(SCREENING)
        if version is None:
            raise CommandError("No screening is published. Run: manage.py load_questionnaires")
        try:
            sent = sum(1 for _ in seed(version=version, how_many=options["submissions"], at=timezone.now()))
        except NoDemonstration:
            raise CommandError(
                "This is not the demonstration clinic. Nothing made up may stand among what patients sent."
            ) from None
        if options["verbosity"]:
            self.stdout.write(f"Sent {sent} forms of made-up people.")

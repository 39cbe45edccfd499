from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from intake import actions
from intake.keys import KeyRefused
from intake.models import QuestionnaireVersion
from intake.views.shared import SCREENING


class Command(BaseCommand):
    help = (
        "Send an empty submission, sealed as a patient's is: run it hourly where the public site runs, in its own "
        "environment. The worker sees whether it opens."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        version = QuestionnaireVersion.objects.current(SCREENING)
        if version is None:
            raise CommandError("No screening is published.")
        try:
            actions.seal_canary(version=version, at=timezone.now())
        except KeyRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("A canary was sent.")

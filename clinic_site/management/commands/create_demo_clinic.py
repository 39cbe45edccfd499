from typing import Any

from django.core.management.base import BaseCommand

from clinic_site.demonstration import create_demo_clinic


class Command(BaseCommand):
    help = "Enters the facts of a fictional clinic, where no clinic's facts were entered yet."

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = create_demo_clinic()
        if options["verbosity"]:
            self.stdout.write(f"Entered {clinic}." if clinic else "A clinic's facts are there already.")

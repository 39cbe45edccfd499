import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from clinic_site.bill_of_materials import bill_of_materials


class Command(BaseCommand):
    help = "Write the software bill of materials of what the site runs on, as CycloneDX (JSON)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, help="a file instead of the screen")

    def handle(self, *args: Any, **options: Any) -> None:
        written = json.dumps(bill_of_materials(settings.BASE_DIR / "requirements.lock"), indent=1)
        if options["output"]:
            options["output"].write_text(f"{written}\n")
        else:
            self.stdout.write(written)

from typing import Any

from django.core.management.base import BaseCommand

from clinic_site.notices import load_drafts


class Command(BaseCommand):
    help = "Loads the shipped drafts of the notices; what staff wrote or approved stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = load_drafts()
        if options["verbosity"]:
            self.stdout.write(f"Drafts of notices: {len(changed)} brought up to date.")

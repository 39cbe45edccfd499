from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from treatments.actions import Outcome, load_articles
from treatments.content import CONTENT_FOLDER, ContentRefused


class Command(BaseCommand):
    help = "Load the articles that ship with the site; what staff edited stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=CONTENT_FOLDER)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_articles(folder=options["folder"])
        except ContentRefused as refusal:
            raise CommandError(f"Nothing was loaded. {refusal}") from None
        if options["verbosity"] == 0:
            return
        counts = ", ".join(f"{len(loaded.names(outcome))} {outcome}" for outcome in Outcome)
        self.stdout.write(f"Articles, conditions and sources: {counts}.")
        for name in loaded.names(Outcome.KEPT):
            self.stdout.write(f"  {name}: {Outcome.KEPT}")

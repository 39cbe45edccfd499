from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from intake.key_files import Holder, Pair, make_pair
from intake.keys import KeyRefused

WHAT_TO_DO = {
    Holder.CLINIC: """
The clinic's key {pair.key_id}
  {pair.public.name}
      seals. Copy it to every host of the site and name it there in CLINIC_PUBLIC_KEY_FILE.
  {pair.private.name}
      opens every answer. Copy it to the hosts of the staff and of the worker, to no other, and name it there in
      CLINIC_PRIVATE_KEY_FILES. Keep one copy in a safe. If all copies are lost, only the escrow key still helps.""",
    Holder.ESCROW: """
The escrow key {pair.key_id}
  {pair.public.name}
      seals. Copy it to every host of the site and name it there in CLINIC_ESCROW_PUBLIC_KEY_FILE.
  {pair.private.name}
      opens every answer, for the day the clinic's own key is lost. It belongs on no host: put it on two sticks or
      on paper, into two safes, and delete it here.""",
}
NEXT = """
Before the first patient: prove that the escrow key opens what is sealed, with
  manage.py escrow_drill --escrow-private-key FILE
All of it is told at length in docs/keys.md."""


class Command(BaseCommand):
    help = "Make the key pairs that answers are sealed with: one for the clinic, one for escrow."
    requires_system_checks = []  # without keys the checks fail

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="a folder of your own")
        parser.add_argument("--only", choices=list(Holder), help="one pair: to exchange a key for a new one")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["into"]
        holders = [Holder(options["only"])] if options["only"] else list(Holder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            pairs = [make_pair(folder, holder) for holder in holders]
        except OSError as error:
            raise CommandError(f"{folder}: the folder cannot be made: {error.strerror}") from None
        except KeyRefused as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.tell(folder, pairs)

    def tell(self, folder: Path, pairs: list[Pair]) -> None:
        self.stdout.write(f"Made in {folder}:")
        for pair in pairs:
            self.stdout.write(WHAT_TO_DO[pair.holder].format(pair=pair))
        self.stdout.write(NEXT)

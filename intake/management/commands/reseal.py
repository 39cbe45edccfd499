import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from intake import actions
from intake.keys import KeyRefused, PublicKey
from intake.process_keys import keyring, recipients

BAR = 40  # characters


class Command(BaseCommand):
    help = "Seal what was sent to one key again, to another. Stop it when you like: it goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="replacing", required=True, metavar="KEYID")
        parser.add_argument("--to", required=True, metavar="KEYID")

    def handle(self, *args: Any, **options: Any) -> None:
        replacing, to = options["replacing"], public_key(options["to"])
        total = actions.count_sealed_to(replacing)
        done = closed = 0
        for batch in actions.reseal(replacing=replacing, to=to):
            done, closed = done + batch.done, closed + batch.closed
            self.show(done + closed, total)
        self.stdout.write(f"Sealed again, from key {replacing} to key {to.id}: {done} of {total}.")
        if closed:
            raise CommandError(
                f"Not sealed again: {closed}, because they do not open. They are in the log, and still sealed to "
                f"{replacing}: keep that private key."
            )

    def show(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            filled = BAR * done // max(total, 1)
            self.stderr.write(f"\r[{'#' * filled}{' ' * (BAR - filled)}] {done} of {total}", ending="")


def public_key(key_id: str) -> PublicKey:
    """Among the keys that this process knows: a key that nobody here could check must not be sealed to."""
    try:
        known = {key.id: key.public_key for key in keyring()}
        known |= {key.id: key for key in (recipients().clinic, recipients().escrow)}
    except KeyRefused as error:
        raise CommandError(str(error)) from None
    if key_id not in known:
        raise CommandError(
            f"There is no key {key_id} here. Name its file in CLINIC_PRIVATE_KEY_FILES, beside the old key's."
        )
    return known[key_id]

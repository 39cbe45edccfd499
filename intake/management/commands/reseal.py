import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site import audit
from clinic_site.audit import KEY_ID
from intake import actions
from intake.keys import KeyRefused, Keyring, PrivateKey, PublicKey
from intake.process_keys import keyring, recipients

BAR = 40  # characters


class Command(BaseCommand):
    help = "Seal what was sent to one key again, to another. Stop it when you like: it goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="replacing", required=True, metavar="KEYID")
        parser.add_argument("--to", required=True, metavar="KEYID")
        parser.add_argument(
            "--batch", type=int, default=200, metavar="N", help="rows in one transaction; 200 unless told"
        )
        parser.add_argument(
            "--escrow-private-key",
            type=Path,
            metavar="FILE",
            help="opens with this key, where the clinic's private key is lost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        replacing, to = options["replacing"], public_key(options["to"])
        if replacing == to.id:
            raise CommandError("--from and --to name the same key.")
        opened_with = self.keys(options["escrow_private_key"])
        total = actions.count_sealed_to(replacing)
        detail = f"reseal from {replacing} to {to.id}" if KEY_ID.fullmatch(replacing) else "reseal"
        audit.write(audit.Action.KEY, by=audit.shell_account(), detail=detail)
        done = closed = 0
        rows = max(1, options["batch"])
        try:
            for batch in actions.reseal(replacing=replacing, to=to, opened_with=opened_with, batch=rows):
                done, closed = done + batch.done, closed + batch.closed
                self.show(done + closed, total)
        except ValueError as error:  # the clinic's key and the escrow key would be one
            raise CommandError(str(error)) from None
        self.stdout.write(f"Sealed again, from key {replacing} to key {to.id}: {done} of {total}.")
        if people := actions.without_entry().count():
            self.stdout.write(
                f"People not yet in the search under the clinic's present key: {people}. The worker enters them while "
                "it runs; look again with this same command."
            )
        if closed:
            raise CommandError(
                f"Not sealed again: {closed}, because they do not open. They are in the log, and still sealed to "
                f"{replacing}: keep that private key."
            )

    def keys(self, escrow_private_key: Path | None) -> Keyring:
        try:
            escrow = [PrivateKey.from_file(escrow_private_key)] if escrow_private_key else []
            return Keyring([*keyring(), *escrow])
        except KeyRefused as error:
            raise CommandError(str(error)) from None

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

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site import audit
from intake import process_keys, storage
from intake.escrow import drill
from intake.keys import KeyRefused, PrivateKey
from intake.models import Submission
from intake.sealing import Context, Sealed, opens_a_marker
from intake.secret import ReferenceMistyped

NEWEST = 20  # submissions


class Command(BaseCommand):
    help = "Prove that the escrow private key opens what patients sent. Shows counts, never an answer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--escrow-private-key", type=Path, required=True, metavar="FILE")
        parser.add_argument(
            "references", nargs="*", metavar="REFERENCE", help=f"without any: the newest {NEWEST} submissions"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = PrivateKey.from_file(options["escrow_private_key"])
            recipients = process_keys.recipients()
        except KeyRefused as error:
            raise CommandError(str(error)) from None
        if key.id != recipients.escrow.id:
            raise CommandError(
                f"This is the key {key.id}, and answers are sealed to the escrow key {recipients.escrow.id}."
            )
        if not opens_a_marker(key, recipients):
            raise CommandError(f"The key {key.id} does not open what is sealed to it.")
        self.stdout.write(f"The escrow key {key.id} opens what is sealed from now on.")

        rows = sealed_rows(options["references"])
        if not rows:
            self.stdout.write("There is no submission yet to open: send a screening and drill again.")
            return
        audit.write(audit.Action.KEY, by=audit.shell_account(), detail="escrow drill")
        result = drill(rows, key)
        self.stdout.write(f"Submissions opened: {result.opened} of {len(rows)}")
        if not result.passed:
            raise CommandError(
                f"Sealed to another escrow key: {result.other_key}. Changed or damaged: {result.refused}."
            )


def sealed_rows(references: list[str]) -> list[tuple[Sealed, Context]]:
    """The submissions with these references, or the newest. Raises CommandError."""
    submissions = Submission.objects.of_patients().with_version()
    if not references:
        newest = submissions.order_by("-received_at")[:NEWEST]
        return [(storage.sealed_of(one), storage.context_of(one)) for one in newest]
    found = []
    for reference in references:
        try:
            matching = list(submissions.by_reference(reference))
        except ReferenceMistyped as mistyped:
            raise CommandError(f"{reference}: {mistyped}") from None
        if not matching:
            raise CommandError(f"{reference}: there is no such submission.")
        found += matching
    return [(storage.sealed_of(one), storage.context_of(one)) for one in found]

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site import audit_chain


class Command(BaseCommand):
    help = "Walks the audit trail and tells whether a row was changed, taken out, moved or put in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", action="store_true", help="Only print the last row's NUMBER:HASH, to be kept elsewhere."
        )
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="A head kept elsewhere that must still be there; may be given several times.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["head"]:
            self.stdout.write(str(audit_chain.head()))
            return
        try:
            heads = [audit_chain.Head.from_text(written) for written in options["expect"]]
        except audit_chain.NotAHead as error:
            raise CommandError(f"Write a head as --head prints it, NUMBER:HASH, not “{error}”.") from None
        self.report(audit_chain.walk(heads), audit_chain.triggers_off())

    def report(self, found: audit_chain.Walk, triggers_off: list[str]) -> None:
        for number, what in found.findings:
            self.stdout.write(f"Event {number} {what}.")
        if found.finding_count > len(found.findings):
            self.stdout.write(f"And {found.finding_count - len(found.findings)} more.")
        for name in triggers_off:
            self.stdout.write(f"The trigger {name} is off or missing.")
        summary = f"{found.rows} events, head {found.head}"
        if found.findings:
            first = min(number for number, _ in found.findings)
            raise CommandError(f"The trail cannot be trusted from event {first} on. {summary}")
        if triggers_off:
            raise CommandError(f"The trail is whole and unguarded. {summary}")
        self.stdout.write(f"The trail is whole: {summary}")

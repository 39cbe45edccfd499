import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from clinic_site import audit
from clinic_site.audit import Action, AuditEvent, AuditEventQuerySet
from clinic_site.audit_reports import ReferenceMistyped, names_of_accounts, submissions_of, who_looked_at


class Command(BaseCommand):
    help = "Lists who looked at a submission, or what an account did between two times, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        question = parser.add_mutually_exclusive_group(required=True)
        question.add_argument("--submission", metavar="REFERENCE")
        question.add_argument("--account", metavar="NAME")
        when = "a day, or a day and a time such as 2026-11-22T14:30, in the clinic's time"
        parser.add_argument("--from", dest="since", help=f"with --account: {when}")
        parser.add_argument(
            "--to", dest="until", help=f"with --account: {when}; a day is all of it; else now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["submission"]:
            self.list_events(*self.person(options["submission"]))
        else:
            self.list_events(*self.account(options["account"], options["since"], options["until"]))

    def person(self, reference: str) -> tuple[AuditEventQuerySet, list[Any]]:
        try:
            submissions = submissions_of(reference)
        except ReferenceMistyped as error:
            raise CommandError(str(error)) from error
        if not submissions:
            raise CommandError("No submission has this reference, and the trail names none.")
        return who_looked_at(submissions), submissions

    def account(
        self, name: str, since: str | None, until: str | None
    ) -> tuple[AuditEventQuerySet, list[Any]]:
        if since is None:
            raise CommandError("Say from when: --from 2026-11-22")
        end = moment(until, at_the_end=True) if until else timezone.now()
        return AuditEvent.objects.by_account(name, since=moment(since), until=end).oldest_first(), []

    def list_events(self, events: AuditEventQuerySet, submissions: list[Any]) -> None:
        """Whoever asks is in the trail first, and so in the answer."""
        audit.write(Action.LIST, by=audit.shell_account(), submissions=submissions, detail="audit report")
        names = names_of_accounts()
        for event in events.iterator():
            which = "" if submissions else ", ".join(event.references)
            columns = [
                f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S %Z}",
                names.get(event.account, event.account),
                event.what,
                which,
                event.get_reason_display(),
            ]
            self.stdout.write("  ".join(column for column in columns if column))


def moment(written: str, *, at_the_end: bool = False) -> datetime.datetime:
    """A day is its first instant, or with `at_the_end` the first of the day after."""
    try:
        if day := parse_date(written):
            day += datetime.timedelta(days=at_the_end)
            return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        if found := parse_datetime(written):
            return found if timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        pass
    raise CommandError("Write a time as 2026-11-22 or 2026-11-22T14:30.")

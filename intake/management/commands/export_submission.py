import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site import audit
from intake.exports import NotExportable, left_out, submissions_bundle
from intake.models import Submission
from intake.questionnaires.fhir import to_bytes
from intake.secret import ReferenceMistyped


class Command(BaseCommand):
    help = "Write submissions as one FHIR R4 Bundle. It holds all that the patients told: mind where it goes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "references",
            nargs="+",
            metavar="REFERENCE",
            help="as the patient was given it, such as 7K2M-4QZD",
        )
        parser.add_argument(
            "--reason",
            choices=audit.Reason.values,
            default=audit.Reason.HANDOVER.value,
            help="written into the audit trail with the name of who is signed in on this machine",
        )
        parser.add_argument("--format", choices=["fhir"], default="fhir")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a file that only its owner may read")
        parser.add_argument("--overwrite", action="store_true", help="replace FILE if it is there already")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        if output and not options["overwrite"] and os.path.lexists(output):
            raise CommandError(f"{output} is there already; name another file, or say --overwrite")
        submissions = submissions_of(options["references"])
        audit.write(
            audit.Action.EXPORT,
            by=audit.shell_account(),
            submissions=[one.pk for one in submissions],
            reason=options["reason"],
            detail="fhir",
        )
        try:
            bundle = submissions_bundle(submissions)
        except NotExportable as refusal:
            raise CommandError(f"Nothing was exported.\n{refusal}") from refusal
        if output:
            write_for_the_owner(output, to_bytes(bundle), overwrite=options["overwrite"])
        else:
            self.stdout.buffer.write(to_bytes(bundle))  # type: ignore[attr-defined]  # UTF-8, whatever the locale
            self.stdout.flush()
        if missing := left_out(bundle):
            raise CommandError("\n".join(["Some of what was asked for is not in the export.", *missing]))


def submissions_of(references: Sequence[str]) -> list[Submission]:
    """One submission for each reference, or a CommandError that says of every wrong one what is wrong with it."""
    found, complaints = [], []
    for reference in references:
        try:
            matching = list(Submission.objects.by_reference(reference).with_version()[:2])
        except ReferenceMistyped as mistyped:
            complaints.append(f"{reference}: {mistyped}")
            continue
        if not matching:
            complaints.append(
                f"{reference}: there is no such submission; compare it with the review desk's list"
            )
        elif len(matching) > 1:
            complaints.append(
                f"{reference}: two submissions have it; export the right one from its page at the review desk"
            )
        else:
            found += matching
    if complaints:
        raise CommandError("\n".join(["Nothing was exported.", *complaints]))
    return found


def write_for_the_owner(path: Path, contents: bytes, *, overwrite: bool) -> None:
    """A file with mode 0600, whatever stood there before. Raises CommandError where it cannot be written whole."""
    try:
        if path.exists() and not path.is_file():
            raise CommandError(f"{path} is no file; name one")
        descriptor, part = opened(path, overwrite=overwrite)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(contents)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}; name another file") from error


def opened(path: Path, *, overwrite: bool) -> tuple[int, Path]:
    """The file itself where it must be new; one beside it where it takes another's place once it is whole."""
    if not overwrite:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path
    descriptor, part = tempfile.mkstemp(prefix=".export-", dir=path.parent)
    return descriptor, Path(part)

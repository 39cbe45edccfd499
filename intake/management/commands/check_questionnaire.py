import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intake.definition_files import (
    DefinitionRefused,
    check_definition,
    read_definition,
    read_rules_beside,
    rules_beside,
)


class Command(BaseCommand):
    help = (
        "Say of each FHIR R4 questionnaire file, with the .rules.toml beside it, whether the site would take it. "
        "Needs no database. -v 2 lists the warnings."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        verdicts = [self.check_file(path, options["verbosity"]) for path in options["files"]]
        if not all(verdicts):
            sys.exit(1)

    def check_file(self, path: Path, verbosity: int) -> bool:
        """Print the verdict on one file; False when it was refused."""
        try:
            warnings = warnings_of(path)
        except DefinitionRefused as refusal:
            where = f"{rules_beside(path).name}: " if refusal.is_about_rules else ""
            self.say(f"{path}: refused: {where}{refusal}")
            return False
        if verbosity:
            count = len(warnings)
            self.say(
                f"{path}: accepted" + (f" with {count} warning{'s' if count > 1 else ''}" if count else "")
            )
        if verbosity > 1:
            for warning in warnings:
                self.say(f"  {warning}")
        return True

    def say(self, line: str) -> None:
        """One line, whatever characters a file's name or its linkIds have."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in line)
        self.stdout.write(shown.encode(encoding, "backslashreplace").decode(encoding))


def warnings_of(path: Path) -> tuple[str, ...]:
    """The warnings of a file that the site would take; raises DefinitionRefused for any other."""
    definition, _ = check_definition(read_definition(path), read_rules_beside(path))
    return definition.warnings

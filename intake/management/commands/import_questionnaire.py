from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from intake import actions
from intake.definition_files import read_definition, read_rules_file
from intake.models import QuestionnaireVersion


class Command(BaseCommand):
    help = "Keep a FHIR R4 questionnaire as a draft, or publish it at once in the name of who signed it off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--rules", type=Path, metavar="RULES.toml", help="without it nothing is flagged")
        parser.add_argument("--slug", default="", help="its name in addresses, if not the end of its url")
        parser.add_argument("--publish", action="store_true", help="new screenings begin with it from now on")
        parser.add_argument(
            "--signed-off-by",
            default="",
            metavar="NAME",
            help="the clinician who signed off questions and rules",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signed_off_by = options["signed_off_by"].strip()
        if options["publish"] != bool(signed_off_by):
            raise CommandError("--publish and --signed-off-by NAME go together: a clinician answers for it.")
        try:
            version, was_published = self.bring_in(options, signed_off_by)
        except actions.DefinitionRefused as refusal:
            at_fault = options["rules"] if refusal.is_about_rules else options["file"]
            raise CommandError(f"{at_fault}: {refusal}") from refusal
        if was_published:
            self.stdout.write(f"{version}: already published")
            return
        for warning in version.definition.warnings:
            self.stdout.write(f"  {warning}")
        if not version.is_draft:
            self.stdout.write(
                f"{version}: published as {version.slug}, signed off by {version.signed_off_by}"
            )
        else:
            self.stdout.write(f"{version}: kept as a draft of {version.slug}; no patient sees it yet")

    @transaction.atomic
    def bring_in(self, options: dict[str, Any], signed_off_by: str) -> tuple[QuestionnaireVersion, bool]:
        """The version, and whether it was published before; with --publish both steps or none."""
        at = timezone.now()
        version = actions.import_questionnaire(
            read_definition(options["file"]),
            read_rules_file(options["rules"]) if options["rules"] else None,
            slug=options["slug"],
            at=at,
        )
        if not version.is_draft:
            return version, True
        if options["publish"]:
            version = actions.publish(version, signed_off_by=signed_off_by, at=at)
        return version, False

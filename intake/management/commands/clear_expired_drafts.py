from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic_site import audit
from intake import actions


class Command(BaseCommand):
    help = "Delete drafts and receipts whose time is over, and empty receipts after their 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        deleted, emptied = actions.clear_expired_drafts(by=audit.shell_account(), at=timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"Deleted {deleted} expired drafts and receipts; emptied {emptied} receipts.")

"""The clinic's legal notices and its consent text: versions, each approved by somebody in their own name.

We ship plain drafts. A draft is shown as one, and the deployment check fails until each text has an approved version.
An approved version is never changed again; the database refuses it.
"""

import datetime
import re
from pathlib import Path

from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.utils import timezone

from clinic_site.clinic import Clinic

DRAFTS = Path(__file__).parent / "notice_drafts"
LONGEST_TEXT = 60_000  # characters
# What a text says of the clinic is filled in when it is shown, so that a new phone number is entered once.
FACT = re.compile(r"\{clinic (name|phone|address|email)\}")
# What only the clinic knows. No text is approved while one stands.
TO_FILL_IN = re.compile(r"\[fill in: [^\]]*\]")


class NoticeKind(models.TextChoices):
    CONSENT = "consent", "Consent to ketamine infusions"
    PRIVACY = "privacy", "Privacy on this site"
    PRACTICES = "notice-of-privacy-practices", "Notice of Privacy Practices"
    FAIRNESS = "non-discrimination", "Notice of non-discrimination"
    LANGUAGE_HELP = "language-help", "Language help and help to communicate"


class NoticeQuerySet(models.QuerySet["NoticeVersion"]):
    def shown(self, kind: str) -> "NoticeVersion | None":
        """What the public reads: the newest approved version, else the newest draft, marked as one."""
        of_kind = self.filter(kind=kind).order_by("-version")
        return of_kind.exclude(approved_at=None).first() or of_kind.first()


class NoticeVersion(models.Model):
    """One version of one text."""

    kind = models.CharField("which text", max_length=40, choices=NoticeKind)
    version = models.PositiveSmallIntegerField()
    body = models.TextField(
        "text",
        validators=[MaxLengthValidator(LONGEST_TEXT)],
        help_text="Markdown. {clinic name}, {clinic phone}, {clinic address} and {clinic email} are filled in from the "
        "clinic facts. [fill in: …] must be replaced before it can be approved.",
    )
    written_by = models.CharField(
        max_length=150, blank=True, editable=False, help_text="The account; empty for a shipped draft."
    )
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    approved_by = models.CharField(
        max_length=160, blank=True, help_text="Who answers for the text: name and position."
    )
    approved_account = models.CharField(max_length=150, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "notice"
        ordering = ["kind", "-version"]
        permissions = [("approve_noticeversion", "Can approve a notice in somebody's name")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="clinic_site_noticeversion_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=NoticeKind.values), name="clinic_site_noticeversion_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at=None, approved_by="")
                | models.Q(approved_at__isnull=False) & ~models.Q(approved_by=""),
                name="clinic_site_noticeversion_approved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, version {self.version}"

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None

    @property
    def blanks(self) -> list[str]:
        """What is still to be filled in."""
        return TO_FILL_IN.findall(self.body)

    def text_for(self, clinic: Clinic) -> str:
        """The Markdown with the clinic's facts in it."""
        facts = {
            "name": clinic.name,
            "phone": clinic.phone,
            "address": ", ".join(part for part in (clinic.street, clinic.city_line) if part),
            "email": clinic.email,
        }
        return FACT.sub(lambda match: facts[match[1]] or f"[no {match[1]} entered]", self.body)


class CannotApprove(ValueError):
    """The text may not be approved as it stands. The message says why."""


@transaction.atomic
def load_drafts() -> list[str]:
    """Bring the shipped drafts up to date. What staff wrote or approved stays as it is."""
    changed = []
    for kind in NoticeKind:
        body = (DRAFTS / f"{kind}.md").read_text().strip()
        latest = NoticeVersion.objects.filter(kind=kind).order_by("-version").first()
        if latest is None:
            NoticeVersion.objects.create(kind=kind, version=1, body=body)
        elif latest.written_by or latest.is_approved or latest.body == body:
            continue
        else:
            latest.body = body
            latest.save(update_fields=["body"])
        changed.append(str(kind))
    return changed


@transaction.atomic
def write_draft(notice: NoticeVersion, *, body: str, by: str) -> NoticeVersion:
    """Keep other words in a draft; where the version is approved, in a new one after it."""
    if not notice.is_approved:
        notice.body, notice.written_by, notice.written_at = body, by, timezone.now()
        notice.save(update_fields=["body", "written_by", "written_at"])
        return notice
    latest = NoticeVersion.objects.select_for_update().filter(kind=notice.kind).order_by("-version")[0]
    if not latest.is_approved:
        return write_draft(latest, body=body, by=by)
    return NoticeVersion.objects.create(
        kind=notice.kind, version=latest.version + 1, body=body, written_by=by
    )


@transaction.atomic
def approve(
    notice: NoticeVersion, *, approved_by: str, account: str, at: datetime.datetime | None = None
) -> None:
    """Let a draft be the clinic's word, in the name of whoever answers for it. Raises CannotApprove."""
    draft = NoticeVersion.objects.select_for_update().get(pk=notice.pk)
    if draft.is_approved:
        raise CannotApprove("This version is approved already.")
    if not approved_by.strip():
        raise CannotApprove("Enter who answers for the text.")
    if draft.blanks:
        raise CannotApprove(f"Still to be filled in: {', '.join(draft.blanks)}")
    draft.approved_by, draft.approved_account = approved_by.strip(), account
    draft.approved_at = at or timezone.now()
    draft.save(update_fields=["approved_by", "approved_account", "approved_at"])


def not_approved() -> list[str]:
    """The names of the notices that no approved version stands for."""
    approved = set(NoticeVersion.objects.exclude(approved_at=None).values_list("kind", flat=True))
    return [str(kind.label) for kind in NoticeKind if kind not in approved]

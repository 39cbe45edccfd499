"""The patient's side: a draft is begun, saved page by page, sent or deleted."""

import datetime
from collections.abc import Collection, Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic_site.clinic import current_clinic
from intake import storage
from intake.definition_files import SITE_SETTINGS
from intake.models import Draft, Priority, QuestionnaireVersion, Submission
from intake.models.draft import DRAFT_LIFETIME, RECEIPT_ANSWERS_LIFETIME, RECEIPT_LIFETIME
from intake.questionnaires.answers import Answers, Problem, Value, kept, problems
from intake.questionnaires.triage import bound_problems, gate, triage
from intake.secret import Secret


class AlreadySent(Exception):
    """The draft is a receipt: it was sent and can no longer be changed."""

    def __init__(self, receipt: Draft) -> None:
        self.receipt = receipt


class NotComplete(Exception):
    """A submit was asked for while questions are missing or wrong."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = problems


class DraftGone(Exception):
    """There is no draft under this secret: it was deleted or its thirty days are over."""


def start_draft(
    *, version: QuestionnaireVersion, answers: Mapping[str, tuple[Value, ...]], at: datetime.datetime
) -> tuple[Draft, Secret]:
    """Keep the first page that somebody answered. The secret is known only to the caller from here on."""
    clear_expired_drafts(at=at)  # so that "deleted after that day" holds on a site where no other clock runs
    secret = Secret.new()
    draft = Draft.objects.create(
        id=secret.draft_id,
        questionnaire_version=version,
        language=version.language,
        contents=storage.draft_contents(version.definition, {**site_answers(version), **answers}),
        started_at=at,
        saved_at=at,
        expires_at=end_of_day(at + DRAFT_LIFETIME),
    )
    return draft, secret


def site_answers(version: QuestionnaireVersion) -> dict[str, tuple[Value, ...]]:
    """The hidden questions that the clinic's settings answer, once, when a draft starts.

    Without somebody to call, forms are not read the same day, whatever the setting says: the facts may have been
    emptied since the site's start refused to go without them.
    """
    values = {setting: bool(getattr(settings, name)) for setting, name in SITE_SETTINGS.items()}
    if values.get("same_day_review"):
        values["same_day_review"] = current_clinic().has_somebody_to_call
    return {link_id: (values[setting],) for setting, link_id in version.rules.site.items()}


@transaction.atomic
def save_page(
    *,
    secret: Secret,
    answers: Mapping[str, tuple[Value, ...]],
    cleared: Collection[str] = (),
    at: datetime.datetime,
) -> Draft:
    """Put one page's answers into the draft; questions in `cleared` lose the answer they had.

    Raises DraftGone or AlreadySent. The other pages' answers stay as they are.
    """
    draft = locked_draft(secret, at=at)
    if draft.is_receipt:
        raise AlreadySent(draft)
    merged = {
        link_id: values for link_id, values in storage.read_draft(draft).items() if link_id not in cleared
    } | dict(answers)
    draft.contents = storage.draft_contents(draft.questionnaire_version.definition, merged)
    draft.saved_at = at
    draft.expires_at = end_of_day(at + DRAFT_LIFETIME)
    draft.save(update_fields=["contents", "saved_at", "expires_at"])
    return draft


@transaction.atomic
def submit(*, secret: Secret, at: datetime.datetime) -> Draft:
    """Send the draft to the clinic: one submission row, and the draft becomes the receipt that is returned.

    Sending again returns the same receipt. Raises DraftGone, or NotComplete with what is missing or wrong.
    """
    draft = locked_draft(secret, at=at)
    if draft.is_receipt:
        return draft
    version = draft.questionnaire_version
    answers = kept(version.definition, storage.read_draft(draft))
    found = all_problems(version, answers, today=local_date(at))
    if found or gate(version.definition, version.rules, answers, today=local_date(at)):
        raise NotComplete(found)
    write_submission(secret=secret, version=version, language=draft.language, answers=answers, at=at)
    draft.contents = storage.draft_contents(version.definition, answers)
    draft.sent_at = draft.saved_at = at
    draft.expires_at = end_of_day(at + RECEIPT_LIFETIME)
    draft.save(update_fields=["contents", "sent_at", "saved_at", "expires_at"])
    return draft


def write_submission(
    *, secret: Secret, version: QuestionnaireVersion, language: str, answers: Answers, at: datetime.datetime
) -> None:
    """One row in one INSERT ... ON CONFLICT DO NOTHING: the role that runs it later may not even read the table."""
    result = triage(version.definition, version.rules, answers, today=local_date(at))
    submission = Submission(
        id=secret.submission_id,
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        rules_hash=version.rules_hash,
        language=language,
        priority=Priority[result.priority.name],
        received_at=at,
        head=storage.head_contents(version.definition, version.rules, answers, result),
        body=storage.body_contents(version.definition, answers),
    )
    Submission.objects.bulk_create([submission], ignore_conflicts=True)


def all_problems(
    version: QuestionnaireVersion, answers: Answers, *, today: datetime.date
) -> tuple[Problem, ...]:
    return (
        *problems(version.definition, answers),
        *bound_problems(version.rules, version.definition, answers, today=today),
    )


def locked_draft(secret: Secret, *, at: datetime.datetime) -> Draft:
    drafts = (
        Draft.objects.living(at=at).select_for_update(of=("self",)).select_related("questionnaire_version")
    )
    draft = drafts.defer("questionnaire_version__source", "questionnaire_version__rules_source").filter(
        id=secret.draft_id
    )
    found = draft.first()
    if found is None:
        raise DraftGone
    return found


def find_draft(secret: Secret, *, at: datetime.datetime) -> Draft | None:
    """The draft or receipt under this secret, while it lives; an old receipt comes without its answers."""
    draft = (
        Draft.objects.living(at=at)
        .select_related("questionnaire_version")
        .defer("questionnaire_version__source", "questionnaire_version__rules_source")
        .filter(id=secret.draft_id)
        .first()
    )
    if draft and draft.sent_at and draft.sent_at <= at - RECEIPT_ANSWERS_LIFETIME:
        draft.contents = {}
    return draft


@transaction.atomic
def discard_draft(*, secret: Secret, at: datetime.datetime) -> None:
    """Delete what was typed. Raises AlreadySent for a receipt: the clinic already has those answers."""
    try:
        draft = locked_draft(secret, at=at)
    except DraftGone:
        return
    if draft.is_receipt:
        raise AlreadySent(draft)
    draft.delete()


def clear_expired_drafts(*, at: datetime.datetime) -> tuple[int, int]:
    """Delete expired drafts and receipts, and empty receipts past printing: how many of each."""
    deleted, _ = Draft.objects.expired(at=at).delete()
    emptied = Draft.objects.receipts_past_printing(at=at).update(contents={})
    return deleted, emptied


def end_of_day(at: datetime.datetime) -> datetime.datetime:
    """The last moment of that day at the clinic: "until March 31" includes the evening of March 31."""
    return timezone.localtime(at).replace(hour=23, minute=59, second=59, microsecond=999999)


def local_date(at: datetime.datetime) -> datetime.date:
    """The date at the clinic: a birthday begins there at midnight."""
    return timezone.localdate(at)

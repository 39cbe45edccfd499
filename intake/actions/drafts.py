"""The patient's side: a draft is begun, saved page by page, sent or deleted."""

import datetime
import logging
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from clinic_site import audit
from intake import storage
from intake.actions.counting import SENT, count_page
from intake.models import Draft, Priority, QuestionnaireVersion, Submission
from intake.models.draft import DRAFT_LIFETIME, RECEIPT_ANSWERS_LIFETIME, RECEIPT_LIFETIME
from intake.questionnaires.answers import Answers, Problem, Value, kept, problems
from intake.questionnaires.triage import bound_problems, gate, triage
from intake.same_day import answers_now, site_answers
from intake.sealing import CannotOpen
from intake.secret import Secret

# What PostgreSQL says, as a warning, where it gave up waiting for the replica after a COMMIT.
NOT_REPLICATED = "might not have been replicated"

logger = logging.getLogger(__name__)


class AlreadySent(Exception):
    """The draft is a receipt: it was sent and can no longer be changed."""

    def __init__(self, receipt: Draft) -> None:
        self.receipt = receipt


class NotComplete(Exception):
    """A submit was asked for while questions are missing or wrong."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = problems


class ChangedElsewhere(Exception):
    """Another window changed this page since it was shown here. Nothing was saved."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        """As it stands now."""


class NotConfirmed(Exception):
    """The database kept it, and could not say that its replica has it too. Sending again is safe."""


class DraftGone(Exception):
    """There is no draft under this secret: it was deleted or its thirty days are over."""


def start_draft(
    *,
    version: QuestionnaireVersion,
    page: str,
    answers: Mapping[str, tuple[Value, ...]],
    at: datetime.datetime,
) -> tuple[Draft, Secret]:
    """Keep the first page that somebody answered. The secret is known only to the caller from here on."""
    secret = Secret.new()
    draft = Draft(
        id=secret.draft_id,
        questionnaire_version=version,
        language=version.language_shown,
        started_at=at,
        saved_at=at,
        expires_at=end_of_day(at + DRAFT_LIFETIME),
    )
    storage.seal_draft(
        draft, secret, answers={**site_answers(version, at=at), **answers}, changed={page: draft.revision}
    )
    draft.save(force_insert=True)
    count_page(version, page, at=at)
    return draft, secret


def follow_the_hours(*, secret: Secret, draft: Draft, at: datetime.datetime) -> Draft:
    """Keep in the draft whether somebody still reads forms today. Raises DraftGone.

    To be called before a page is shown, never while one is saved: the questions must not change under somebody's hands.
    """
    if answers_now(draft, at=at) == draft.answers:
        return draft
    with transaction.atomic():
        draft = locked_draft(secret, at=at)
        storage.seal_draft(draft, secret, answers=answers_now(draft, at=at), changed=draft.changed)
        draft.save(update_fields=["contents"])
    return draft


@transaction.atomic
def save_page(
    *,
    secret: Secret,
    page: str,
    answers: Mapping[str, tuple[Value, ...]],
    cleared: Collection[str] = (),
    based_on: int | None = None,
    at: datetime.datetime,
) -> Draft:
    """Put one page's answers into the draft; questions in `cleared` lose the answer they had.

    `page` is the page's slug, `based_on` the draft's revision when it was shown, None not to compare. Raises
    DraftGone, AlreadySent, or ChangedElsewhere where the page has other answers since. What equals the stored
    answers is saved already, so sending a page once more is never refused. The other pages' answers stay as they are.
    """
    draft = locked_draft(secret, at=at)
    if draft.is_receipt:
        raise AlreadySent(draft)
    others = {link_id: values for link_id, values in draft.answers.items() if link_id not in cleared}
    merged = others | dict(answers)
    is_first_time = page not in draft.changed
    if merged != draft.answers:
        if based_on is not None and draft.changed.get(page, 0) > based_on:
            raise ChangedElsewhere(draft)
        draft.revision += 1
        storage.seal_draft(draft, secret, answers=merged, changed={**draft.changed, page: draft.revision})
    elif is_first_time:  # left blank: counted once all the same, and in nobody's way
        storage.seal_draft(draft, secret, answers=merged, changed={**draft.changed, page: 0})
    draft.saved_at = at
    draft.expires_at = end_of_day(at + DRAFT_LIFETIME)
    draft.save(update_fields=["contents", "revision", "saved_at", "expires_at"])
    if is_first_time:
        count_page(draft.questionnaire_version, page, at=at)
    return draft


@transaction.atomic
def change_language(*, secret: Secret, at: datetime.datetime) -> Draft:
    """Go on in the language of the request: the questions change their words, and a few are asked in one only."""
    draft = locked_draft(secret, at=at)
    version = draft.questionnaire_version
    if draft.is_receipt or draft.language == version.language_shown:
        return draft
    draft.language = version.language_shown
    draft.revision += 1
    asked_by_the_site = {
        link_id: value
        for link_id, value in site_answers(version).items()
        if link_id == version.rules.site.get("in_translation")
    }
    storage.seal_draft(draft, secret, answers={**draft.answers, **asked_by_the_site}, changed=draft.changed)
    draft.save(update_fields=["language", "contents", "revision"])
    return draft


def submit(
    *,
    secret: Secret,
    based_on: int | None = None,
    consent: Mapping[str, Any] | None = None,
    fell_for_trap: bool = False,
    at: datetime.datetime,
) -> Draft:
    """Send the draft to the clinic: one submission row, and the draft becomes the receipt that is returned.

    `based_on` is the draft's revision when its answers were checked, None not to compare. `consent` is what the
    patient was told about sending, kept with the answers. `fell_for_trap` sets the form aside, as if nobody could have
    filled it in so fast; it is sent all the same. Sending again returns the same receipt. Raises DraftGone,
    ChangedElsewhere, NotComplete with what is missing or wrong, or NotConfirmed.
    """
    connection.ensure_connection()
    connection.connection.notices.clear()
    receipt = receipt_of_sending(
        secret=secret, based_on=based_on, consent=consent or {}, fell_for_trap=fell_for_trap, at=at
    )
    if any(NOT_REPLICATED in notice for notice in connection.connection.notices):
        raise NotConfirmed
    return receipt


@transaction.atomic
def receipt_of_sending(
    *,
    secret: Secret,
    based_on: int | None,
    consent: Mapping[str, Any],
    fell_for_trap: bool,
    at: datetime.datetime,
) -> Draft:
    draft = locked_draft(secret, at=at)
    if draft.is_receipt:
        return draft
    if based_on not in (None, draft.revision):
        raise ChangedElsewhere(draft)
    version = draft.questionnaire_version
    answers = kept(version.definition, draft.answers)
    found = all_problems(version, answers, today=local_date(at))
    if found or gate(version.definition, version.rules, answers, today=local_date(at)):
        raise NotComplete(found)
    is_too_fast = at - draft.started_at < settings.FASTEST_PERSON
    write_submission(
        secret=secret,
        draft=draft,
        answers=answers,
        consent=consent,
        quarantined=fell_for_trap or is_too_fast,
        at=at,
    )
    storage.seal_draft(draft, secret, answers=answers, changed={}, consent=consent)
    draft.sent_at = draft.saved_at = at
    draft.expires_at = end_of_day(at + RECEIPT_LIFETIME)
    draft.save(update_fields=["contents", "sent_at", "saved_at", "expires_at"])
    count_page(version, SENT, at=at)
    return draft


def write_submission(
    *,
    secret: Secret,
    draft: Draft,
    answers: Answers,
    consent: Mapping[str, Any],
    quarantined: bool,
    at: datetime.datetime,
) -> None:
    """One row in one INSERT ... ON CONFLICT DO NOTHING: the role that runs it later may not even read the table."""
    version = draft.questionnaire_version
    result = triage(version.definition, version.rules, answers, today=local_date(at))
    submission = Submission(
        id=secret.submission_id,
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        rules_hash=version.rules_hash,
        language=draft.language,
        priority=Priority[result.priority.name],
        received_at=at,
        quarantined=quarantined,
    )
    storage.seal_submission(submission, answers, result, consent=consent)
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
    if found is None or not is_opened(found, secret):
        raise DraftGone
    return found


def is_opened(draft: Draft, secret: Secret) -> bool:
    """Puts the answers on the draft; False, and a line in the log, where somebody or something damaged its row."""
    try:
        storage.open_draft(draft, secret)
    except (CannotOpen, ValueError):  # the text of the error may hold what was typed
        logger.error("A draft cannot be opened: its row was changed outside of this site.")
        return False
    return True


def find_draft(secret: Secret, *, at: datetime.datetime) -> Draft | None:
    """The draft or receipt under this secret, opened, while it lives; an old receipt comes without its answers."""
    draft = (
        Draft.objects.living(at=at)
        .select_related("questionnaire_version")
        .defer("questionnaire_version__source", "questionnaire_version__rules_source")
        .filter(id=secret.draft_id)
        .first()
    )
    if draft and draft.sent_at and draft.sent_at <= at - RECEIPT_ANSWERS_LIFETIME:
        draft.contents = b""
    return draft if draft and is_opened(draft, secret) else None


@transaction.atomic
def discard_draft(*, secret: Secret, at: datetime.datetime) -> None:
    """Delete what was typed. Raises AlreadySent for a receipt: the clinic already has those answers."""
    try:
        draft = locked_draft(secret, at=at)
    except DraftGone:  # or damaged: what cannot be opened goes too, unless the clinic has it
        Draft.objects.filter(id=secret.draft_id, sent_at=None).delete()
        return
    if draft.is_receipt:
        raise AlreadySent(draft)
    draft.delete()


@transaction.atomic
def clear_expired_drafts(*, by: str, at: datetime.datetime) -> tuple[int, int]:
    """Delete expired drafts and receipts, and empty receipts past printing: how many of each."""
    deleted, _ = Draft.objects.expired(at=at).delete()
    emptied = Draft.objects.receipts_past_printing(at=at).update(contents=b"")
    if deleted:
        audit.add(audit.Action.RETENTION, by=by, detail="drafts deleted")
    if emptied:
        audit.add(audit.Action.RETENTION, by=by, detail="receipts emptied")
    return deleted, emptied


def end_of_day(at: datetime.datetime) -> datetime.datetime:
    """The last moment of that day at the clinic: "until March 31" includes the evening of March 31."""
    return timezone.localtime(at).replace(hour=23, minute=59, second=59, microsecond=999999)


def local_date(at: datetime.datetime) -> datetime.date:
    """The date at the clinic: a birthday begins there at midnight."""
    return timezone.localdate(at)

"""Every write of the screening, as a verb."""

import datetime
import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from intake import storage
from intake.models import Draft, Note, Priority, QuestionnaireVersion, Status, Submission
from intake.models.draft import DRAFT_LIFETIME, RECEIPT_LIFETIME
from intake.questionnaires.answers import Answers, Problem, Value, kept, problems
from intake.questionnaires.definition import QuestionnaireRefused, read_questionnaire
from intake.questionnaires.triage import RulesRefused, bound_problems, read_rules, triage
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


class DefinitionRefused(Exception):
    """A questionnaire file cannot be loaded. `str()` names the file, the linkId or rule, and the reason."""


# The patient's side


def start_draft(
    *, version: QuestionnaireVersion, answers: Mapping[str, tuple[Value, ...]], at: datetime.datetime
) -> tuple[Draft, Secret]:
    """Keep the first page that somebody answered. The secret is known only to the caller from here on."""
    secret = Secret.new()
    draft = Draft.objects.create(
        id=secret.draft_id,
        questionnaire_version=version,
        language=version.language,
        contents=storage.draft_contents(version.definition, {**site_answers(version), **answers}),
        started_at=at,
        saved_at=at,
        expires_at=at + DRAFT_LIFETIME,
    )
    return draft, secret


def site_answers(version: QuestionnaireVersion) -> dict[str, tuple[Value, ...]]:
    """The hidden questions that the clinic's settings answer, once, when a draft starts."""
    values: dict[str, Value] = {"same_day_review": settings.SAME_DAY_REVIEW}
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
    draft.expires_at = at + DRAFT_LIFETIME
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
    if found := all_problems(version, answers, today=local_date(at)):
        raise NotComplete(found)
    write_submission(secret=secret, version=version, language=draft.language, answers=answers, at=at)
    draft.contents = storage.draft_contents(version.definition, answers)
    draft.sent_at = draft.saved_at = at
    draft.expires_at = at + RECEIPT_LIFETIME
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
    """The draft or receipt under this secret, while it lives."""
    return (
        Draft.objects.living(at=at)
        .select_related("questionnaire_version")
        .defer("questionnaire_version__source", "questionnaire_version__rules_source")
        .filter(id=secret.draft_id)
        .first()
    )


def discard_draft(*, secret: Secret) -> None:
    """Delete what was typed; a receipt stays, because the clinic already has the answers."""
    Draft.objects.filter(id=secret.draft_id, sent_at=None).delete()


def clear_expired_drafts(*, at: datetime.datetime) -> tuple[int, int]:
    """Delete expired drafts and receipts, and empty receipts past printing: how many of each."""
    deleted, _ = Draft.objects.expired(at=at).delete()
    emptied = Draft.objects.receipts_past_printing(at=at).update(contents={})
    return deleted, emptied


# The staff's side


@transaction.atomic
def change_status(*, submission: Submission, status: Status, at: datetime.datetime) -> None:
    submission.status = status
    submission.status_changed_at = at
    submission.save(update_fields=["status", "status_changed_at"])


def write_note(*, submission: Submission, author: AbstractBaseUser, text: str, at: datetime.datetime) -> Note:
    return Note.objects.create(submission=submission, author=author, text=text, written_at=at)  # type: ignore[misc]


# Questionnaires


@transaction.atomic
def load_questionnaires(folder: Path, *, at: datetime.datetime) -> list[tuple[QuestionnaireVersion, bool]]:
    """Publish each `<slug>.json` of the folder with its `<slug>.rules.toml`: (version, whether it is new).

    Raises DefinitionRefused for a broken file, and for a changed one whose version was not raised.
    """
    return [load_questionnaire(path, at=at) for path in sorted(folder.glob("*.json"))]


def load_questionnaire(path: Path, *, at: datetime.datetime) -> tuple[QuestionnaireVersion, bool]:
    rules_path = path.with_suffix(".rules.toml")
    try:
        source, rules_source = path.read_bytes(), rules_path.read_bytes()
        definition = read_questionnaire(source)
        read_rules(rules_source, definition)
    except QuestionnaireRefused as refusal:
        raise DefinitionRefused(f"{path.name}: {refusal}") from refusal
    except RulesRefused as refusal:
        raise DefinitionRefused(f"{rules_path.name}: {refusal}") from refusal
    except OSError as error:
        raise DefinitionRefused(f"{error.filename}: {error.strerror}") from error
    version, is_new = QuestionnaireVersion.objects.get_or_create(
        url=definition.url,
        version=definition.version,
        defaults={
            "slug": path.stem,
            "title": definition.title,
            "language": definition.language or "en",
            "source": source,
            "definition_hash": definition.definition_hash,
            "rules_source": rules_source,
            "rules_hash": hashlib.sha256(rules_source).hexdigest(),
            "published_at": at,
        },
    )
    if (bytes(version.source), bytes(version.rules_source)) != (source, rules_source):
        raise DefinitionRefused(
            f"{path.name}: version {definition.version} is already published with another text or other rules. "
            "Raise `version` in both files, so that what people already sent keeps the words they saw."
        )
    return version, is_new


def local_date(at: datetime.datetime) -> datetime.date:
    """The date at the clinic: a birthday begins there at midnight."""
    from django.utils import timezone

    return timezone.localdate(at)

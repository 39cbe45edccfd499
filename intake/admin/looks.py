"""Every look at a submission. It is written into the audit trail first, and only then opened.

A list shows initials; who it is takes a reason, which is written down too and holds for half an hour.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from clinic_site import audit
from clinic_site.audit import Action, Reason
from intake import search, storage
from intake.models import Note, Submission
from intake.questionnaires.definition import QuestionnaireRefused
from intake.questionnaires.triage import RulesRefused
from intake.sealing import CannotOpen

REVEALED_FOR = 30 * 60  # seconds
HIDDEN = "(hidden until you reveal who it is)"
REVEALED = "revealed"  # in the session: ids and times, nothing of a patient


class ReasonForm(forms.Form):
    """Why somebody wants to see more. A fixed list, because free text could be about the patient."""

    reason = forms.ChoiceField(choices=[("", "Choose a reason"), *Reason.choices])


def account_of(request: HttpRequest) -> str:
    return request.user.get_username()


def may_reveal(request: HttpRequest) -> bool:
    return request.user.has_perm("intake.reveal_submission")


def may_read(request: HttpRequest) -> bool:
    """Answers, and what follows from them: flags with their reasons, scores, what colleagues noted."""
    return request.user.has_perm("intake.read_answers")


def may_export(request: HttpRequest) -> bool:
    return request.user.has_perm("intake.export_submission")


def look_at_list(request: HttpRequest, submissions: Collection[Submission]) -> None:
    """Put onto each what its head holds; None where it does not open, which must not break the list."""
    audit.write(Action.LIST, by=account_of(request), submissions=[one.pk for one in submissions])
    shown = revealed(request)
    opens = may_reveal(request) or may_read(request)
    for submission in submissions:
        submission.opened_head = head_or_none(submission) if opens else None
        submission.is_revealed = may_reveal(request) and str(submission.pk) in shown
        if submission.opened_head:
            submission.age = submission.opened_head.age_on(timezone.localdate())


def look_at_same_person(
    request: HttpRequest, submission: Submission, head: storage.Head, *, most: int
) -> list[tuple[Submission, str]]:
    """Other submissions of this person, the newest first, opened; each with what says that it is the same person."""
    likenesses = search.same_person(submission, head, by=account_of(request))
    if not likenesses:
        return []
    others = (
        Submission.objects.of_patients()
        .not_withdrawn()
        .with_version()
        .defer("body")
        .filter(pk__in=likenesses)
    )
    found = list(others.order_by("-received_at")[:most])
    look_at_list(request, found)
    return [(one, likenesses[one.pk]) for one in found]


def head_or_none(submission: Submission) -> storage.Head | None:
    try:
        return storage.read_head(submission)
    except CannotOpen:
        return None


def look_at(request: HttpRequest, submission: Submission) -> tuple[storage.Head | None, storage.Body | None]:
    """Open what of one submission this account may see: its head, its answers, or neither. Raises CannotOpen."""
    audit.write(Action.OPEN, by=account_of(request), submissions=[submission.pk])
    if may_read(request):
        return storage.read_both(submission)
    return (storage.read_head(submission) if may_reveal(request) else None), None


def notes_shown(request: HttpRequest, submission: Submission) -> QuerySet[Note]:
    """All of them, or one's own: what a clinician notes may be an answer."""
    notes = submission.notes.all()
    return notes if may_read(request) else notes.filter(author=account_of(request))


def reveal(request: HttpRequest, submission: Submission, reason: str) -> None:
    """From now on this account sees who it is, here and in the list."""
    audit.write(Action.REVEAL, by=account_of(request), submissions=[submission.pk], reason=reason)
    request.session[REVEALED] = revealed(request) | {str(submission.pk): time.time()}


def revealed(request: HttpRequest) -> dict[str, float]:
    since, kept = time.time() - REVEALED_FOR, request.session.get(REVEALED)
    if not isinstance(kept, dict):
        return {}
    return {pk: at for pk, at in kept.items() if isinstance(at, float) and at > since}


def is_revealed(request: HttpRequest, submission: Submission) -> bool:
    return may_reveal(request) and str(submission.pk) in revealed(request)


def questions_about_identity(submission: Submission) -> frozenset[str] | None:
    """LinkIds whose answers say who it is; None where the version can no longer be read, and nobody can tell."""
    try:
        rules = submission.questionnaire_version.rules
    except (QuestionnaireRefused, RulesRefused):
        return None
    return frozenset({*rules.identity.values(), *rules.contact, *rules.helper.values()})


def masked(pages: Sequence[Mapping[str, Any]], hidden: frozenset[str] | None) -> list[dict[str, Any]]:
    """The pages without the answers that say who it is; without any answers where `hidden` is None."""

    def shown(item: Mapping[str, Any]) -> Mapping[str, Any]:
        return mask(item) if hidden is None or item["link_id"] in hidden else item

    return [{**page, "items": [shown(item) for item in page["items"]]} for page in pages]


def masked_unless_revealed(
    request: HttpRequest, submission: Submission, pages: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    if is_revealed(request, submission):
        return pages
    return masked(pages, questions_about_identity(submission))


def mask(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "answers_in_words": [HIDDEN] if item["answers_in_words"] else []}

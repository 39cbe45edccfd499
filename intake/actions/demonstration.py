"""Submissions of made-up people, sent on the way that a patient's takes."""

import datetime
from collections.abc import Iterator

from clinic_site import audit
from clinic_site.clinic import current_clinic
from intake import consent, seeding
from intake.actions.drafts import all_problems, local_date, start_draft, submit
from intake.actions.reviews import change_status
from intake.actions.safety import acknowledge
from intake.models import QuestionnaireVersion, Status, Submission
from intake.questionnaires.answers import Answers
from intake.questionnaires.triage import gate
from intake.same_day import site_answers

STILL_NEW = datetime.timedelta(days=2)


class NoDemonstration(Exception):
    """This site is a clinic's own: nothing made up may stand among what patients sent."""


def seed(*, version: QuestionnaireVersion, how_many: int, at: datetime.datetime) -> Iterator[str]:
    """Send one form for each person; gives the name of each that was sent. Raises NoDemonstration."""
    if not current_clinic().is_demonstration:
        raise NoDemonstration
    for person in seeding.people(how_many):
        sent_at = at - person.sent_ago
        answers = answers_for(version, person, sent_at)
        if answers is not None:
            submission = send(version, answers, began=sent_at - person.took, at=sent_at)
            if person.sent_ago > STILL_NEW:
                review(submission, decided_as=person.decided_as, at=sent_at + person.waited)
            yield person.name


def answers_for(
    version: QuestionnaireVersion, person: seeding.Person, at: datetime.datetime
) -> Answers | None:
    """None for somebody whom the form does not take on."""
    today = local_date(at)
    site = site_answers(version, at=at - person.took)
    answers = seeding.answers_of(person, version.definition, site, today=today)
    refused = all_problems(version, answers, today=today) or gate(
        version.definition, version.rules, answers, today=today
    )
    return None if refused else answers


def send(
    version: QuestionnaireVersion, answers: Answers, *, began: datetime.datetime, at: datetime.datetime
) -> Submission:
    """As the screening's pages do it, all pages at once."""
    draft, secret = start_draft(
        version=version, page=version.definition.pages[0].slug, answers=dict(answers), at=began
    )
    submit(secret=secret, based_on=draft.revision, consent=consent.shown(current_clinic().name), at=at)
    return Submission.objects.with_version().get(pk=secret.submission_id)


def review(submission: Submission, *, decided_as: str, at: datetime.datetime) -> None:
    """What the demonstration's staff did about an older one."""
    by = audit.shell_account()
    if submission.is_crisis:
        acknowledge(submission=submission, by=by, what_was_done="Called, reached, safe today.", at=at)
    change_status(submission=submission, status=Status(decided_as), by=by, at=at)

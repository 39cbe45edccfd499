"""Submissions of made-up people, sent on the way that a patient's takes."""

import datetime
from collections.abc import Iterator

from clinic_site.clinic import current_clinic
from intake import consent, seeding
from intake.actions.drafts import all_problems, local_date, start_draft, submit
from intake.models import QuestionnaireVersion, Submission
from intake.questionnaires.answers import Answers
from intake.questionnaires.triage import gate
from intake.same_day import site_answers


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
            send(version, answers, began=sent_at - person.took, at=sent_at)
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
) -> Submission | None:
    """As the screening's pages do it, all pages at once. None to a role that may not read what it sent."""
    draft, secret = start_draft(
        version=version, page=version.definition.pages[0].slug, answers=dict(answers), at=began
    )
    submit(secret=secret, based_on=draft.revision, consent=consent.shown(current_clinic().name), at=at)
    return Submission.objects.filter(pk=secret.submission_id).with_version().first()

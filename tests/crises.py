"""Sent forms for tests of the worker and the review desk, quicker than page by page."""

import datetime
from uuid import uuid4

from django.utils import timezone

from clinic_site.roles import Role
from intake import storage
from intake.models import Priority, QuestionnaireVersion, Submission
from intake.questionnaires.triage import triage
from intake.views.shared import SCREENING
from tests.screening_answers import Changes, answers_of
from tests.serving_roles import acting_as

SAYS_AT_RISK_NOW: Changes = {"mood-self-harm": "LA6571-9", "risk-now": "yes"}
HAS_THOUGHTS: Changes = {"mood-self-harm": "LA6569-3", "risk-now": "no"}


def sent(changes: Changes | None = None, *, ago: datetime.timedelta = datetime.timedelta(0)) -> Submission:
    """One submission as the public process writes it, `ago` before now."""
    version = QuestionnaireVersion.objects.current(SCREENING)
    assert version is not None
    at = timezone.now() - ago
    answers = answers_of(changes or {})
    result = triage(version.definition, version.rules, answers, today=timezone.localdate(at))
    submission = Submission(
        id=uuid4(),
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        rules_hash=version.rules_hash,
        language="en",
        priority=Priority[result.priority.name],
        received_at=at,
    )
    storage.seal_submission(submission, answers, result)
    with acting_as(Role.PUBLIC):
        Submission.objects.bulk_create([submission], ignore_conflicts=True)
    return Submission.objects.get(pk=submission.pk)

"""Rows of the sealing: what it adds to sending, and what a list of submissions costs to open."""

import uuid
from collections.abc import Iterator

from django.core.management import call_command
from django.utils import timezone

from intake import sealing, storage
from intake.models import Draft, Priority, QuestionnaireVersion, Submission
from intake.models.questionnaire import parsed_definition, parsed_rules
from intake.process_keys import recipients
from intake.questionnaires.triage import triage
from intake.secret import Secret
from tests.bench.measuring import Row
from tests.screening_answers import RULES, SCREENING, TODAY, answers_of

A_PAGE = 50  # submissions


def rows() -> Iterator[Row]:
    version = screening_version()
    answers = answers_of({})
    result = triage(SCREENING, RULES, answers, today=TODAY)
    sent = [submission_of(version) for _ in range(A_PAGE)]
    for one in sent:
        storage.seal_submission(one, answers, result)
    head = storage.as_bytes(storage.head_contents(SCREENING, RULES, answers, result))
    body = storage.as_bytes(storage.body_contents(SCREENING, answers))
    context = storage.context_of(sent[0])
    yield Row("sealing a submission", lambda: sealing.seal(head, body, context, recipients()), budget=1)
    yield Row(
        f"opening the heads of {A_PAGE} submissions",
        lambda: [storage.read_head(one) for one in sent],
        budget=20,
    )
    yield Row("opening one submission, head and body", lambda: storage.read_both(sent[0]))
    secret = Secret.new()
    draft = Draft(id=secret.draft_id, questionnaire_version=version)
    yield Row(
        "sealing a draft, its JSON included",
        lambda: storage.seal_draft(draft, secret, answers=answers, changed={}),
    )


def screening_version() -> QuestionnaireVersion:
    call_command("load_questionnaires", verbosity=0)
    parsed_definition.cache_clear()
    parsed_rules.cache_clear()
    version = QuestionnaireVersion.objects.current("ketamine-screening")
    assert version is not None
    return version


def submission_of(version: QuestionnaireVersion) -> Submission:
    return Submission(
        id=uuid.uuid4(),
        questionnaire_version=version,
        definition_hash=version.definition_hash,
        rules_hash=version.rules_hash,
        language="en",
        priority=Priority.ROUTINE,
        received_at=timezone.now(),
    )

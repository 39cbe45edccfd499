"""Rows of the questionnaire engine: a page's worth of deciding, a version read once, a file judged."""

import datetime
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.utils import timezone

from intake import actions
from intake.definition_files import DefinitionRefused
from intake.management.commands.check_questionnaire import warnings_of
from intake.models.questionnaire import parsed_definition
from intake.questionnaires.answers import Answers, asked, problems
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.scoring import scores
from intake.questionnaires.triage import Rules, triage
from tests.bench.hostile_files import HOSTILE
from tests.bench.measuring import Row
from tests.engine_builders import choice, coded, questionnaire_json, read, when
from tests.filled_forms import no_rules
from tests.screening_answers import RULES, SCREENING, TODAY, answers_of

BENCH_URL = "https://clinic.example/fhir/Questionnaire/bench"


def rows() -> Iterator[Row]:
    yield Row(
        "the shipped screening: asked, problems, scores, triage",
        everything(SCREENING, RULES, answers_of({}), TODAY),
        budget=2,
    )
    thousand = read(*chain(1_000))
    answers: Answers = {f"q{number}": ("yes",) for number in range(1_000)}
    yield Row(
        "1,000 items, each waiting for the one before: the same",
        everything(thousand, no_rules(thousand), answers, TODAY),
        budget=30,
    )
    source = questionnaire_json(*chain(500), url=BENCH_URL)
    version = actions.import_questionnaire(source, None, slug="bench", at=timezone.now())
    if version.is_draft:
        version = actions.publish(version, signed_off_by="", at=timezone.now())
    yield Row(
        "500 items: a process asks for the published version",
        lambda: version.definition,
        before=parsed_definition.cache_clear,
    )
    yield Row("500 items: the same process asks again", lambda: version.definition)
    with tempfile.TemporaryDirectory() as folder:
        for make in HOSTILE:
            path = Path(folder) / f"{make.__name__}.json"
            path.write_bytes(make())
            yield Row(f"check_questionnaire: {make.__name__.replace('_', ' ')}", verdict_on(path), budget=200)


def chain(length: int) -> list[dict[str, object]]:
    rest = [
        choice(f"q{number}", required=True, **when(f"q{number - 1}", **coded("yes")))
        for number in range(1, length)
    ]
    return [choice("q0", required=True), *rest]


def everything(
    questionnaire: Questionnaire, rules: Rules, answers: Answers, today: datetime.date
) -> Callable[[], object]:
    """What is decided each time a page is saved."""

    def run() -> object:
        return (
            asked(questionnaire, answers),
            problems(questionnaire, answers),
            scores(questionnaire, answers),
            triage(questionnaire, rules, answers, today=today),
        )

    return run


def verdict_on(path: Path) -> Callable[[], str]:
    def run() -> str:
        try:
            return f"accepted with {len(warnings_of(path))} warnings"
        except DefinitionRefused as refusal:
            return f"refused: {refusal}"

    return run

"""The one place where answers become what the database keeps, and back. Nothing else reads those columns."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from intake.models import Draft, Submission
from intake.questionnaires.answers import Answers, SeenPage, as_seen, from_json, in_words, to_json
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.scoring import Score
from intake.questionnaires.triage import Flag, Rules, Triage


@dataclass(frozen=True, slots=True)
class Head:
    """Who sent it and what stands out: all that a list of submissions shows."""

    name: str
    birth_date: datetime.date | None
    contact: tuple[tuple[str, str], ...]  # (what it is, the answer), in the words of the form
    scores: tuple[Mapping[str, Any], ...]
    flags: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """Every answer: by linkId, and page by page with the wording that the patient saw."""

    answers: Mapping[str, Any]
    pages: tuple[Mapping[str, Any], ...]


def draft_contents(questionnaire: Questionnaire, answers: Answers) -> dict[str, Any]:
    return {"answers": to_json(questionnaire, answers)}


def read_draft(draft: Draft) -> Answers:
    """The answers so far; none where the copy of a receipt was already emptied."""
    return from_json(draft.questionnaire_version.definition, draft.contents.get("answers", {}))


def head_contents(
    questionnaire: Questionnaire, rules: Rules, answers: Answers, triage: Triage
) -> dict[str, Any]:
    identity = rules.identity
    birth_date = answers.get(identity.get("birth_date", ""), ())
    return {
        "name": " ".join(words(questionnaire, answers, identity.get("name", ""))),
        "birth_date": birth_date[0].isoformat() if birth_date else None,  # type: ignore[union-attr]
        "contact": [
            [questionnaire.item(link_id).text, ", ".join(words(questionnaire, answers, link_id))]
            for link_id in rules.contact
            if answers.get(link_id)
        ],
        "scores": [score_contents(score) for score in triage.scores],
        "flags": [flag_contents(flag) for flag in triage.flags],
    }


def words(questionnaire: Questionnaire, answers: Answers, link_id: str) -> tuple[str, ...]:
    return in_words(questionnaire.item(link_id), answers.get(link_id, ())) if link_id else ()


def score_contents(score: Score) -> dict[str, Any]:
    return asdict(score) | {"points": None if score.points is None else str(score.points)}


def flag_contents(flag: Flag) -> dict[str, Any]:
    return asdict(flag) | {"level": flag.level.value}


def body_contents(questionnaire: Questionnaire, answers: Answers) -> dict[str, Any]:
    return {
        "answers": to_json(questionnaire, answers),
        "pages": [page_contents(page) for page in as_seen(questionnaire, answers)],
    }


def page_contents(page: SeenPage) -> dict[str, Any]:
    return asdict(page)


def read_head(submission: Submission) -> Head:
    head = submission.head
    return Head(
        name=head["name"],
        birth_date=datetime.date.fromisoformat(head["birth_date"]) if head["birth_date"] else None,
        contact=tuple((label, answer) for label, answer in head["contact"]),
        scores=as_tuple(head["scores"]),
        flags=as_tuple(head["flags"]),
    )


def read_body(submission: Submission) -> Body:
    return Body(answers=submission.body["answers"], pages=as_tuple(submission.body["pages"]))


def as_tuple(rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(rows)

"""Submissions as FHIR: in the version that was answered, with the scores that were recorded when they were sent."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from intake import storage
from intake.models import Submission
from intake.questionnaires.answers import from_json
from intake.questionnaires.definition import Questionnaire, QuestionnaireRefused
from intake.questionnaires.fhir import Helper, Patient, bundle, bundle_of, to_bytes
from intake.questionnaires.fhir_values import Resource
from intake.questionnaires.scoring import Score
from intake.questionnaires.triage import Rules, RulesRefused
from intake.sealing import CannotOpen

# What reading a row raises that somebody changed by hand or that a disk damaged.
_DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
PART_2 = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "42CFRPart2",
    "display": "42 CFR Part2",
}
_NAMESPACE = UUID("b1d3a6a4-0a39-4f1e-8a43-6d8b8d0f2c57")


class NotExportable(Exception):
    """One submission cannot be exported. `str()` names its reference, and nothing that the patient wrote."""


def submission_bundle(submission: Submission) -> Resource:
    """The patient, the response and the scores of one submission. Raises NotExportable."""
    version = submission.questionnaire_version
    try:
        definition, rules = version.definition, version.rules
    except (QuestionnaireRefused, RulesRefused) as refusal:
        raise NotExportable(
            f"{submission.reference}: this site can no longer read {version}, which it answers ({refusal})"
        ) from refusal
    if submission.definition_hash != version.definition_hash:
        raise NotExportable(
            f"{submission.reference}: {version} has another text now than the one that was answered"
        )
    try:
        return _bundle(submission, definition, rules)
    except CannotOpen as refusal:
        raise NotExportable(f"{submission.reference}: it cannot be opened. {refusal}") from refusal
    except _DAMAGED as error:
        raise NotExportable(
            f"{submission.reference}: what is stored of it does not fit {version}, so it cannot be read back whole"
        ) from error


def submissions_bundle(submissions: Iterable[Submission]) -> Resource:
    """Several submissions as one Bundle; an OperationOutcome at its end names those that cannot be exported.

    Raises NotExportable where not one of them can be.
    """
    bundles, sentences = [], []
    for submission in submissions:
        try:
            bundles.append(submission_bundle(submission))
        except NotExportable as error:
            sentences.append(str(error))
    if sentences and not bundles:
        raise NotExportable("\n".join(sentences))
    return bundle_of([*bundles, _outcome(sentences)] if sentences else bundles)


def with_notice(bundle: Resource, notice: str) -> Resource:
    """The Bundle with what its reader must know first, in words and as the label that other systems act on."""
    if not notice:
        return bundle
    return {**bundle, "meta": {"security": [PART_2], "tag": [{"display": notice}]}}


def around_entries(notice: str) -> tuple[bytes, bytes]:
    """What stands before and after the entries of a Bundle that is written piece by piece."""
    begins = to_bytes(with_notice({"resourceType": "Bundle", "type": "collection"}, notice))
    return begins.rstrip().removesuffix(b"}") + b',"entry":[', b"]}"


def left_out(bundle: Resource) -> list[str]:
    """A sentence for each submission that was asked for and that the Bundle does not have."""
    resources = (entry["resource"] for entry in bundle.get("entry", ()))
    outcomes = (resource for resource in resources if resource["resourceType"] == "OperationOutcome")
    return [issue["details"]["text"] for outcome in outcomes for issue in outcome["issue"]]


def _bundle(submission: Submission, definition: Questionnaire, rules: Rules) -> Resource:
    head, body = storage.read_both(submission)
    answers = from_json(definition, body.answers)

    def first(link_id: str | None) -> str:
        return next(iter(storage.words(definition, answers, link_id or "")), "")

    return bundle(
        definition,
        answers,
        [score_of(stored) for stored in head.scores],
        submission_id=str(submission.pk),
        authored=submission.received_at,
        patient=Patient(
            name=head.name,
            birth_date=head.birth_date,
            phone=first(rules.identity.get("phone")),
            email=first(rules.identity.get("email")),
        ),
        helper=_helper(*(first(rules.helper.get(part)) for part in ("name", "relationship"))),
        language=submission.language,
    )


def _helper(name: str, relationship: str) -> Helper | None:
    """Only somebody who types for the patient is asked who they are."""
    return Helper(name, relationship) if name or relationship else None


def score_of(stored: Mapping[str, Any]) -> Score:
    """The score as it was recorded; it is never computed again, so that an export tells what staff acted on."""
    points = None if stored["points"] is None else Decimal(stored["points"])
    if points is not None and not points.is_finite():
        raise ValueError("points are a number")
    return Score(
        **{
            **stored,
            "points": points,
            "items": tuple(stored["items"]),
            "missing": tuple(stored["missing"]),
        }
    )


def _outcome(sentences: list[str]) -> Resource:
    identity = str(uuid5(_NAMESPACE, "\n".join(sentences)))
    issues = [
        {"severity": "error", "code": "incomplete", "details": {"text": sentence}} for sentence in sentences
    ]
    outcome = {"resourceType": "OperationOutcome", "id": identity, "issue": issues}
    return {"entry": [{"fullUrl": f"urn:uuid:{identity}", "resource": outcome}]}

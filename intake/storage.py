"""The one place where answers become sealed columns, and back. Nothing else reads those columns.

A submission is sealed to the clinic's public keys, so only the staff side, which has the private key, can open it. A
draft is sealed under the patient's own secret, so nobody can who does not hold it.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from intake import sealing
from intake.keys import Keyring, PublicKey
from intake.models import Draft, ExportPart, Kind, Note, Priority, Submission
from intake.process_keys import keyring, recipients
from intake.questionnaires.answers import Answers, as_seen, from_json, in_words, to_json
from intake.questionnaires.definition import Questionnaire
from intake.questionnaires.scoring import Score
from intake.questionnaires.triage import Flag, Level, Rules, Triage, age_in_years
from intake.sealing import CannotOpen, Why
from intake.secret import Secret
from intake.shapes import FLAG, PAGE, SCORE, SEEN_ITEM, are_parts, check_shape, is_part, is_text, parsed


@dataclass(frozen=True, slots=True)
class Head:
    """Who sent it and what stands out: all that a list of submissions shows."""

    name: str
    birth_date: datetime.date | None
    contact: tuple[tuple[str, str], ...]  # (what it is, the answer), in the words of the form
    scores: tuple[Mapping[str, Any], ...]
    flags: tuple[Mapping[str, Any], ...]
    mail_to: str = ""  # where they asked to be told that their form has arrived

    @property
    def initials(self) -> str:
        """What a list shows until somebody reveals who it is.

        >>> Head("Test Patient 17", None, (), (), ()).initials
        'T. P. 1.'
        """
        return " ".join(f"{word[0].upper()}." for word in self.name.split())

    @property
    def other_rows(self) -> list[str]:
        """The rows of the screening table that it touches beside that of its most urgent flag."""
        first = self.flags[0]["row"] if self.flags else ""
        return list(dict.fromkeys(flag["row"] for flag in self.flags if flag["row"] != first))

    def age_on(self, day: datetime.date) -> int | None:
        """In whole years."""
        return age_in_years(self.birth_date, day) if self.birth_date else None


@dataclass(frozen=True, slots=True)
class Body:
    """Every answer: by linkId, and page by page with the wording that the patient saw."""

    answers: Mapping[str, Any]
    pages: tuple[Mapping[str, Any], ...]
    consent: Mapping[str, Any] = field(default_factory=dict)
    """Version, language and sentences of what the patient was told about sending; empty before that was kept."""


# Drafts


def seal_draft(
    draft: Draft,
    secret: Secret,
    *,
    answers: Answers,
    changed: Mapping[str, int],
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Put the answers into the draft's column, sealed, and keep them at hand on the draft.

    A receipt gets along what its sender was told about sending, so that the copy shows just that.
    """
    written = {"answers": to_json(draft.questionnaire_version.definition, answers), "changed": dict(changed)}
    if consent:
        written["consent"] = dict(consent)
    draft.contents = sealing.seal_draft(as_bytes(written), key=secret.draft_key, draft_id=draft.id)
    draft.answers, draft.changed, draft.consent = answers, changed, consent


def open_draft(draft: Draft, secret: Secret) -> None:
    """Put what the column holds onto the draft: nothing where the copy of a receipt was already emptied.

    Raises CannotOpen, or ValueError for answers that do not fit the questionnaire.
    """
    if not draft.contents:
        draft.answers, draft.changed, draft.consent = {}, {}, {}
        return
    opened = sealing.open_draft(bytes(draft.contents), key=secret.draft_key, draft_id=draft.id)
    written = json.loads(opened)
    draft.answers = from_json(draft.questionnaire_version.definition, written["answers"])
    draft.changed = written["changed"]
    draft.consent = written.get("consent", {})


# Submissions: sealing


def seal_submission(
    submission: Submission,
    answers: Answers,
    triage: Triage,
    *,
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Fill the sealed columns; the others, save the staff's own, must be final: they are sealed along."""
    version = submission.questionnaire_version
    head = head_contents(version.as_written, version.rules, answers, triage)
    body = body_contents(version.definition, answers, consent)
    sealed = sealing.seal(as_bytes(head), as_bytes(body), context_of(submission), recipients())
    put_wraps(submission, sealed)
    submission.head, submission.body = sealed.head, sealed.body


def seal_canary(canary: Submission) -> None:
    """As a patient's submission is sealed, with nothing in it."""
    sealed = sealing.seal(as_bytes({}), as_bytes({}), context_of(canary), recipients())
    put_wraps(canary, sealed)
    canary.head, canary.body = sealed.head, sealed.body


def reseal(row: Submission | Note, *, replacing: str, to: PublicKey, opened_with: Keyring) -> None:
    """Put the row's key, sealed to `to` instead of the key with the id `replacing`, into its columns.

    Everything in the row is opened first. Raises CannotOpen.
    """
    context = note_context_of(row) if isinstance(row, Note) else context_of(row)
    put_wraps(row, sealing.rewrap(sealed_of(row), context, opened_with, to, replacing=replacing))


def put_wraps(row: Submission | Note | ExportPart, sealed: sealing.Sealed) -> None:
    row.suite = sealed.suite
    row.clinic_key_id, row.clinic_wrap = sealed.clinic_key_id, sealed.clinic_wrap
    row.escrow_key_id, row.escrow_wrap = sealed.escrow_key_id, sealed.escrow_wrap


def context_of(submission: Submission) -> sealing.Context:
    """The columns in the clear that a submission is bound to."""
    return sealing.Context(
        purpose=sealing.Purpose.SUBMISSION,
        submission_id=submission.id,
        questionnaire=submission.questionnaire_version.canonical,
        definition_hash=submission.definition_hash,
        rules_hash=submission.rules_hash,
        kind=submission.kind,
        priority=Priority(submission.priority).name.lower(),
        received_at=submission.received_at,
    )


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
        "mail_to": "".join(words(questionnaire, answers, identity.get("email", "")))
        if answers.get(identity.get("mail_wanted", "")) in ((True,), ("yes",))
        else "",
    }


def words(questionnaire: Questionnaire, answers: Answers, link_id: str) -> tuple[str, ...]:
    return in_words(questionnaire.item(link_id), answers.get(link_id, ())) if link_id else ()


def score_contents(score: Score) -> dict[str, Any]:
    return asdict(score) | {"points": None if score.points is None else str(score.points)}


def flag_contents(flag: Flag) -> dict[str, Any]:
    return asdict(flag) | {"level": flag.level.value}


def body_contents(
    questionnaire: Questionnaire, answers: Answers, consent: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "consent": dict(consent),
        "answers": to_json(questionnaire, answers),
        "pages": [asdict(page) for page in as_seen(questionnaire, answers)],
    }


# Submissions: opening. Raises CannotOpen for a row that was changed or is sealed to a key that is not here.


def try_to_open(submission: Submission) -> Head | None:
    """To see that it opens, and holds what a head holds: None for a canary. Raises CannotOpen."""
    opened = sealing.open_head(sealed_of(submission), context_of(submission), keyring())
    return head_from(opened) if submission.kind == Kind.PATIENT else None


def read_head(submission: Submission) -> Head:
    return head_from(sealing.open_head(sealed_of(submission), context_of(submission), keyring()))


def read_body(submission: Submission) -> Body:
    return body_from(sealing.open_body(sealed_of(submission), context_of(submission), keyring()))


def read_both(submission: Submission) -> tuple[Head, Body]:
    """For the price of one: nearly all of it is the private key's work."""
    head, body = sealing.open_both(sealed_of(submission), context_of(submission), keyring())
    return head_from(head), body_from(body)


def head_from(opened: bytes) -> Head:
    """Raises CannotOpen for a head that this program did not write: whoever may add rows could seal anything."""
    with told_as_cannot_open():
        head = parsed(opened)
        for score in head["scores"]:
            check_shape(score, SCORE)
        for flag in head["flags"]:
            check_shape(flag, FLAG)
            Level(flag["level"])
        check_shape(head, {"name": is_text})
        return Head(
            name=head["name"],
            birth_date=datetime.date.fromisoformat(head["birth_date"]) if head["birth_date"] else None,
            contact=tuple((str(label), str(answer)) for label, answer in head["contact"]),
            scores=tuple(head["scores"]),
            flags=tuple(head["flags"]),
            mail_to=str(head.get("mail_to", "")),
        )


def body_from(opened: bytes) -> Body:
    """Raises CannotOpen, as `head_from` does."""
    with told_as_cannot_open():
        body = parsed(opened)
        body = {"consent": {}, **body}  # what was sealed before it was kept has none
        check_shape(body, {"answers": is_part, "pages": are_parts, "consent": is_part})
        for page in body["pages"]:
            check_shape(page, PAGE)
            for item in page["items"]:
                check_shape(item, SEEN_ITEM)
        return Body(answers=body["answers"], pages=tuple(body["pages"]), consent=body["consent"])


@contextmanager
def told_as_cannot_open() -> Iterator[None]:
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ):  # its text may quote the patient
        raise CannotOpen(Why.CONTENTS) from None


def sealed_of(row: Submission | Note | ExportPart) -> sealing.Sealed:
    """The sealed columns of a row, as they stand in the database; a list leaves a submission's body there."""
    if isinstance(row, Note | ExportPart):
        head, body = bytes(row.text if isinstance(row, Note) else row.contents), b""
    else:
        is_list = "body" in row.get_deferred_fields()
        head, body = bytes(row.head), b"" if is_list else bytes(row.body)
    return sealing.Sealed(
        suite=row.suite,
        clinic_key_id=row.clinic_key_id,
        escrow_key_id=row.escrow_key_id,
        clinic_wrap=bytes(row.clinic_wrap),
        escrow_wrap=bytes(row.escrow_wrap),
        head=head,
        body=body,
    )


# What staff write


def seal_note(note: Note, text: str) -> None:
    sealed = sealing.seal_text(text.encode(), note_context_of(note), recipients())
    put_wraps(note, sealed)
    note.text = sealed.head


def read_note(note: Note) -> str:
    return sealing.open_text(sealed_of(note), note_context_of(note), keyring()).decode()


def note_context_of(note: Note) -> sealing.Context:
    return sealing.Context(
        purpose=sealing.Purpose.NOTE,
        submission_id=note.submission_id,
        kind="note",
        received_at=note.written_at,
        author=note.author,
    )


# Large exports


def seal_export_part(part: ExportPart, entries: bytes) -> None:
    sealed = sealing.seal_text(entries, export_context_of(part), recipients())
    put_wraps(part, sealed)
    part.contents = sealed.head


def read_export_part(part: ExportPart) -> bytes:
    return sealing.open_text(sealed_of(part), export_context_of(part), keyring())


def export_context_of(part: ExportPart) -> sealing.Context:
    return sealing.Context(
        purpose=sealing.Purpose.EXPORT,
        submission_id=part.export.pk,  # an export's own number stands there
        kind=f"part {part.number}",
        received_at=part.export.asked_at,
        author=part.export.asked_by,
    )


def as_bytes(contents: Mapping[str, Any]) -> bytes:
    return json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode()

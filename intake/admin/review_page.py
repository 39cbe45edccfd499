"""One screen for one submission: what stands on it, and what becomes of what is typed there."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from clinic_site.audit import Reason
from clinic_site.clinic import Clinic
from intake import actions, storage
from intake.admin import charts, looks, queue
from intake.admin.crises import crisis_context
from intake.admin.keeping import keeping_context
from intake.admin.review_forms import CallForm, ReviewForm, TakenForm
from intake.models import Note, Priority, Status, Submission
from intake.sealing import CannotOpen

LEVEL_LABELS = {
    "crisis_now": "Crisis now",
    "crisis": "Crisis",
    "stop": "Stop",
    "caution": "Caution",
    "note": "Note",
}
# LinkIds of the shipped screening. In a questionnaire without them the box to copy from is left out.
MEDICINES_AND_ALLERGIES = (
    "medicines-sleepy",
    "medicines-mixing",
    "medicine-names",
    "allergies",
    "ketamine-allergy",
)
LANGUAGES = {"en": "English", "es": "Spanish"}
MOST_EARLIER = 12  # submissions of the same person, each of them opened


def form_for(request: HttpRequest, submission: Submission, *, is_posted: bool = True) -> ReviewForm:
    return ReviewForm(submission, request.POST if is_posted and request.method == "POST" else None)


def context(
    request: HttpRequest, submission: Submission, *, call_form: CallForm | None = None
) -> dict[str, Any]:
    """For those who may see the submission. The trail is written before anything is opened."""
    clinic = Clinic.objects.first()
    before, after = queue.neighbours(submission)
    target = clinic.review_within_hours if clinic else None
    return {
        "title": f"Submission {submission.reference}",
        "submission": submission,
        "clinic": clinic,
        "waiting": queue.waiting(submission, at=timezone.now(), target=target),
        "before": before,
        "after": after,
        "language": LANGUAGES.get(submission.language, submission.language),
        "call_form": call_form or CallForm(label_suffix=""),
        "taken_form": TakenForm(initial={"taken": submission.taken}),
        "reason_form": looks.ReasonForm(),
        "first_reason": Reason.CRISIS if submission.priority <= Priority.CRISIS else "",
        "may_reveal": looks.may_reveal(request),
        "may_read": looks.may_read(request),
        "may_export": looks.may_export(request),
        "is_revealed": looks.is_revealed(request, submission),
        "crisis": None,  # another part of the site gives every template the crisis lines under this name
        **crisis_context(request, submission),
        **keeping_context(request, submission),
        **opened(request, submission),
    }


def opened(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    notes = looks.notes_shown(request, submission)
    try:
        head, body = looks.look_at(request, submission)
    except CannotOpen as refusal:
        return {"unopenable": str(refusal), "notes": [(note, note_text(note)) for note in notes]}
    found: dict[str, Any] = {
        "head": head,
        "age": head.age_on(timezone.localdate()) if head else None,
        "notes": [(note, note_text(note)) for note in notes],
    }
    if head is None or body is None:
        return found
    pages = looks.masked_unless_revealed(request, submission, body.pages)
    flagged = {link_id for flag in head.flags for link_id in flag["evidence"]}
    earlier = looks.look_at_same_person(request, submission, head, most=MOST_EARLIER)
    times = [(submission.received_at, head.scores)]
    times += [(one.received_at, one.opened_head.scores) for one, _ in earlier if one.opened_head]
    return found | {
        "flags": [
            {
                **flag,
                "level_label": LEVEL_LABELS[flag["level"]],
                "answers": answers_to(pages, flag["evidence"]),
            }
            for flag in head.flags
        ],
        "scores": [(score, charts.band_chart(score)) for score in head.scores],
        "flagged": flagged,
        "pages": pages,
        "consent": body.consent,
        "who_answered": first_answer(pages, "respondent"),
        "to_copy": to_copy(pages),
        "earlier": earlier,
        "trends": charts.trends(times),
    }


def answers_to(pages: Sequence[Mapping[str, Any]], link_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """The questions that a flag rests on, with what was answered."""
    return [
        item
        for page in pages
        for item in page["items"]
        if item["link_id"] in link_ids and item["is_question"]
    ]


def first_answer(pages: Sequence[Mapping[str, Any]], link_id: str) -> str:
    found = answers_to(pages, [link_id])
    return ", ".join(found[0]["answers_in_words"]) if found else ""


def to_copy(pages: Sequence[Mapping[str, Any]]) -> str:
    """Medicines and allergies in one piece, for the chart of another system."""
    return "\n".join(
        f"{item['text']} {', '.join(item['answers_in_words']) or 'not answered'}"
        for item in answers_to(pages, MEDICINES_AND_ALLERGIES)
    )


def is_saved(request: HttpRequest, submission: Submission, form: ReviewForm) -> bool:
    """Each of the three is written for itself. False, with the reason at its field, where somebody was faster."""
    at, by = timezone.now(), looks.account_of(request)
    if not (is_moved(submission, form, by, at) and is_assigned(submission, form, by)):
        return False
    if note := form.cleaned_data["note"].strip():
        actions.write_note(submission=submission, author=by, text=note, at=at)
    return True


def is_moved(submission: Submission, form: ReviewForm, by: str, at: Any) -> bool:
    status, seen = form.cleaned_data["status"], form.data.get("initial-status", submission.status)
    if status == seen:
        return True
    try:
        if seen not in Status.values:
            raise actions.StatusChanged
        actions.change_status(submission=submission, status=Status(status), by=by, at=at, seen=seen)
    except (actions.MoveNotAllowed, actions.CrisisNotTakenUp) as refusal:
        form.add_error("status", str(refusal))
    except actions.StatusChanged:
        submission.refresh_from_db(fields=["status"])
        form.add_error(
            "status",
            f"Somebody set the status to “{submission.get_status_display()}” while you had this page open. "
            "Choose again.",
        )
    else:
        return True
    return False


def is_assigned(submission: Submission, form: ReviewForm, by: str) -> bool:
    if "assigned_to" not in form.data:
        return True
    to, seen = form.cleaned_data["assigned_to"], form.data.get("initial-assigned", submission.assigned_to)
    if to == seen:
        return True
    try:
        actions.assign(submission=submission, to=to, by=by, seen=seen)
    except actions.AssignedElsewhere:
        submission.refresh_from_db(fields=["assigned_to"])
        whom = f"to {submission.assigned_to}" if submission.assigned_to else "to nobody"
        form.add_error(
            "assigned_to", f"Somebody assigned it {whom} while you had this page open. Choose again."
        )
        return False
    return True


def note_text(note: Note) -> str:
    try:
        return storage.read_note(note)
    except CannotOpen as refusal:
        return f"This note cannot be opened. {refusal}"

"""What stands in the database: sealed columns that take nothing else, and rows that open only as they were sealed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from clinic_site.roles import Role
from intake import actions, sealing, storage
from intake.models import Draft, Note, Priority, Submission
from intake.process_keys import recipients
from intake.sealing import CannotOpen
from tests.applicant import send, walk
from tests.crises import HAS_THOUGHTS, sent
from tests.opened import changed_inside, opened_head
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db

PLAIN = b'{"name": "Test Patient 17"}'
TAMPERINGS: dict[str, Callable[[Submission, Submission], object]] = {
    "the head of another row": lambda one, other: setattr(one, "head", other.head),
    "the body of another row": lambda one, other: setattr(one, "body", other.body),
    "the key of another row": lambda one, other: setattr(one, "clinic_wrap", other.clinic_wrap),
    "another priority": lambda one, other: setattr(one, "priority", Priority.CRISIS_NOW),
    "another time": lambda one, other: setattr(one, "received_at", other.received_at),
    "another id": lambda one, other: setattr(one, "id", other.id),
    "other rules": lambda one, other: setattr(one, "rules_hash", "0" * 64),
    "another kind": lambda one, other: setattr(one, "kind", "canary"),
    "a bit": lambda one, other: setattr(one, "head", flipped(one.head)),
    "a piece cut off": lambda one, other: setattr(one, "head", bytes(one.head)[:-1]),
}


def flipped(sealed: bytes) -> bytes:
    changed = bytearray(sealed)
    changed[100] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("column", ["head", "body", "clinic_wrap", "escrow_wrap"])
@pytest.mark.parametrize("text", [PLAIN, b"", b"x" * 4096, b"x" * 32_768])
def test_the_database_takes_no_plain_text_for_a_sealed_column(
    client: Client, column: str, text: bytes
) -> None:
    send(client)
    with pytest.raises(IntegrityError, match="intake_submission_is_sealed"), transaction.atomic():
        Submission.objects.update(**{column: text})


@pytest.mark.parametrize("text", [PLAIN, b"x" * 8221])
def test_the_database_takes_no_plain_text_for_a_draft(client: Client, text: bytes) -> None:
    walk(client, until="contact")
    with pytest.raises(IntegrityError, match="intake_draft_is_sealed"), transaction.atomic():
        Draft.objects.update(contents=text)


def test_nothing_that_was_typed_stands_in_the_tables(client: Client) -> None:
    walk(client, name="Test Patient Marker", treatments_notes="A marker in the notes")
    send(Client(), name="Test Patient Marker", treatments_notes="A marker in the notes")
    with connection.cursor() as cursor:
        for table in ("intake_draft", "intake_submission"):
            cursor.execute(f"SELECT * FROM {table}")
            rows = cursor.fetchall()
            assert rows
            for row in rows:
                text = b" ".join(
                    bytes(cell) if isinstance(cell, memoryview) else str(cell).encode() for cell in row
                )
                assert b"arker" not in text


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_row_that_somebody_changed_does_not_open(
    tamper: Callable[[Submission, Submission], object],
) -> None:
    send(Client(), suicide_attempt="yes")
    send(Client(), name="Test Patient 18")
    other, one = Submission.objects.order_by("-received_at")
    tamper(one, other)
    with pytest.raises(CannotOpen) as refused:
        storage.read_both(one)
    assert "Test Patient" not in str(refused.value)


def test_a_note_opens_only_with_its_author_and_its_submission(staff_client: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    staff_client.post(
        f"/admin/intake/submission/{submission.pk}/change/",
        {"status": "new", "initial-status": "new", "note": "Called, no answer."},
    )
    note = Note.objects.get()
    assert storage.read_note(note) == "Called, no answer."
    assert b"Called" not in bytes(note.text)
    note.author = "somebody else"
    with pytest.raises(CannotOpen):
        storage.read_note(note)


def test_a_draft_that_somebody_changed_is_gone_and_nothing_of_it_is_told(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    walk(client, until="contact")
    draft = Draft.objects.get()
    Draft.objects.update(contents=flipped(draft.contents))
    page = client.get("/screening/contact/").content.decode()
    assert "cannot find a saved form" in page
    assert "Test Patient 17" not in page + caplog.text
    assert "cannot be opened" in caplog.text


def test_a_draft_opens_only_with_its_own_secret(client: Client) -> None:
    walk(client, until="contact")
    other = Client()
    walk(other, until="contact")
    mine, theirs = Draft.objects.order_by("started_at")
    Draft.objects.filter(pk=mine.pk).update(contents=theirs.contents)
    assert "cannot find a saved form" in client.get("/screening/contact/").content.decode()


def test_how_far_somebody_got_does_not_show_in_the_size(client: Client) -> None:
    walk(client, until="about-you")
    before = len(Draft.objects.get().contents)
    walk(client, until="heart")
    assert len(Draft.objects.get().contents) == before


def test_the_scores_and_flags_come_out_as_they_went_in(client: Client) -> None:
    send(client, mood_self_harm="LA6569-3", risk_now="no")
    head = opened_head()
    assert head.name == "Test Patient 17"
    assert head.initials == "T. P. 1."
    assert "self-harm" in {flag["rule_id"] for flag in head.flags}


# Whoever took over the public process can seal what they like to the clinic's key.
STRANGE_HEADS: dict[str, Callable[[dict[str, Any]], object]] = {
    "half a pair of surrogates": lambda head: head.update(name="\ud800"),
    "a number for a name": lambda head: head.update(name=17),
    "a list for an instrument": lambda head: head["scores"][0].update(instrument=[]),
    "no points": lambda head: head["scores"][0].pop("points"),
    "points that are no number": lambda head: head["scores"][0].update(points="NaN"),
    "a list in the evidence": lambda head: head["flags"][0].update(evidence=[[]]),
    "no flags": lambda head: head.pop("flags"),
}


@pytest.mark.parametrize("strange", STRANGE_HEADS)
def test_a_head_that_the_site_did_not_write_breaks_no_page_and_stops_no_worker(
    staff_client: Client, strange: str
) -> None:
    submission = sent(HAS_THOUGHTS)
    changed_inside(submission, lambda head, body: STRANGE_HEADS[strange](head))
    honest = sent()
    with acting_as(Role.WORKER):
        look = actions.look_at_new_submissions()
    assert (look.opened, look.closed) == (1, 1)
    queue = staff_client.get("/admin/intake/submission/").text
    assert submission.reference in queue
    assert honest.reference in queue
    page = staff_client.get(f"/admin/intake/submission/{submission.pk}/change/").text
    assert "This submission cannot be opened" in page


@pytest.mark.parametrize("part", ["head", "body"])
def test_brackets_without_end_are_told_like_any_other_nonsense(part: str) -> None:
    submission = sent()
    opened = {"head": b"{}", "body": b"{}"} | {part: b"[" * 100_000}
    context = storage.context_of(submission)
    sealed = sealing.seal(opened["head"], opened["body"], context, recipients())
    storage.put_wraps(submission, sealed)
    submission.head, submission.body = sealed.head, sealed.body
    with pytest.raises(CannotOpen):
        storage.read_both(submission)


def test_staff_decide_about_what_cannot_be_opened_too(staff_client: Client) -> None:
    submission = sent()
    Submission.objects.update(head=flipped(submission.head))
    address = f"/admin/intake/submission/{submission.pk}/change/"
    page = staff_client.get(address).text
    assert "This submission cannot be opened" in page
    assert "Delete this submission" in page
    staff_client.post(address, {"status": "declined", "initial-status": "new", "note": "A damaged row."})
    assert Submission.objects.get().status == "declined"
    assert "A damaged row." in staff_client.get(address).text

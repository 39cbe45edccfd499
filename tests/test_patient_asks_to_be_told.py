"""Somebody who gave an address may ask for an email when the form has arrived; nobody else is written to."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from intake.models import Notice, NoticeKind, Submission
from tests.applicant import send, walk
from tests.opened import opened_body, opened_head, saved_answers
from tests.test_staff_are_told_of_a_crisis import one_round

pytestmark = pytest.mark.django_db

ADDRESS = "patient17@clinic.example"


def letters_to_the_patient() -> list[Any]:
    return [letter for letter in mail.outbox if ADDRESS in letter.recipients()]


def test_the_question_says_what_the_email_gives_away(client: Client) -> None:
    page = walk(client, until="contact-safety").text
    assert "Do you want an email when your form has arrived?" in page
    assert "Choose No if someone else reads your email." in page
    assert "checked" not in page


def test_who_says_yes_on_the_page_finds_one_neutral_email_in_the_mailbox(client: Client) -> None:
    send(client, mail_when_arrived="yes")
    assert mail.outbox == []  # the web process itself writes to nobody
    assert opened_head().mail_to == ADDRESS
    assert opened_body().answers["mail-when-arrived"] == ["yes"]
    one_round()
    one_round()
    (letter,) = letters_to_the_patient()
    said = f"{letter.subject} {letter.body} {letter.from_email}".lower()
    reference = Submission.objects.get().reference.lower()
    for word in ("ketamine", "pain", "screening", "demonstration", "test patient", "answer yes", reference):
        assert word not in said


def test_the_wish_is_read_nowhere_but_in_the_sealed_form(client: Client) -> None:
    send(client, mail_when_arrived="yes")
    row = Submission.objects.values().get()
    assert not [column for column, value in row.items() if b"mail-when-arrived" in bytes(str(value), "utf-8")]
    assert b"mail-when-arrived" not in bytes(row["head"]) + bytes(row["body"])


@pytest.mark.parametrize("answer", ["no", []])
def test_who_says_no_or_leaves_it_blank_is_not_written_to(client: Client, answer: Any) -> None:
    send(client, mail_when_arrived=answer)
    one_round()
    assert letters_to_the_patient() == []
    assert not Notice.objects.filter(kind=NoticeKind.RECEIVED).exists()


def test_without_an_address_nobody_is_asked_and_a_yes_of_before_counts_no_more(client: Client) -> None:
    walk(client, mail_when_arrived="yes")
    assert saved_answers(client)["mail-when-arrived"] == ["yes"]
    client.post(
        "/screening/contact/", {"q-phone": "(410) 555-0117", "shown": ["phone", "best-time", "email"]}
    )
    assert "q-mail-when-arrived" not in client.get("/screening/contact-safety/").text
    client.post("/screening/check/")
    assert opened_head().mail_to == ""
    assert "mail-when-arrived" not in opened_body().answers

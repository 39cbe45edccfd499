"""Every kind of page that a patient meets in the screening, in each of its states."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import F
from django.shortcuts import render
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from clinic_site.views import server_error
from intake.models import Draft
from intake.secret import Secret
from intake.views.shared import try_later
from tests.applicant import ANSWERS, page_fields, send, walk
from tests.opened import come_back, secret_of

State = tuple[str, Any]  # its name, and the site's answer
SHOWN_WITH_MISTAKES = ("answering", "about-you", "contact", "pain", "pain-impact", "mind", "size", "consent")
OTHER_PAGES = ("helper", "medicine-list", "mood-1", "worry-1", "safety")
NONSENSE = {"q-weight-pounds": "many", "q-phone": "12", "q-email": "x", "q-respondent": "x"}
MAIL = "/screening/mail-link/"
A_DAY_AND_AN_HOUR = datetime.timedelta(hours=25)


def states() -> Iterator[State]:
    yield from of_a_stranger()
    patient = Client()
    yield from on_the_way(patient)
    yield from when_stopping(patient)
    yield from when_time_is_over()
    yield from in_a_crisis()
    yield from at_the_end(patient)
    yield from in_spanish()


def of_a_stranger() -> Iterator[State]:
    nobody = Client()
    for path in ("", "is-this-for-me/", "age/", "resume/", "support/"):
        yield path or "start", nobody.get(f"/screening/{path}")
    yield "code mistyped", nobody.post("/screening/resume/", {"code": "nonsense"})
    yield "adults only", nobody.post("/screening/age/", {"q-adult": "no"})
    yield "no such page", nobody.get("/screening/nowhere/")
    yield "a robot's pace", try_later(asked_for("/screening/age/"), timezone.now())
    yield "without its token", Client(enforce_csrf_checks=True).post("/screening/age/", {"q-adult": "yes"})
    yield "a fault of ours", server_error(asked_for("/screening/age/"))


def on_the_way(patient: Client) -> Iterator[State]:
    """Pages as they come, empty, then with mistakes, then answered; the patient stands at the check page after."""
    helped = ANSWERS | {"respondent": "helper", "patient-present": "yes", "mood-self-harm": "LA6569-3"}
    helped |= {"helper-name": "Test Friend 17", "helper-relationship": "friend"}
    response = patient.get("/screening/age/")
    while (path := response.request["PATH_INFO"]) != "/screening/check/":
        name = path.split("/")[2]
        if name == "support":
            response = patient.get(response.context["following"])
            continue
        if name in (*SHOWN_WITH_MISTAKES, *OTHER_PAGES):
            yield name, response
        if name in SHOWN_WITH_MISTAKES:
            yield f"{name} with errors", patient.post(path, NONSENSE)
        if name == "tried":
            yield "check, unfinished", patient.get("/screening/check/")
        response = patient.post(path, page_fields(response, helped), follow=True)
        if name in ("pain", "pain-impact"):
            yield f"{name} answered", patient.get(path)
    yield "check", response
    phone = {"q-phone": "(410) 555-0109"}
    yield "another window", patient.post("/screening/contact/", {"revision": "1", **phone})


def when_stopping(patient: Client) -> Iterator[State]:
    yield "stopping, no mail", patient.get("/screening/leave/")
    with override_settings(EMAIL_HOST="localhost", EMAIL_PORT=1, EMAIL_USE_TLS=False):
        yield "stopping", patient.get("/screening/leave/")
        yield "mail to no address", patient.post(MAIL, {"email": "nobody"})
        yield "link mailed", patient.post(MAIL, {"email": "patient17@clinic.example"})
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend"):
            yield "link not mailed", patient.post(MAIL, {"email": "patient17@clinic.example"})
    yield "start with a saved form", patient.get("/screening/")
    yield "deleting", patient.get("/screening/delete/")
    code = secret_of(patient).code
    yield "birth date", Client().post("/screening/resume/", {"code": code})
    yield "birth date, wrong", come_back(Client(), code, **{"birth-date-day": "1"})
    other = Client()
    walk(other, until="contact")
    yield "another form is open", come_back(other, code)
    yield "left", other.post("/screening/leave/")
    third = Client()
    walk(third, until="about-you")
    yield "deleted", third.post("/screening/delete/")


def when_time_is_over() -> Iterator[State]:
    yield "session over, a page asked for", Client().get("/screening/pain/")
    yield "session over, a page sent", Client().post("/screening/pain/", {"q-pain-where": "back"})
    yield "form deleted after its days", Client().post("/screening/resume/", {"code": Secret.new().code})


def in_a_crisis() -> Iterator[State]:
    person = Client()
    page = walk(person, until="mood-3")
    thought = page_fields(page, ANSWERS | {"mood-self-harm": "LA6571-9"})
    yield "crisis with errors", person.post("/screening/mood-3/", {"q-mood-self-harm": "LA6569-3"})
    yield "crisis", person.post("/screening/mood-3/", thought, follow=True)
    yield "at risk now", person.post("/screening/safety/", {"q-risk-now": "yes"}, follow=True)
    answers = {"mood_self_harm": "LA6571-9", "risk_now": "yes"}
    yield "check in a crisis", walk(person, **answers)
    yield "sent in a crisis", person.post("/screening/check/", follow=True)


def at_the_end(patient: Client) -> Iterator[State]:
    draft = Draft.objects.get(pk=secret_of(patient).draft_id)
    yield "not confirmed", not_confirmed()
    yield "sent", send(patient)
    yield "copy", patient.get("/screening/copy/")
    yield "sent already", patient.get("/screening/contact/")
    yield "sent already, changed", patient.post("/screening/contact/", {"q-phone": "(410) 555-0109"})
    yield "start after sending", patient.get("/screening/")
    Draft.objects.filter(pk=draft.pk).update(sent_at=F("sent_at") - A_DAY_AND_AN_HOUR)
    yield "sent yesterday", patient.get("/screening/done/")
    yield "copy's time over", patient.get("/screening/copy/")


def not_confirmed() -> Any:
    return render(asked_for("/screening/check/"), "intake/not_confirmed.html", {"as_of": "1/2"}, status=503)


def in_spanish() -> Iterator[State]:
    """Where the markup differs: the language, the way back to English, the warning that nobody has read it."""
    with override_settings(SHOW_UNREVIEWED_TRANSLATIONS=True):
        reader = Client()
        yield "start, in Spanish", reader.get("/es/screening/")
        walk(reader, at="/es/screening/", until="about-you")
        yield "about-you with errors, in Spanish", reader.post("/es/screening/about-you/", {})
        send(reader, at="/es/screening/")
        yield "copy of what was sent in Spanish", reader.get("/screening/copy/")


def asked_for(path: str) -> Any:
    request = RequestFactory().get(path)
    request.COOKIES = {}
    return request

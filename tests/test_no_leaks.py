"""Whatever patients and staff type is found where it belongs, sealed, and nowhere else."""

import logging
import re
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from clinic_site.session_store import SessionStore
from clinic_site.sessions import StaffSession
from intake import actions, storage, worker
from intake.models import Draft, Note, QuestionnaireVersion, Submission
from intake.questionnaires.definition import Item, ItemType
from tests.applicant import walk
from tests.markers import found_in, numbered
from tests.opened import come_back, opened_body, opened_head, secret_of
from tests.screening_answers import SCREENING, answers_of
from tests.signing_in import sign_in
from tests.watched_site import WatchedClient, dump, watched

pytestmark = pytest.mark.django_db(transaction=True)  # only what is committed is in a dump

WRITTEN = (ItemType.STRING, ItemType.TEXT, ItemType.OPEN_CHOICE)
# Written answers that must look like something.
SPECIAL = {
    "phone": "(410) 555-0193",
    "emergency-phone": "(410) 555-0164",
    "email": f"{numbered('e-mail')}@clinic.example",
}
# Answers that lead past every question in which a person writes.
OPENING = {
    "respondent": "helper",
    "patient-present": "yes",
    "high-blood-pressure": "yes",
    "alcohol-weekly": "yes",
    "ketamine-before": "yes",
    "birth-date": ("July", "23", "1931"),
}
BIRTH_DATE = ["1931-07-23", "07/23/1931", "July 23, 1931"]
PASSWORD = f"{numbered('password')} and more"
QUEUE, TRAIL, ACCOUNTS = "/admin/intake/submission/", "/admin/clinic_site/auditevent/", "/admin/auth/user/"


def written_items() -> list[Item]:
    return [item for item in SCREENING.all_items if item.type in WRITTEN]


def marker_of(item: Item) -> str:
    return SPECIAL.get(item.link_id, numbered(item.link_id))


def answers() -> dict[str, Any]:
    """A marker of its own for each question in which a person writes."""
    given: dict[str, Any] = dict(OPENING)
    for item in written_items():
        if item.type is ItemType.OPEN_CHOICE:
            given |= {item.link_id: ["__other__"], f"{item.link_id}-other": marker_of(item)}
        else:
            given[item.link_id] = marker_of(item)
    return given


class CarelessClient(WatchedClient):
    """Writes nonsense into each field of a page, numbers, dates and choices too, before it is filled in well."""

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)
        self.mistakes: list[str] = []

    def post(self, path: str, data: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        if path.startswith("/screening/") and data:
            for name in data:
                mistake = numbered(f"mistake {name}")
                super().post(path, {**data, name: mistake})
                self.mistakes.append(mistake)
        return super().post(path, data, **kwargs)


def fill_in_and_send(patient: CarelessClient) -> str:
    """Everything that a patient can do on the way, with a slip at each step. Returns the code."""
    patient.get("/screening/")
    response = walk(patient, **answers())
    assert response.request["PATH_INFO"] == "/screening/check/", response.content.decode()[:4000]
    code = secret_of(patient).code
    patient.post("/screening/check/", {"as_of": "1"})
    patient.post("/screening/leave/")
    month, day, year = OPENING["birth-date"]
    come_back(patient, code, **{"birth-date-month": month, "birth-date-day": day, "birth-date-year": year})
    assert secret_of(patient).code == code
    assert patient.post("/screening/check/", follow=True).status_code == 200
    patient.post("/screening/contact/", {"q-phone": SPECIAL["phone"]})  # sent already: refused
    patient.get("/screening/support/")
    return code


def begin_and_delete(patient: CarelessClient) -> None:
    walk(patient, until="contact", **answers())
    patient.post("/screening/delete/")


STAFFS = {
    what: numbered(f"staff {what}") for what in ("name", "password", "note", "status", "reason", "reference")
}
STAFFS |= {
    what: numbered(f"staff {what}") for what in ("filter", "search", "date", "trial", "file", "account")
}


def review(staff: WatchedClient, submission: Submission) -> None:
    """Everything that staff can do with a submission, with a slip in each field, search box and filter."""
    nonsense = {"username": STAFFS["name"], "password": STAFFS["password"]}
    staff.post("/admin/login/?next=/admin/", nonsense)
    staff.post("/admin/login/?next=/admin/", {**nonsense, "username": "nurse"})
    assert staff.post("/admin/login/", {"username": "nurse", "password": PASSWORD}).status_code == 302
    nurse = User.objects.get(username="nurse")
    for page in ("set-up", "second-step"):
        staff.post(f"/admin/login/{page}/", {"code": STAFFS["password"], "name": STAFFS["name"]})
        staff.post(f"/admin/login/{page}/", {"passkey": STAFFS["password"], "name": STAFFS["name"]})
    sign_in(staff, nurse)

    one = f"{QUEUE}{submission.pk}"
    staff.get(QUEUE)
    for query in (
        "q",
        "show",
        "status__exact",
        "priority__exact",
        "o",
        "p",
        "assigned_to__startswith",
        "head",
    ):
        staff.type_address(QUEUE, **{query: STAFFS["filter"]})
    for reference in (STAFFS["reference"], submission.reference):
        staff.post(f"{QUEUE}find/", {"reference": reference}, follow=True)
    for status, note in ((STAFFS["status"], STAFFS["note"]), ("in_review", STAFFS["note"])):
        staff.post(f"{one}/change/", {"status": status, "initial-status": "new", "note": note}, follow=True)
    for reason in (STAFFS["reason"], "contact"):
        staff.post(f"{one}/reveal/", {"reason": reason}, follow=True)
        staff.post(f"{one}/export/", {"reason": reason})
        ticked = {"action": "export_selected", "_selected_action": [str(submission.pk)], "reason": reason}
        staff.post(QUEUE, ticked)
    for page in ("history", "change"):
        assert staff.get(f"{one}/{page}/").status_code == 200

    for query in ("at__gte", "action__exact", "account", "q"):
        staff.type_address(TRAIL, **{query: STAFFS["filter"]})
    for reference in (STAFFS["reference"], submission.reference):
        staff.post(f"{TRAIL}report/", {"report": "person", "person-reference": reference})
    account = {
        "account-name": STAFFS["account"],
        "account-since": STAFFS["date"],
        "account-until": STAFFS["date"],
    }
    staff.post(f"{TRAIL}report/", {"report": "account", **account})

    staff.type_address(ACCOUNTS, q=STAFFS["search"], is_staff__exact=STAFFS["filter"])
    staff.type_address("/admin/treatments/article/", q=STAFFS["search"], evidence__exact=STAFFS["filter"])
    slip = {"old_password": STAFFS["password"], "new_password1": STAFFS["password"], "new_password2": "other"}
    staff.post("/admin/password_change/", slip)
    try_rules(staff)
    assert staff.post("/admin/logout/").status_code == 200
    sign_in(staff, nurse)
    staff.post(f"{one}/reveal/", {"reason": "contact"}, follow=True)  # a session that is still open


def try_rules(staff: WatchedClient) -> None:
    version = f"/admin/intake/questionnaireversion/{QuestionnaireVersion.objects.get().pk}"
    forms = staff.get(f"{version}/try/").context["forms"]
    staff.post(
        f"{version}/try/", {form.add_prefix(name): STAFFS["trial"] for form in forms for name in form.fields}
    )
    files = {
        "questionnaire": SimpleUploadedFile(
            f"{STAFFS['file']}.json", f'{{"id": "{STAFFS["file"]}"}}'.encode()
        ),
        "rules": SimpleUploadedFile("rules.toml", f"{STAFFS['file']} = ".encode()),
    }
    staff.post("/admin/intake/questionnaireversion/add/", {**files, "slug": STAFFS["file"]})


def test_what_patients_and_staff_type_is_nowhere_but_where_it_belongs() -> None:
    User.objects.create_superuser("nurse", password=PASSWORD)
    with watched() as watch:
        patient, changes_their_mind, staff = CarelessClient(), CarelessClient(), watch.client()
        watch.clients += [patient, changes_their_mind]
        code = fill_in_and_send(patient)
        begin_and_delete(changes_their_mind)
        worker.run(once=True)
        review(staff, Submission.objects.of_patients().get())
        places = watch.places()
    submission = Submission.objects.of_patients().get()

    # It was typed, and it arrived: else the rest would prove nothing.
    told = str(opened_body(submission).pages) + str(opened_head(submission))
    markers = [marker_of(item) for item in written_items()]
    assert found_in(told, markers) == markers
    assert storage.read_note(Note.objects.get()) == STAFFS["note"]
    assert len(set(patient.mistakes)) > 80

    markers += [*BIRTH_DATE, PASSWORD, code, code.replace("-", ""), *STAFFS.values()]
    markers += patient.mistakes + changes_their_mind.mistakes
    leaks = {place: found for place, text in places.items() if (found := found_in(text, markers))}
    assert leaks == {}
    assert mail.outbox == []
    assert (
        f"{QUEUE}{submission.pk}/reveal/" in places["addresses"]
    )  # links and forms of pages are looked at too


def test_an_unsent_form_is_in_the_dump_and_unreadable() -> None:
    patient = CarelessClient()
    walk(patient, until="pain", **answers())
    draft = Draft.objects.get()
    stolen = dump()
    assert str(draft.pk) in stolen
    assert bytes(draft.contents).hex() in stolen
    assert found_in(stolen, [*SPECIAL.values(), numbered("name"), *BIRTH_DATE, secret_of(patient).code]) == []


def test_the_dump_would_show_what_is_not_sealed() -> None:
    User.objects.create_user("nurse", first_name=numbered("first name"))
    assert found_in(dump(), [numbered("first name")]) == [numbered("first name")]


def sent() -> Submission:
    """As quick as can be."""
    version, at = QuestionnaireVersion.objects.get(), timezone.now()
    given = answers_of({"name": numbered("name")})
    _, secret = actions.start_draft(version=version, page="age", answers=given, at=at)
    actions.submit(secret=secret, at=at)
    return Submission.objects.get(pk=secret.submission_id)


def test_a_session_holds_who_signed_in_and_which_submissions_were_revealed_and_no_more() -> None:
    User.objects.create_superuser("nurse", password=PASSWORD)
    submission = sent()
    with watched() as watch:
        review(watch.client(), submission)
    (session,) = StaffSession.objects.all()
    kept = SessionStore().decode(session.session_data)
    assert set(kept) == {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
        "started",
        "second_step",
        "revealed",
    }
    assert set(kept["revealed"]) == {str(submission.pk)}


def test_djangos_own_log_of_changes_would_name_a_submission_by_its_reference_alone() -> None:
    nurse, submission = User.objects.create_superuser("nurse", password=PASSWORD), sent()
    entry = LogEntry.objects.log_actions(nurse.pk, [submission], CHANGE, "Status.", single_object=True)
    assert entry.object_repr == submission.reference
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}", submission.reference)


def test_a_marker_is_found_in_whichever_place_it_leaks_to(settings: Any) -> None:
    """Else the tests above would prove nothing."""
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    User.objects.create_superuser("nurse", password=PASSWORD, first_name=numbered("the database"))
    with watched() as watch:
        client = watch.client()
        sign_in(client, User.objects.get())
        logging.getLogger("intake").warning("Saved %s.", numbered("the log"))
        mail.send_mail("A form", numbered("mail"), "site@clinic.example", ["nurse@clinic.example"])
        client.get("/", {"q": numbered("addresses")})
        # A message on the next page: the name of a new condition.
        client.post("/admin/treatments/condition/add/", {"name": numbered("cookies"), "slug": "marked"})
        session = client.session
        session["seen"] = numbered("sessions")
        session.save()
        caches["default"].set("seen", numbered("the cache"))
        places = watch.places()
        caches["default"].clear()
    found = {place: numbered(place) for place, text in places.items() if found_in(text, [numbered(place)])}
    assert set(places) - set(found) == {"PostgreSQL's log"} & set(places)

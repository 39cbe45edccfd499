"""What was written down and then refused does not stand in the trail as done; and no process writes as another."""

import datetime
from typing import Any

import psycopg2.errors
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from clinic_site import audit, audit_chain
from clinic_site.audit import Action, AuditEvent
from clinic_site.roles import Role
from intake import actions
from intake.models import Draft, QuestionnaireVersion, Status, Submission
from tests.catalogue import execute
from tests.screening_answers import answers_of
from tests.serving_roles import acting_as
from tests.test_export_from_admin import damaged, export, sent
from tests.test_staff_edit_clinic_facts import same_day_review, save  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


def details(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


def test_a_status_that_somebody_else_changed_meanwhile() -> None:
    submission = sent()
    Submission.objects.update(status=Status.IN_REVIEW)
    with pytest.raises(actions.StatusChanged):
        actions.change_status(
            submission=submission, status=Status.DECLINED, by="nurse", at=timezone.now(), seen="new"
        )
    assert details("status") == ["new to declined", "new to declined refused"]
    refused = AuditEvent.objects.latest("pk")
    assert (refused.account, refused.submissions) == ("nurse", [submission.pk])


def test_an_export_of_what_cannot_be_exported(staff_client: Client) -> None:
    export(staff_client, damaged())
    assert details("export") == ["fhir", "fhir refused"]
    assert AuditEvent.objects.latest("pk").reason == "handover"


def test_facts_of_the_clinic_that_cannot_be_so(staff_client: Client, same_day_review: None) -> None:  # noqa: F811
    save(staff_client, on_call_name="")
    assert details("clinic") == [
        "facts hours holidays people prices",
        "facts hours holidays people prices refused",
    ]
    save(staff_client, tagline="A plain sentence.")
    assert details("clinic")[2:] == ["facts hours holidays people prices"]


def test_retiring_and_deleting_what_cannot_be(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get()
    page = f"/admin/intake/questionnaireversion/{version.pk}"
    staff_client.post(f"{page}/retire/")
    staff_client.post(f"{page}/retire/")
    assert details("questionnaire") == ["retired", "retired", "retired refused"]


def test_what_fails_for_any_reason_and_what_succeeds() -> None:
    with pytest.raises(ZeroDivisionError), audit.act(Action.KEY, by="nurse", detail="reseal"):
        raise ZeroDivisionError
    with audit.act(Action.KEY, by="nurse", detail="self_test"):
        pass
    assert details("key") == ["reseal", "reseal refused", "self_test"]


# Which process it was


def write_as(role: Role, word: str) -> str:
    """The word that stands in the row where a process of `role` writes `word`."""
    with acting_as(role), connection.cursor() as cursor:
        cursor.execute(audit.INSERT, ["nurse", word, "list", [], "", ""])
    return AuditEvent.objects.latest("pk").role


@pytest.mark.parametrize("role", [Role.STAFF, Role.WORKER, Role.ALL])
@pytest.mark.parametrize("word", ["staff", "worker", "public", "all"])
def test_a_row_names_the_process_whose_rights_wrote_it(role: Role, word: str) -> None:
    assert write_as(role, word) == role.value


def test_a_login_that_took_its_role_off_writes_in_the_name_of_its_own_alone() -> None:
    execute("CREATE ROLE test_login LOGIN IN ROLE web_staff")
    execute("GRANT test_login TO CURRENT_USER")
    try:
        execute("SET ROLE test_login")
        execute("INSERT INTO clinic_site_auditevent (account, role, action, submissions, reason, detail) "
                "VALUES ('nurse', 'staff', 'list', '{}', '', '')")  # fmt: skip
        with pytest.raises(IntegrityError, match="in the name of that process"), transaction.atomic():
            execute("INSERT INTO clinic_site_auditevent (account, role, action, submissions, reason, detail) "
                    "VALUES ('nurse', 'worker', 'list', '{}', '', '')")  # fmt: skip
    finally:
        execute("RESET ROLE")


def test_the_chain_holds_with_the_word_that_was_put_in() -> None:
    write_as(Role.STAFF, "worker")
    assert audit_chain.walk().findings == []


# Names, and drafts that do not open


def test_the_database_refuses_another_user_name_to_whoever_asks(staff: User) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.filter(pk=staff.pk).update(username="somebody-else")
    assert isinstance(refused.value.__cause__, psycopg2.errors.RestrictViolation)
    staff.first_name = "Petra"
    staff.save()


def draft() -> tuple[Draft, Any]:
    version = QuestionnaireVersion.objects.get()
    answers = answers_of({"name": "Test Patient 17"})
    return actions.start_draft(version=version, page="age", answers=answers, at=timezone.now())


def damage() -> None:
    one = Draft.objects.get()
    contents = bytes(one.contents)
    Draft.objects.update(contents=contents[:-1] + bytes([contents[-1] ^ 1]))


def test_a_damaged_draft_is_deleted_when_its_owner_asks() -> None:
    damaged_one, secret = draft()
    damage()
    actions.discard_draft(secret=secret, at=timezone.now())
    assert not Draft.objects.filter(pk=damaged_one.pk).exists()


def test_a_damaged_receipt_is_not() -> None:
    _, secret = draft()
    actions.submit(secret=secret, at=timezone.now())
    damage()
    actions.discard_draft(secret=secret, at=timezone.now())
    assert Draft.objects.count() == 1


def test_who_begins_a_form_clears_no_others_drafts(settings: Any) -> None:
    old, _ = draft()
    long_ago = timezone.now() - datetime.timedelta(days=40)
    Draft.objects.update(
        started_at=long_ago, saved_at=long_ago, expires_at=long_ago + datetime.timedelta(days=1)
    )
    for settings.ROLE in (Role.PUBLIC, Role.ALL):
        draft()
        assert Draft.objects.filter(pk=old.pk).exists()

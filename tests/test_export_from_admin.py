"""At the review desk: one submission, or those that are ticked, leave as a FHIR file."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from intake import actions
from intake.admin import exports
from intake.exports import left_out, submission_bundle, submissions_bundle
from intake.models import QuestionnaireVersion, Submission
from intake.questionnaires.fhir import to_bytes
from tests.opened import changed_inside
from tests.screening_answers import Changes, answers_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/intake/submission/"
BUTTON = "Export (FHIR)"
ACTION = "Export selected as FHIR"


def sent(name: str = "Test Patient 17", **changes: Any) -> Submission:
    version = QuestionnaireVersion.objects.get()
    answers: Changes = {"name": name, **changes}
    _, secret = actions.start_draft(
        version=version, page="age", answers=answers_of(answers), at=timezone.now()
    )
    actions.submit(secret=secret, at=timezone.now())
    return Submission.objects.get(pk=secret.submission_id)


def damaged() -> Submission:
    return changed_inside(sent("Test Patient 99"), lambda head, body: body.clear())


def export(client: Client, submission: Submission, **how: Any) -> Any:
    return client.post(f"{QUEUE}{submission.pk}/export/", {"reason": "handover"}, **how)


def export_selected(client: Client, *submissions: Submission, address: str = QUEUE, **fields: str) -> Any:
    ticked = [str(submission.pk) for submission in submissions]
    return client.post(
        address, {"action": "export_selected", "_selected_action": ticked, "reason": "handover", **fields}
    )


def revealed(client: Client, submission: Submission) -> str:
    """The submission's page after a reason was given."""
    response = client.post(f"{QUEUE}{submission.pk}/reveal/", {"reason": "review"}, follow=True)
    return str(response.content.decode())


def test_without_a_reason_nothing_is_exported(staff_client: Client) -> None:
    submission = sent()
    response = staff_client.post(f"{QUEUE}{submission.pk}/export/", follow=True)
    assert "Choose a reason first" in response.content.decode()
    response = export_selected(staff_client, submission, reason="because")
    assert "Select a valid choice" in response.content.decode()
    ticked = {"action": "export_selected", "_selected_action": [str(submission.pk)]}
    page = staff_client.post(QUEUE, ticked).content.decode()
    assert "1 submission will be in the file" in page
    assert not AuditEvent.objects.filter(action="export").exists()


def test_every_export_is_written_down_with_its_reason_before_the_file_is_made(staff_client: Client) -> None:
    first, second = sent("Test Patient 1"), sent("Test Patient 2")
    export_selected(staff_client, first, second)
    event = AuditEvent.objects.get(action="export")
    assert set(event.submissions) == {first.pk, second.pk}
    assert (event.account, event.reason, event.detail) == ("nurse", "handover", "fhir")


def is_file(response: Any, name: str) -> bool:
    return response.status_code == 200 and {
        header: response.headers[header] for header in ("Content-Type", "Content-Disposition")
    } == {"Content-Type": "application/fhir+json", "Content-Disposition": f'attachment; filename="{name}"'}


def said(client: Client) -> list[str]:
    """The messages on the next page."""
    return [str(message) for message in client.get(QUEUE).context["messages"]]


def test_a_nurse_exports_one_submission_from_its_page(staff_client: Client) -> None:
    submission = sent()
    page = revealed(staff_client, submission)
    assert f'action="{QUEUE}{submission.pk}/export/"' in page
    assert BUTTON in page
    response = export(staff_client, submission)
    assert is_file(response, f"{submission.reference}.json")
    assert response.content == to_bytes(submission_bundle(submission))
    assert "no-store" in response.headers["Cache-Control"]


def test_the_button_stands_in_a_form_of_its_own(staff_client: Client) -> None:
    page = revealed(staff_client, sent())
    forms = [part.split("</form>")[0] for part in page.split("<form ")[1:]]
    (export_form,) = (form for form in forms if BUTTON in form)
    assert "csrfmiddlewaretoken" in export_form
    assert 'name="note"' not in export_form


def test_a_nurse_exports_the_ticked_submissions_as_one_file(staff_client: Client) -> None:
    first, second, other = sent("Test Patient 1"), sent("Test Patient 2"), sent("Test Patient 3")
    assert ACTION in staff_client.get(QUEUE).content.decode()
    response = export_selected(staff_client, second, first)
    assert is_file(response, "submissions.json")
    assert response.content == to_bytes(submissions_bundle([first, second]))
    assert "Test Patient 3" not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert is_file(export_selected(staff_client, other), f"{other.reference}.json")


def test_a_selection_takes_no_more_queries_than_one(
    staff_client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    submissions = [sent(f"Test Patient {number}") for number in range(5)]
    with django_assert_max_num_queries(12):  # three of them the audit trail's
        export_selected(staff_client, *submissions)


def test_more_than_a_process_can_hold_is_refused(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exports.MOST_AT_ONCE == 500
    monkeypatch.setattr("intake.admin.submissions.MOST_AT_ONCE", 1)
    response = export_selected(staff_client, sent("Test Patient 1"), sent("Test Patient 2"))
    assert response.status_code == 302
    assert said(staff_client) == ["At most 1 are taken at once. Select fewer."]


def test_what_is_closed_is_exported_too(staff_client: Client) -> None:
    submission = sent()
    Submission.objects.update(status="accepted")
    assert is_file(export_selected(staff_client, submission), f"{submission.reference}.json")


def test_without_anything_ticked_nothing_is_exported_and_the_nurse_is_told(staff_client: Client) -> None:
    sent()
    response = export_selected(staff_client)
    assert response.status_code == 302
    assert said(staff_client) == ["Tick at least one submission first."]
    assert not AuditEvent.objects.filter(action="export").exists()


def test_all_that_were_ticked_are_named_in_the_form(staff_client: Client) -> None:
    first, second = sent("Test Patient 1"), sent("Test Patient 2")
    ticked = {"action": "export_selected", "_selected_action": [str(first.pk), str(second.pk)]}
    page = staff_client.post(QUEUE, ticked).text
    assert "2 submissions will be in the file" in page
    assert str(second.pk) in page


# What cannot be exported


def test_a_submission_that_cannot_be_read_is_told_on_its_own_page(staff_client: Client) -> None:
    submission = damaged()
    response = export(staff_client, submission)
    assert (response.status_code, response["Location"]) == (302, f"{QUEUE}{submission.pk}/change/")
    (message,) = said(staff_client)
    assert message.startswith(f"Not exported: {submission.reference}: it cannot be opened")


def test_the_others_are_exported_and_the_missing_one_is_told_in_the_file_and_on_the_next_page(
    staff_client: Client,
) -> None:
    bad, good = damaged(), sent("Test Patient 1")
    response = export_selected(staff_client, bad, good)
    assert is_file(response, "submissions.json")
    (sentence,) = left_out(json.loads(response.content))
    assert sentence.startswith(f"{bad.reference}: ")
    assert said(staff_client) == [f"Not in the export: {sentence}"]
    assert "Test Patient 1" in response.content.decode()
    assert "Test Patient 99" not in response.content.decode()


def test_where_nothing_can_be_exported_the_list_comes_back_and_says_why(staff_client: Client) -> None:
    submission = damaged()
    response = export_selected(staff_client, submission)
    assert response.status_code == 302
    (message,) = said(staff_client)
    assert message.startswith(f"Not exported: {submission.reference}: ")


# Who may


@pytest.fixture
def clerk(client: Client) -> Callable[..., Client]:
    """A member of staff with these permissions on submissions and no others."""

    def made(*verbs: str) -> Client:
        user, _ = User.objects.get_or_create(username="test-clerk", is_staff=True)
        codenames = [f"{verb}_submission" for verb in verbs]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        sign_in(client, user)
        return client

    return made


def test_who_may_export_submissions_need_not_see_who_they_are_from(clerk: Callable[..., Client]) -> None:
    viewer, submission = clerk("view", "export"), sent()
    assert BUTTON in viewer.get(f"{QUEUE}{submission.pk}/change/").text
    assert is_file(export(viewer, submission), f"{submission.reference}.json")
    assert is_file(export_selected(viewer, submission), f"{submission.reference}.json")


def test_other_staff_and_strangers_export_nothing(clerk: Callable[..., Client]) -> None:
    submission, stranger = sent(), Client()
    for response in (export(stranger, submission), export_selected(stranger, submission)):
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]
    without = clerk("view", "reveal", "change")
    assert BUTTON not in revealed(without, submission)
    assert export(without, submission).status_code == 403
    assert not export_selected(without, submission).headers.get("Content-Disposition")
    without = clerk("delete")
    assert export(without, submission).status_code == 403
    assert export_selected(without, submission).status_code == 403
    assert without.post(f"{QUEUE}00000000-0000-4000-8000-000000000000/export/").status_code == 403


def test_an_export_is_asked_for_by_a_form_of_this_site_alone(staff: User) -> None:
    submission, strict = sent(), Client(enforce_csrf_checks=True)
    sign_in(strict, staff)
    assert strict.get(f"{QUEUE}{submission.pk}/export/").status_code == 405
    assert export(strict, submission).status_code == 403
    assert export_selected(strict, submission).status_code == 403


def test_a_submission_that_does_not_exist_is_not_found(staff_client: Client) -> None:
    address = f"{QUEUE}00000000-0000-4000-8000-000000000000/export/"
    assert staff_client.post(address).status_code == 404

"""No page of the review desk shows anything of a submission before the audit trail names who looked at it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver

from clinic_site import audit
from clinic_site.audit import AuditEvent
from intake.models import QuestionnaireVersion, Submission
from tests.applicant import send

pytestmark = pytest.mark.django_db

MARKER = "Markerwort"  # in the name and in a free text; it stands nowhere else
QUEUE = "/admin/intake/submission/"


@pytest.fixture
def submission(db: None) -> Submission:
    send(Client(), name=f"Test {MARKER}", treatments_notes=f"A {MARKER} note", mood_self_harm="LA6569-3")
    return Submission.objects.get()


def paths(patterns: list[Any], prefix: str = "/admin/") -> Iterator[str]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "(?P<" not in route:
            yield route


def filled(route: str, submission: Submission) -> str:
    """The route with this submission wherever it wants an object."""
    of_submissions = "/intake/submission/" in route
    version = submission.questionnaire_version_id
    values = {
        "<path:object_id>": str(submission.pk if of_submissions else version if "/intake/" in route else 0),
        "<uuid:object_id>": str(submission.pk),
        "<int:pk>": str(version),
        "<int:content_type_id>": str(ContentType.objects.get_for_model(Submission).pk),
        "<path:object_id>/": f"{submission.pk}/",
    }
    for name, value in values.items():
        route = route.replace(name, value)
    return re.sub(r"<[^>]+>", "0", route)


def test_every_address_of_the_admin_is_asked_and_what_shows_a_submission_was_written_down(
    staff: User, submission: Submission
) -> None:
    asked, shown, staff_client = 0, [], Client()
    staff_client.force_login(staff)
    staff_client.post(f"{QUEUE}{submission.pk}/reveal/", {"reason": "review"})  # so that nothing is masked
    for route in sorted(set(paths(admin.site.get_urls()))):
        if "logout" in route:
            continue
        path = filled(route, submission)
        for method, fields in (("get", {}), ("post", {"reason": "review", "note": "seen", "status": "new"})):
            before = set(AuditEvent.objects.values_list("pk", flat=True))
            response = getattr(staff_client, method)(path, fields)
            asked += 1
            content = response.getvalue() if response.streaming else response.content
            if MARKER.encode() not in content:
                continue
            shown.append((method, path))
            new = AuditEvent.objects.exclude(pk__in=before)
            assert new.filter(submissions__contains=[submission.pk], account="nurse").exists(), (method, path)
    assert asked > 80
    assert {path for _, path in shown} >= {
        QUEUE,
        f"{QUEUE}{submission.pk}/change/",
        f"{QUEUE}{submission.pk}/export/",
    }


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("get", "", {}),
        ("get", "{pk}/change/", {}),
        ("get", "{pk}/history/", {}),
        ("post", "{pk}/change/", {"status": "declined", "initial-status": "new", "note": ""}),
        ("post", "{pk}/change/", {"status": "new", "initial-status": "new", "note": "Called."}),
        ("post", "{pk}/reveal/", {"reason": "review"}),
        ("post", "{pk}/export/", {"reason": "review"}),
        ("post", "find/", {"reference": "0000-0000"}),
    ],
)
def test_what_cannot_be_written_down_is_not_shown_and_not_done(
    staff: User,
    submission: Submission,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    fields: dict[str, str],
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the trail cannot be written")

    client = Client(raise_request_exception=False)
    client.force_login(staff)
    monkeypatch.setattr(audit, "write", fail)
    response = getattr(client, method)(f"{QUEUE}{path.format(pk=submission.pk)}", fields)
    assert response.status_code == 500
    assert MARKER not in response.text
    submission.refresh_from_db()
    assert submission.status == "new"
    assert not submission.notes.exists()
    assert "revealed" not in client.session


def last(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).latest("pk")


def test_a_list_is_one_event_that_names_all_that_it_shows(staff_client: Client) -> None:
    for number in range(3):
        send(Client(), name=f"Test Patient {number}")
    staff_client.get(QUEUE)
    event = AuditEvent.objects.get(action="list")
    assert set(event.submissions) == set(Submission.objects.values_list("pk", flat=True))
    assert (event.account, event.role) == ("nurse", "all")


def test_each_act_of_a_nurse_is_told_apart(staff_client: Client, submission: Submission) -> None:
    address = f"{QUEUE}{submission.pk}/change/"
    staff_client.get(address)
    assert last("open").submissions == [submission.pk]
    staff_client.post(address, {"status": "declined", "initial-status": "new", "note": "Called, no answer."})
    assert last("status").detail == "new to declined"
    assert last("note").submissions == [submission.pk]
    staff_client.post(f"{QUEUE}{submission.pk}/reveal/", {"reason": "crisis"})
    assert (last("reveal").reason, last("reveal").submissions) == ("crisis", [submission.pk])
    staff_client.post(f"{QUEUE}find/", {"reference": submission.reference})
    assert (last("search").detail, last("search").submissions) == ("", [])
    for event in AuditEvent.objects.all():
        assert "Called" not in f"{event.detail}{event.reason}{event.account}"


def test_the_history_tells_who_did_what(staff_client: Client, submission: Submission) -> None:
    staff_client.get(f"{QUEUE}{submission.pk}/change/")
    page = staff_client.get(f"{QUEUE}{submission.pk}/history/").text
    assert "Opened" in page
    assert "nurse" in page


def test_whoever_may_not_see_the_trail_sees_no_history(client: Client, submission: Submission) -> None:
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("test-clerk", password="a long test password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_submission"))
    client.force_login(user)
    assert client.get(f"{QUEUE}{submission.pk}/history/").status_code == 403
    assert client.get(f"{QUEUE}{submission.pk}/change/").status_code == 200
    response = client.post(f"{QUEUE}{submission.pk}/change/", {"status": "declined", "note": ""})
    assert response.status_code == 403


def test_changes_of_the_clinics_facts_and_of_questionnaires_are_written_down(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get()
    staff_client.post("/admin/clinic_site/clinic/1/change/", {"name": "x"})
    assert (last("clinic").account, last("clinic").detail) == ("nurse", "facts hours holidays")
    staff_client.post(f"/admin/intake/questionnaireversion/{version.pk}/retire/")
    assert last("questionnaire").detail == "retired"

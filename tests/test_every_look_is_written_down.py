"""No page of the review desk shows anything of a submission before the audit trail names who looked at it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLResolver
from django.utils import timezone

from clinic_site import audit
from clinic_site.audit import AuditEvent
from intake import actions, sealing
from intake.admin.queue import TABS
from intake.models import Priority, Submission
from tests.applicant import send
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

MARKER = "Markerwort"  # in the name and in a free text; it stands nowhere else
QUEUE = "/admin/intake/submission/"


@pytest.fixture
def submission(db: None) -> Submission:
    send(Client(), name=f"Test {MARKER}", treatments_notes=f"A {MARKER} note", mood_self_harm="LA6569-3")
    return Submission.objects.get()


class Watch:
    """Compares what is opened with what the trail says since the last request."""

    def __init__(self) -> None:
        self.since = 0
        self.opened_too_early: list[UUID] = []

    def begin(self) -> None:
        self.since = AuditEvent.objects.latest("pk").pk

    def is_written(self, submission: UUID) -> bool:
        events = AuditEvent.objects.filter(pk__gt=self.since, account="nurse")
        return events.filter(submissions__contains=[submission]).exists()

    def watched(self, open_it: Callable[..., Any]) -> Callable[..., Any]:
        def look(sealed: Any, context: Any, keyring: Any) -> Any:
            if not self.is_written(context.submission_id):
                self.opened_too_early.append(context.submission_id)
            return open_it(sealed, context, keyring)

        return look


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    for name in ("open_head", "open_body", "open_both", "open_text"):
        monkeypatch.setattr(sealing, name, watch.watched(getattr(sealing, name)))
    return watch


def paths(patterns: list[Any], prefix: str = "/admin/") -> Iterator[str]:
    """Every address of the admin, with <...> where it takes something."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, route)
        elif "(?P<app_label>" in route:
            yield from (f"{prefix}{app}/" for app in ("auth", "clinic_site", "intake", "treatments"))
        elif "(?P<url>" in route:
            yield f"{prefix}<url>"
        else:
            yield route


def one_of(route: str, submission: Submission) -> Any:
    """The number of something that the address can be about."""
    app, model = [*route.removeprefix("/admin/").split("/"), "", ""][:2]
    try:
        one = apps.get_model(app, model)._default_manager.order_by("pk").last()
    except LookupError:
        one = submission
    return one.pk if one else 0


def filled(route: str, submission: Submission) -> str:
    """The address with something that is there wherever it wants one."""
    one = str(one_of(route, submission))
    values = {
        "<path:content_type_id>": str(ContentType.objects.get_for_model(Submission).pk),
        "<url>": f"intake/submission/{submission.pk}",
        **dict.fromkeys(
            (
                "<path:object_id>",
                "<uuid:object_id>",
                "<uuid:other_id>",
                "<uuid:export_id>",
                "<int:pk>",
                "<int:version>",
            ),
            one,
        ),
    }
    for name, value in values.items():
        route = route.replace(name, value)
    assert "<" not in route, route
    return route


QUERIES_OF_THE_LIST = [
    *(f"tab={tab}" for tab in TABS),
    *(f"priority__exact={priority}" for priority in Priority.values),
    *("p=1", "o=1", "all=", "e=1", "_facets=True", "_popup=1", "_to_field=id", "show=all"),
    f"q={MARKER}",
]
AUTOCOMPLETE = [
    f"/admin/autocomplete/?app_label=intake&model_name={model}&field_name={field}&term={MARKER}"
    for model, field in (("note", "submission"), ("submission", "questionnaire_version"))
]
POSTED: list[dict[str, Any]] = [
    {"reason": "review", "note": "seen", "status": "new"},
    {"action": "export_selected"},
    {"action": "export_selected", "reason": "review"},
    {"action": "export_csv", "reason": "review"},
    {"action": "assign_me"},
    {"reference": MARKER},
    {"action": "delete_selected", "post": "yes"},
]


def requests(submission: Submission) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and fields."""
    for route in sorted(set(paths(admin.site.get_urls()))):
        if "logout" in route:
            continue
        path, ticked = filled(route, submission), {"_selected_action": [str(one_of(route, submission))]}
        yield "get", path, {}
        yield from (("post", path, fields | ticked) for fields in POSTED)
    for query in QUERIES_OF_THE_LIST:
        yield "get", f"{QUEUE}?{query}", {}
    yield from (("get", address, {}) for address in AUTOCOMPLETE)


def test_every_address_of_the_admin_is_asked_and_what_shows_a_submission_was_written_down(
    staff: User, submission: Submission, watch: Watch
) -> None:
    asked, shown, staff_client = 0, set(), Client(raise_request_exception=False)
    sign_in(staff_client, staff)
    for number in range(5):  # to be changed and deleted
        User.objects.create_user(f"test-clerk-{number}", password="a long test password")
    actions.write_note(submission=submission, author="nurse", text=f"A {MARKER} call", at=timezone.now())
    staff_client.post(f"{QUEUE}{submission.pk}/reveal/", {"reason": "review"})  # so that nothing is masked
    for method, path, fields in requests(submission):
        watch.begin()
        response = getattr(staff_client, method)(path, fields)
        asked += 1
        assert response.status_code < 500, (method, path, fields)
        assert not watch.opened_too_early, (method, path, fields)
        content = response.getvalue() if response.streaming else response.content
        if MARKER.encode() in content:
            shown.add(path)
            assert watch.is_written(submission.pk), (method, path, fields)
    assert asked > 300
    assert User.objects.filter(pk=staff.pk, is_superuser=True).exists()
    page = f"{QUEUE}{submission.pk}"
    assert {path for path in shown if path.startswith(page)} == {
        f"{page}/{name}/" for name in ("call", "change", "export", "print")
    }
    assert {path for path in shown if not path.startswith(page)} >= {
        QUEUE,
        f"{QUEUE}?tab=new",
    }
    assert all(path.startswith(QUEUE) for path in shown)


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("get", "", {}),
        ("get", "{pk}/change/", {}),
        ("get", "{pk}/history/", {}),
        ("post", "{pk}/change/", {"status": "declined", "initial-status": "new", "note": ""}),
        ("post", "{pk}/change/", {"status": "new", "initial-status": "new", "note": "Called."}),
        ("post", "{pk}/reveal/", {"reason": "review"}),
        ("post", "{pk}/print/", {"reason": "review"}),
        ("post", "{pk}/call/", {"outcome": "reached"}),
        ("post", "{pk}/taken/", {"taken": "phone"}),
        ("get", "{pk}/compare/{pk}/", {}),
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
    sign_in(client, staff)
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
    assert (event.account, event.role) == ("nurse", "staff")


def test_each_act_of_a_nurse_is_told_apart(staff_client: Client, submission: Submission) -> None:
    address = f"{QUEUE}{submission.pk}/change/"
    staff_client.get(address)
    assert last("open").submissions == [submission.pk]
    staff_client.post(address, {"status": "in_review", "initial-status": "new", "note": "Called, no answer."})
    assert last("status").detail == "new to in_review"
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
    sign_in(client, user)
    assert client.get(f"{QUEUE}{submission.pk}/history/").status_code == 403
    assert client.get(f"{QUEUE}{submission.pk}/change/").status_code == 200
    response = client.post(f"{QUEUE}{submission.pk}/change/", {"status": "declined", "note": ""})
    assert response.status_code == 403

"""The privacy officer reads the audit trail: the list, who looked at a person, what an account did."""

import datetime
import re
import uuid
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic_site import audit, audit_admin
from clinic_site.audit import Action, AuditEvent, Reason
from intake.models import Submission
from intake.secret import reference_of
from tests.applicant import send
from tests.signing_in import sign_in, sign_in_at

pytestmark = pytest.mark.django_db

TRAIL = "/admin/clinic_site/auditevent/"
REPORT = f"{TRAIL}report/"
ONE = uuid.UUID("11111111-1111-4111-8111-111111111111")
OTHER = uuid.UUID("99999999-9999-4999-8999-999999999999")
PASSWORD = "a long enough password"


@pytest.fixture
def officer(client: Client) -> Client:
    """Signed in as Petra Example, who may see the trail and nothing else."""
    account = User.objects.create_user(
        "officer", password=PASSWORD, is_staff=True, first_name="Petra", last_name="Example"
    )
    account.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    sign_in(client, account)
    return client


def who_looked(client: Client, reference: str) -> Any:
    return client.post(REPORT, {"report": "person", "person-reference": reference})


def what_was_done(client: Client, account: str, since: str, until: str) -> Any:
    asked = {"account-name": account, "account-since": since, "account-until": until}
    return client.post(REPORT, {"report": "account", **asked})


def table_rows(response: Any) -> list[str]:
    """The text of each row of the report, without its head."""
    body = re.search(r"<tbody>(.*?)</tbody>", response.text, re.DOTALL)
    assert body
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


# The list


def test_the_list_shows_who_did_what_newest_first(officer: Client) -> None:
    audit.write(Action.OPEN, by="first-nurse", submissions=[ONE])
    audit.write(Action.REVEAL, by="second-nurse", submissions=[ONE], reason=Reason.CONTACT)
    page = officer.get(TRAIL).text
    assert page.index("Identity revealed") < page.index("To call or write to the person")
    assert page.index("second-nurse</td>") < page.index("first-nurse</td>")
    assert reference_of(ONE) in page


def test_a_long_list_of_submissions_is_cut_short_in_the_list_and_whole_on_the_events_page(
    officer: Client,
) -> None:
    many = [uuid.UUID(int=number << 96) for number in range(50)]
    audit.write(Action.LIST, by="nurse", submissions=many)
    assert f"{reference_of(many[2])} and 47 more" in officer.get(TRAIL).text
    event = officer.get(f"{TRAIL}{AuditEvent.objects.get(account='nurse').pk}/change/").text
    assert reference_of(many[49]) in event
    assert 'name="_save"' not in event


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"account": "nurse"}, {"nurse"}),
        ({"action__exact": "key"}, {"worker"}),
        ({"at__gte": "2001-01-01 00:00:00-05:00"}, {"nurse", "worker"}),
        ({"at__gte": "2999-01-01 00:00:00-05:00"}, set()),
        ({"account": "nobody"}, set()),
    ],
)
def test_the_list_is_narrowed_by_account_action_and_time(
    officer: Client, query: dict[str, str], shown: set[str]
) -> None:
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    audit.write(Action.KEY, by=audit.WORKER)
    cells = re.findall(r'field-account_name">([^<]+)<', officer.get(TRAIL, query).text)
    assert set(cells) - {"officer"} == shown


def test_whoever_looks_at_the_list_is_in_it(officer: Client) -> None:
    before = AuditEvent.objects.count()
    assert "List shown: audit trail" in officer.get(TRAIL).text
    assert AuditEvent.objects.count() == before + 1


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["add/", "1/delete/"])
def test_the_trail_is_neither_added_to_nor_deleted_by_hand(
    staff_client: Client, method: str, page: str
) -> None:
    assert AuditEvent.objects.get().pk == 1  # the signing in
    assert getattr(staff_client, method)(f"{TRAIL}{page}").status_code == 403
    assert AuditEvent.objects.count() == 1


def test_an_event_is_not_edited_by_hand(staff_client: Client) -> None:
    response = staff_client.post(f"{TRAIL}1/change/", {"account": "somebody else"})
    assert response.status_code == 403
    assert AuditEvent.objects.get().account == "nurse"


@pytest.mark.parametrize("page", [TRAIL, REPORT, f"{TRAIL}1/change/"])
def test_staff_without_the_permission_do_not_see_the_trail(client: Client, page: str) -> None:
    clerk = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    sign_in(client, clerk)
    assert client.get(page).status_code == 403
    assert not AuditEvent.objects.filter(action=Action.LIST).exists()


def test_the_list_is_not_shown_where_the_look_cannot_be_written_down(officer: Client) -> None:
    audit.write(Action.OPEN, by="somebody-else", submissions=[ONE])
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE clinic_site_auditevent ADD CONSTRAINT shut CHECK (action <> 'list') NOT VALID"
        )
    officer.raise_request_exception = False
    response = officer.get(TRAIL)
    assert response.status_code == 500
    assert "somebody-else" not in response.text


def test_the_list_counts_only_as_far_as_it_is_turned(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_admin, "MOST_COUNTED", 60)
    for _ in range(70):
        audit.write(Action.OPEN, by="nurse")
    with CaptureQueriesContext(connection) as queries:
        page = officer.get(TRAIL).text
    assert "More than 60 events" in page
    counts = [
        query["sql"] for query in queries if "COUNT(*)" in query["sql"] and "auditevent" in query["sql"]
    ]
    assert len(counts) == 1
    assert "LIMIT 60" in counts[0]
    assert len(queries) <= 18  # the alarms, and that somebody used the session, among them
    assert "nurse" in officer.get(TRAIL, {"p": 2}).text


# Who looked at this person?


def test_everybody_who_looked_at_a_person_is_listed_oldest_first(officer: Client) -> None:
    audit.write(Action.LIST, by="first-nurse", submissions=[OTHER, ONE])
    audit.write(Action.OPEN, by="second-nurse", submissions=[OTHER])
    audit.write(Action.REVEAL, by="officer", submissions=[ONE], reason=Reason.CRISIS)
    audit.write(Action.STATUS, by="third-nurse", submissions=[ONE], detail="new to in_review")
    rows = table_rows(who_looked(officer, reference_of(ONE)))
    for row, words in zip(
        rows,
        [
            ("first-nurse", "List shown"),
            ("officer (Petra Example)", "Identity revealed", "danger"),
            ("third-nurse", "Status changed: new to in review"),
            ("officer (Petra Example)", "audit report"),
        ],
        strict=True,
    ):
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T ", row)
        assert all(word in row for word in words)


def test_a_reference_is_found_however_it_is_typed_and_stands_in_no_address(officer: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    typed = f" {submission.reference.lower().replace('-', ' ')}"
    response = who_looked(officer, typed)
    assert f"Who looked at {submission.reference}" in response.text
    assert response.request["QUERY_STRING"] == ""
    assert AuditEvent.objects.oldest_first().last().submissions == [submission.pk]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("7K2M-9QX", "8 letters and digits"),
        ("7K2M-9QX!", "8 letters and digits"),
        ("7K2M-9QXU", "8 letters and digits"),
        ("", "required"),
        ("7K2M-9QXA", "No submission has this reference"),
    ],
)
def test_a_reference_of_nobody_is_told(officer: Client, typed: str, told: str) -> None:
    response = who_looked(officer, typed)
    assert told in response.text
    assert "<title>Error: " in response.text
    assert not AuditEvent.objects.filter(detail="audit report").exists()


def test_a_report_that_is_too_long_for_a_page_says_so(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_admin, "LONGEST_REPORT", 3)
    for _ in range(3):
        audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    response = who_looked(officer, reference_of(ONE))
    assert len(table_rows(response)) == 3
    assert "These are the first 3 events, and there are more." in response.text


# What did this account do?


def test_all_that_an_account_did_in_a_time_is_listed(officer: Client) -> None:
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    audit.write(Action.OPEN, by="other", submissions=[OTHER])
    audit.write(Action.LOGOUT, by="nurse")
    today = timezone.localtime()
    tomorrow = today + datetime.timedelta(days=1)
    response = what_was_done(officer, "nurse", f"{today:%Y-%m-%dT00:00}", f"{tomorrow:%Y-%m-%dT00:00}")
    first, second = table_rows(response)
    assert "Opened" in first
    assert reference_of(ONE) in first
    assert "Signed out" in second
    assert table_rows(what_was_done(officer, "nurse", "2020-01-01T00:00", "2020-01-02T00:00")) == ["Nothing."]


def test_a_time_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    for _ in range(3):
        audit.write(Action.OPEN, by="nurse")
    first, second, third = AuditEvent.objects.oldest_first()
    between = AuditEvent.objects.by_account("nurse", since=first.at, until=third.at)
    assert list(between.oldest_first()) == [first, second]


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        ("2026-11-22T10:00", "2026-11-22T10:00", "Choose a time after"),
        ("", "2026-11-22T10:00", "required"),
        ("soon", "2026-11-22T10:00", "Enter a valid date/time"),
    ],
)
def test_a_time_that_is_none_is_told(officer: Client, since: str, until: str, told: str) -> None:
    assert told in what_was_done(officer, "officer", since, until).text


def test_an_account_that_never_did_anything_cannot_be_asked_for(officer: Client) -> None:
    response = what_was_done(officer, "nobody", "2026-11-22T10:00", "2026-11-23T10:00")
    assert "Select a valid choice" in response.text


# From the shell


def report(*arguments: str) -> list[str]:
    said = StringIO()
    call_command("audit_report", *arguments, stdout=said)
    return said.getvalue().splitlines()


def test_the_same_lists_come_from_the_shell_and_name_who_asked() -> None:
    audit.write(Action.EXPORT, by="nurse", submissions=[ONE], reason=Reason.LEGAL, detail="fhir")
    export, this = report("--submission", reference_of(ONE))
    assert "nurse  Exported: fhir  Required by law" in export
    assert f"{audit.shell_account()}  List shown: audit report" in this
    today = f"{timezone.localtime():%Y-%m-%d}"
    (line,) = report("--account", "nurse", "--from", today, "--to", today)
    assert f"Exported: fhir  {reference_of(ONE)}" in line
    assert report("--account", "nurse", "--from", today) == [line]
    assert report("--account", "nurse", "--from", "2020-01-01", "--to", "2020-01-02T12:00") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--submission", "short"], "8 letters and digits"),
        (["--submission", "7K2M-9QXA"], "No submission has this reference"),
        (["--account", "nurse"], "--from"),
        (["--account", "nurse", "--from", "yesterday"], "Write a time as"),
        (["--account", "nurse", "--from", "2026-13-01"], "Write a time as"),
        (["--account", "nurse", "--from", "2026-11-01", "--to", "9999-12-31"], "Write a time as"),
    ],
)
def test_the_command_says_what_it_needs(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        report(*arguments)


# In a browser


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_officer_prints_who_looked_black_on_white(page: Page, scheme: Any) -> None:
    account = User.objects.create_superuser("officer", password=PASSWORD)
    audit.write(Action.OPEN, by="nurse", submissions=[ONE])
    page.emulate_media(color_scheme=scheme)
    sign_in_at(page, REPORT, account)
    page.get_by_label("Reference").fill(reference_of(ONE))
    page.get_by_role("button", name="List who looked").click()
    expect(page.get_by_role("cell", name="nurse", exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("cell", name="nurse", exact=True)).to_be_visible()
    for gone in ("#header", ".breadcrumbs", ".audit-report__questions"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator(".audit-report td").first).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")

"""An export of many submissions: made by the worker, sealed at rest, downloaded once, gone after an hour."""

import csv
import datetime
import io
import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.clinic import PART_2_NOTICE, Clinic
from clinic_site.roles import Role
from intake import actions
from intake.actions import large_exports
from intake.csv_export import COLUMNS
from intake.models import Export, ExportPart, Submission
from tests.crises import sent
from tests.serving_roles import acting_as
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

EXPORTS = "/admin/desk/exports/"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_exports, "PART", 2)


def ask(client: Client, **changes: str) -> Any:
    return client.post(EXPORTS, {"status": "", "reason": "legal", **changes}, follow=True)


def one_round() -> None:
    with acting_as(Role.WORKER):
        actions.empty_exports(at=timezone.now())
        actions.make_exports(at=timezone.now())


def download(client: Client) -> Any:
    return client.post(f"{EXPORTS}{Export.objects.get().pk}/", follow=True)


def test_it_is_made_by_the_worker_and_holds_everything_that_was_asked_for(staff_client: Client) -> None:
    those = [sent() for _ in range(5)]
    assert "5 are being exported" in ask(staff_client).text
    assert "0%" in staff_client.get(EXPORTS).text
    one_round()
    assert "Download once" in staff_client.get(EXPORTS).text
    answer = download(staff_client)
    bundle = json.loads(answer.getvalue())
    assert answer.headers["Content-Type"] == "application/fhir+json"
    responses = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "QuestionnaireResponse"
    ]
    assert len({one["id"] for one in responses}) == len(those)
    asked, taken = AuditEvent.objects.filter(action="export").order_by("id")
    assert (asked.reason, taken.reason, taken.detail) == ("legal", "legal", "fhir download")
    assert len(taken.submissions) == 5


def test_at_rest_it_is_sealed(staff_client: Client) -> None:
    sent()
    ask(staff_client)
    one_round()
    contents = bytes(ExportPart.objects.get().contents)
    assert b"Test Patient" not in contents
    assert b"resourceType" not in contents


def test_it_is_downloaded_once(staff_client: Client) -> None:
    sent()
    ask(staff_client)
    one_round()
    download(staff_client).getvalue()
    assert "It can be downloaded once" in download(staff_client).text


def test_a_download_may_take_longer_than_the_hour_and_then_the_parts_go(staff_client: Client) -> None:
    for _ in range(3):
        sent()
    ask(staff_client)
    one_round()
    begun = download(staff_client)
    with time_machine.travel(timezone.now() + 90 * MINUTE):
        one_round()
        assert len(json.loads(begun.getvalue())["entry"]) >= 3
    with time_machine.travel(timezone.now() + 121 * MINUTE):
        one_round()
    assert not ExportPart.objects.exists()


def test_one_that_cannot_be_made_is_told_and_keeps_no_other(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = sent()
    ask(staff_client)
    Submission.objects.update(status="in_review")
    sent()
    ask(staff_client, status="new")
    whole = large_exports.submission_bundle

    def unforeseen(submission: Submission) -> Any:
        if submission == broken:
            raise RecursionError("Test Patient 17")
        return whole(submission)

    monkeypatch.setattr(large_exports, "submission_bundle", unforeseen)
    one_round()
    first, second = Export.objects.order_by("asked_at")
    assert (first.ready_at, first.has_failed) == (None, True)
    assert (second.ready_at is not None, second.has_failed) == (True, False)
    assert not first.parts.exists()
    assert "RecursionError" in caplog.text
    assert "Test Patient" not in caplog.text
    assert "could not be made" in staff_client.get(EXPORTS).text


def test_after_an_hour_it_is_gone(staff_client: Client) -> None:
    sent()
    ask(staff_client)
    one_round()
    Export.objects.update(ready_at=timezone.now() - 61 * MINUTE)
    assert "It can be downloaded once" in download(staff_client).text
    one_round()
    assert not ExportPart.objects.exists()


def test_interrupted_half_way_it_goes_on_where_it_was(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        sent()
    ask(staff_client)
    monkeypatch.setattr(large_exports, "PARTS_IN_A_ROUND", 1)
    one_round()
    assert Export.objects.get().percent == 40
    assert "It can be downloaded once" in download(staff_client).text  # not ready is not half
    whole = large_exports.submission_bundle

    def killed(submission: Submission) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(large_exports, "submission_bundle", killed)
    with pytest.raises(KeyboardInterrupt):
        one_round()
    monkeypatch.setattr(large_exports, "submission_bundle", whole)
    one_round()
    one_round()
    bundle = json.loads(download(staff_client).getvalue())
    ids = [one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    assert len(ids) == len(set(ids)) == 5


def test_one_that_cannot_be_opened_or_is_gone_is_counted_as_left_out(staff_client: Client) -> None:
    _good, broken, gone = sent(), sent(), sent()
    ask(staff_client)
    Submission.objects.filter(pk=broken.pk).update(priority=1)
    Submission.objects.filter(pk=gone.pk).delete()
    one_round()
    assert "2 of them left out" in staff_client.get(EXPORTS).text
    bundle = json.loads(download(staff_client).getvalue())
    assert [one["resource"]["resourceType"] for one in bundle["entry"]].count("Patient") == 1


def test_nobody_downloads_what_somebody_else_asked_for(staff_client: Client) -> None:
    sent()
    ask(staff_client)
    one_round()
    other = Client()
    sign_in(other, User.objects.create_superuser("other", password="a long enough password"))
    assert download(other).status_code == 404


def test_without_a_reason_or_with_a_hostile_filter_nothing_is_made(staff_client: Client) -> None:
    sent()
    assert ask(staff_client, reason="").status_code == 422
    for hostile in ("' OR 1=1 --", "new\0", "NEW", "x" * 10_000):
        assert ask(staff_client, status=hostile).status_code == 422
    for day in ("0001-01-01", "9999-12-31"):
        assert ask(staff_client, status="declined", since=day, until=day).status_code == 422
    assert ask(staff_client, since="9999-99-99").status_code == 422
    assert "No submission is like that" in ask(staff_client, status="declined").text
    assert not Export.objects.exists()


def test_the_days_of_an_export_are_the_clinics_and_read_an_index(staff_client: Client) -> None:
    from intake.admin.large_exports import LargeExportForm

    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    before, first, last = sent(), sent(), sent()
    for one, at in (
        (before, midnight - MINUTE),
        (first, midnight),
        (last, midnight + 24 * 60 * MINUTE - MINUTE),
    ):
        Submission.objects.filter(pk=one.pk).update(received_at=at, status="declined")
    day = str(midnight.date())
    form = LargeExportForm({"status": "declined", "since": day, "until": day, "reason": "legal"})
    assert form.is_valid()
    assert set(form.chosen()) == {first, last}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Index Cond: ((received_at >=" in form.chosen().order_by().explain()


def test_only_who_may_export_sees_the_page() -> None:
    account = User.objects.create_user("desk", password="a long enough password", is_staff=True)
    account.groups.set(Group.objects.filter(name="Front desk"))
    client = Client()
    sign_in(client, account)
    assert client.get(EXPORTS).status_code == 403


def test_it_takes_a_second_step_of_the_last_five_minutes(staff_client: Client) -> None:
    sent()
    with time_machine.travel(timezone.now() + 6 * MINUTE):
        asked = staff_client.post(EXPORTS, {"status": "", "reason": "legal"})
        assert asked.status_code == 302
        assert "confirm" in asked.headers["Location"]
    assert not Export.objects.exists()


def test_it_may_be_a_table_too(staff_client: Client) -> None:
    those = [sent() for _ in range(3)]
    Clinic.objects.update(is_part_2_program=True)
    ask(staff_client, format="csv")
    one_round()
    answer = download(staff_client)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="submissions.csv"' in answer.headers["Content-Disposition"]
    columns, notice, *lines = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert columns == list(COLUMNS)
    assert notice[4] == PART_2_NOTICE
    assert {line[0] for line in lines} == {one.reference for one in those}
    assert AuditEvent.objects.filter(detail="csv download").exists()


@pytest.mark.parametrize("is_part_2", [False, True])
def test_a_bundle_carries_the_notice_where_the_clinic_is_such_a_program(
    staff_client: Client, is_part_2: bool
) -> None:
    Clinic.objects.update(is_part_2_program=is_part_2)
    submission = sent()
    ask(staff_client)
    one_round()
    large = json.loads(download(staff_client).getvalue())
    one = staff_client.post(f"/admin/intake/submission/{submission.pk}/export/", {"reason": "legal"}).json()
    for bundle in (large, one):
        meta = bundle.get("meta", {})
        assert [tag["display"] for tag in meta.get("tag", ())] == [PART_2_NOTICE] * is_part_2
        assert [label["code"] for label in meta.get("security", ())] == ["42CFRPart2"] * is_part_2

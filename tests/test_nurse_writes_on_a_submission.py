"""One screen for one submission: moves, who has it, calls, who typed it in, the same person again, and files."""

import csv
import datetime
import io
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic
from intake import actions, storage
from intake.models import Note, Status, Submission
from intake.models.submission import MOVES
from tests.signing_in import note_second_step
from tests.test_export_from_admin import QUEUE, damaged, sent

pytestmark = pytest.mark.django_db

EXPORT_SELECTED = {"action": "export_selected", "reason": "handover"}
MEDICINES: Any = {"medicine-names": "Vitamin D", "allergies": "Penicillin"}
MORE_THAN_A_NOTE = "x" * 1_000_000


def screen(submission: Submission, act: str = "change") -> str:
    return f"{QUEUE}{submission.pk}/{act}/"


def save(client: Client, submission: Submission, **typed: str) -> Any:
    return client.post(screen(submission), {"status": submission.status, "note": "", **typed})


@pytest.mark.parametrize("before", list(Status))
def test_only_moves_that_make_sense_are_offered_and_done(staff_client: Client, before: Status) -> None:
    submission = sent()
    for after in Status:
        Submission.objects.update(status=before)
        actions_before = AuditEvent.objects.filter(action="status").count()
        typed = {"status": after.value, "initial-status": before.value, "note": ""}
        staff_client.post(screen(submission), typed)
        is_moved = after in MOVES[before]
        assert Submission.objects.get().status == (after if is_moved else before), (before, after)
        assert AuditEvent.objects.filter(action="status").count() == actions_before + is_moved


def test_a_move_that_is_not_allowed_is_refused_whoever_asks() -> None:
    submission = sent()
    with pytest.raises(actions.MoveNotAllowed, match="cannot go from “New” to “Archived”"):
        actions.change_status(submission=submission, status=Status.ARCHIVED, by="nurse", at=timezone.now())


def test_of_two_nurses_who_take_it_at_once_the_second_is_told_whose_it_is(staff_client: Client) -> None:
    submission = sent()
    other = User.objects.create_user("test-other", password="a long test password", is_staff=True)
    other.groups.set(Group.objects.filter(name="Clinician"))
    save(staff_client, submission, **{"assigned_to": "test-other", "initial-assigned": ""})
    page = save(
        staff_client, submission, **{"assigned_to": "nurse", "initial-assigned": "", "note": "Mine."}
    ).text
    assert "Somebody assigned it to test-other while you had this page open" in page
    assert "Mine." in page
    assert Submission.objects.get().assigned_to == "test-other"
    assert not Note.objects.exists()


def test_a_submission_is_given_only_to_who_can_work_on_it(staff_client: Client) -> None:
    submission = sent()
    for group in ("Clinician", "Front desk", "Administrator", "Privacy officer"):
        account = User.objects.create_user(f"test-{group.lower().replace(' ', '-')}", is_staff=True)
        account.groups.set(Group.objects.filter(name=group))
    page = staff_client.get(screen(submission)).text
    for name, is_offered in (
        ("clinician", 1),
        ("front-desk", 1),
        ("administrator", 0),
        ("privacy-officer", 0),
    ):
        assert page.count(f'<option value="test-{name}">') == is_offered, name
    save(staff_client, submission, **{"assigned_to": "test-administrator", "initial-assigned": ""})
    assert not Submission.objects.get().assigned_to


def test_what_was_not_saved_is_told_at_the_top_of_the_page(staff_client: Client) -> None:
    submission = sent()
    page = save(staff_client, submission, note=MORE_THAN_A_NOTE).text
    assert page.index("Not all of it was saved.") < page.index('id="content"')
    page = staff_client.post(screen(submission, "call"), {"outcome": "sang"}).text
    assert page.index("The call was not saved.") < page.index('id="content"')


def test_a_note_of_a_million_characters_is_refused_and_nothing_is_lost(staff_client: Client) -> None:
    submission = sent()
    page = save(staff_client, submission, note=MORE_THAN_A_NOTE).text
    assert "at most 4000 characters" in page
    assert MORE_THAN_A_NOTE in page
    assert not Note.objects.exists()


def test_a_call_is_kept_sealed_with_its_outcome_and_the_day_to_try_again(staff_client: Client) -> None:
    submission, again = sent(), timezone.localdate() + datetime.timedelta(days=1)
    call = {"outcome": "message_left", "text": "Voicemail, name only.", "try_again_on": again.isoformat()}
    page = staff_client.post(screen(submission, "call"), call, follow=True).text
    assert "message left" in page
    assert "Voicemail, name only." in page
    note = Note.objects.get()
    assert (note.outcome, note.try_again_on, note.author) == ("message_left", again, "nurse")
    assert b"Voicemail" not in bytes(note.text)
    assert storage.read_note(note) == "Voicemail, name only."
    assert AuditEvent.objects.filter(action="note").latest("pk").detail == "call message_left"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"outcome": "dead"},
        {"outcome": "reached", "try_again_on": "2001-01-01"},
        {"outcome": "reached", "text": "x" * 5000},
    ],
)
def test_a_call_that_cannot_be_kept_is_told_and_what_was_typed_stays(
    staff_client: Client, typed: dict
) -> None:
    page = staff_client.post(screen(sent(), "call"), {"text": "Said hello.", **typed}).text
    assert 'class="errorlist"' in page
    assert typed.get("text", "Said hello.") in page
    assert not Note.objects.exists()


def test_what_staff_typed_in_is_marked_so(staff_client: Client) -> None:
    submission = sent()
    page = staff_client.post(screen(submission, "taken"), {"taken": "phone"}, follow=True).text
    assert Submission.objects.get().taken == "phone"
    assert AuditEvent.objects.filter(action="status").latest("pk").detail == "typed_in phone"
    assert "typed in, by phone" in staff_client.get(QUEUE).text
    assert 'value="phone" selected' in page
    staff_client.post(screen(submission, "taken"), {"taken": "carrier pigeon"})
    assert Submission.objects.get().taken == "phone"


def test_the_same_person_again_is_shown_with_what_changed_and_how_scores_went(staff_client: Client) -> None:
    with time_machine.travel(timezone.now() - datetime.timedelta(days=60)):
        before = sent("Anna Ähre", **{"peg-pain": "8"})
    now, stranger = (
        sent("ANNA AHRE", **{"peg-pain": "3"}),
        sent("Berta B", **{"birth-date": datetime.date(1950, 1, 1)}),
    )
    for is_entered in (False, True):
        if is_entered:
            actions.look_at_new_submissions()
        page = staff_client.get(screen(now)).text
        assert f"{QUEUE}{now.pk}/compare/{before.pk}/" in page
        assert stranger.reference not in page.split("Perhaps the same person")[1].split("</section>")[0]
        assert "PEG: from" in page
    page = staff_client.get(f"{QUEUE}{now.pk}/compare/{before.pk}/").text
    assert "<td data-label=" in page
    assert ">8</td>" in page
    assert ">3</td>" in page
    assert "polyline" in page
    assert "Ähre" not in page  # masked still
    assert set(AuditEvent.objects.filter(action="open").order_by("-pk")[0].submissions) <= {before.pk, now.pk}


def test_medicines_and_allergies_stand_in_one_piece_to_copy(staff_client: Client) -> None:
    page = staff_client.get(screen(sent(**MEDICINES))).text
    piece = page.split('<pre id="to-copy" tabindex="0">')[1].split("</pre>")[0]
    assert "Vitamin D" in piece
    assert "Penicillin" in piece


def test_next_and_previous_follow_the_queue(staff_client: Client) -> None:
    first, second = sent("Anna A"), sent("Berta B")
    assert f'href="{screen(second)}" data-next' in staff_client.get(screen(first)).text
    assert f'href="{screen(first)}" data-previous' in staff_client.get(screen(second)).text


def test_a_print_says_why_and_carries_the_notice_only_where_the_clinic_is_such_a_program(
    staff_client: Client,
) -> None:
    submission = sent("Quercus Robur")
    assert "Choose a reason first" in staff_client.post(screen(submission, "print"), follow=True).text
    page = staff_client.post(screen(submission, "print"), {"reason": "handover"}).text
    assert "Quercus Robur" in page
    assert "42 CFR part 2" not in page
    event = AuditEvent.objects.get(action="print")
    assert (event.submissions, event.reason) == ([submission.pk], "handover")
    Clinic.objects.update(is_part_2_program=True)
    assert "42 CFR part 2" in staff_client.post(screen(submission, "print"), {"reason": "handover"}).text


def test_a_row_that_does_not_open_is_told_on_every_screen_of_it(staff_client: Client) -> None:
    bad, good = damaged(), sent()
    for response in (
        staff_client.get(screen(bad)),
        staff_client.post(screen(bad, "print"), {"reason": "review"}, follow=True),
        staff_client.get(f"{QUEUE}{good.pk}/compare/{bad.pk}/"),
    ):
        assert response.status_code == 200
        assert "cannot be opened" in response.text


def table(response: Any) -> list[list[str]]:
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_a_table_holds_every_answer_and_no_formula(staff_client: Client) -> None:
    first, second = sent("Anna A", **{"treatments-notes": '=HYPERLINK("http://x.example")'}), sent("-1+1")
    chosen = {
        "_selected_action": [str(first.pk), str(second.pk)],
        "action": "export_csv",
        "reason": "handover",
    }
    rows = table(staff_client.post(QUEUE, chosen))
    cells = [cell for row in rows for cell in row]
    assert {first.reference, second.reference} <= set(cells)
    assert '\'=HYPERLINK("http://x.example")' in cells
    assert "'-1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert AuditEvent.objects.get(action="export").detail == "csv"


def test_a_table_names_what_could_not_be_opened(staff_client: Client) -> None:
    bad, good = damaged(), sent()
    chosen = {"_selected_action": [str(bad.pk), str(good.pk)], "action": "export_csv", "reason": "handover"}
    rows = table(staff_client.post(QUEUE, chosen))
    (left_out,) = [row for row in rows if row[2] == "Left out"]
    assert left_out[4].startswith(bad.reference)


@pytest.mark.parametrize(
    ("act", "typed"),
    [("export", {"reason": "handover"}), ("print", {"reason": "handover"}), ("", EXPORT_SELECTED)],
)
def test_nothing_leaves_the_desk_without_the_second_step_anew(
    staff_client: Client, staff: User, act: str, typed: dict[str, str]
) -> None:
    submission = sent()
    note_second_step(staff_client, staff, seconds_ago=60 * 60)
    address = screen(submission, act) if act else QUEUE
    response = staff_client.post(address, {**typed, "_selected_action": [str(submission.pk)]})
    assert response.status_code == 302
    assert "/confirm/" in response["Location"]
    assert not AuditEvent.objects.filter(action__in=["export", "print"]).exists()


def test_only_a_crisis_is_shown_as_one(staff_client: Client) -> None:
    calm, urgent = sent("Anna A"), sent("Berta B", **{"mood-self-harm": "LA6570-1", "risk-now": "yes"})
    assert "may be in danger</h2>" not in staff_client.get(screen(calm)).text
    assert "may be in danger</h2>" in staff_client.get(screen(urgent)).text

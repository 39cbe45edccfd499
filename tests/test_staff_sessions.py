"""A session ends when nobody is there, at the end of the day, and wherever its owner says so."""

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings as site
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.session_store import hash_of
from clinic_site.sessions import StaffSession
from intake import worker
from tests.catalogue import rows
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

DESK = "/admin/"
QUEUE = "/admin/intake/submission/"
SESSIONS = "/admin/sessions/"
LEFT = "/admin/sessions/left/"
HOUR = 60 * 60  # seconds
BACKGROUND = {"headers": {"X-Clinic-Background": "1"}}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime.datetime.now(tz=datetime.UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock: Any, staff: User) -> Client:
    """Signed in at the time where the clock stands."""
    client = Client()
    sign_in(client, staff)
    return client


def another(staff: User) -> Client:
    client = Client()
    sign_in(client, staff)
    return client


def is_in(client: Client) -> bool:
    return client.get(DESK).status_code == 200


def test_after_fifteen_minutes_without_use_one_signs_in_again(desk: Client, clock: Any) -> None:
    for _ in range(2):
        clock.shift(14 * 60)
        assert is_in(desk)
    clock.shift(15 * 60)
    assert not is_in(desk)


def test_who_was_signed_out_while_typing_is_told_and_comes_back_to_the_page(desk: Client, clock: Any) -> None:
    clock.shift(15 * 60 + 1)
    page = f"{QUEUE}fcfb8699-c52c-9acf-3d79-87c58508bc3e/change/"
    answer = desk.post(
        page.replace("change", "call"),
        {"outcome": "reached"},
        headers={"referer": f"http://testserver{page}"},
    )
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked["next"] == [page]
    shown = desk.get(answer["Location"]).text
    assert "it was not saved" in shown
    assert f'value="{page}"' in shown
    assert "it was not saved" not in desk.get(desk.get(page)["Location"]).text


def test_no_other_site_says_where_somebody_comes_back_to() -> None:
    answer = Client().post(QUEUE, headers={"referer": "http://elsewhere.example/admin/"})
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [QUEUE]


def test_a_member_of_staff_who_is_refused_finds_the_way_back_to_the_desk(desk: Client) -> None:
    assert 'href="/admin/">Review desk</a>' in desk.get(f"{QUEUE}nothing/change/").text
    assert "Review desk" not in desk.get("/nothing/").text


def test_twelve_hours_after_signing_in_it_is_over_whatever_was_done(
    desk: Client, clock: Any, settings: Any
) -> None:
    settings.SESSION_IDLE = 5 * HOUR
    assert is_in(desk)
    for _ in range(2):
        clock.shift(4 * HOUR)
        session = desk.session  # as a reveal does
        session["revealed"] = {"one": timezone.now().timestamp()}
        session.save()
        assert is_in(desk)
    clock.shift(4 * HOUR - 1)
    assert is_in(desk)
    clock.shift(1)
    assert not is_in(desk)


def test_signing_in_again_begins_a_new_day(desk: Client, staff: User, clock: Any) -> None:
    clock.shift(10 * 60)
    sign_in(desk, staff)
    (session,) = StaffSession.objects.living()
    assert session.started_at.timestamp() == pytest.approx(timezone.now().timestamp(), abs=1)


def test_a_script_that_asks_how_long_is_left_keeps_nobody_signed_in(desk: Client, clock: Any) -> None:
    assert desk.get(LEFT, **BACKGROUND).json()["seconds"] == site.SESSION_IDLE
    clock.shift(14 * 60)
    assert desk.get(LEFT, **BACKGROUND).json()["seconds"] == 60
    assert desk.post(f"{SESSIONS}stay/").json()["seconds"] == site.SESSION_IDLE
    assert desk.get(LEFT, **BACKGROUND).json()["seconds"] == site.SESSION_IDLE
    clock.shift(15 * 60)
    assert desk.get(LEFT, **BACKGROUND).json() == {"seconds": 0}


def test_the_database_never_holds_what_a_browser_sends(desk: Client) -> None:
    key = desk.cookies[site.SESSION_COOKIE_NAME].value
    (row,) = rows("SELECT session_key, to_jsonb(s)::text FROM clinic_site_staffsession s")
    assert row[0] == hash_of(key)
    assert key not in row[1]


def test_the_hash_from_a_stolen_table_signs_nobody_in(desk: Client) -> None:
    (session,) = StaffSession.objects.all()
    thief = Client()
    thief.cookies[site.SESSION_COOKIE_NAME] = session.session_key
    assert not is_in(thief)


def test_who_signs_out_leaves_no_session_behind(desk: Client) -> None:
    key = desk.cookies[site.SESSION_COOKIE_NAME].value
    desk.post("/admin/logout/")
    assert not StaffSession.objects.filter(account__isnull=False).exists()
    desk.cookies[site.SESSION_COOKIE_NAME] = key
    assert not is_in(desk)


def test_the_owner_sees_where_they_are_signed_in_and_ends_one_of_them(
    staff_client: Client, staff: User
) -> None:
    stolen, third = another(staff), another(staff)
    page = staff_client.get(SESSIONS)
    assert page.text.count("End the session of") == 2
    assert "now, in this browser" in page.text
    which = hash_of(stolen.cookies[site.SESSION_COOKIE_NAME].value)
    staff_client.post(f"{SESSIONS}end/", {"session": which})
    assert [is_in(client) for client in (staff_client, stolen, third)] == [True, False, True]
    event = AuditEvent.objects.filter(action="account").latest("pk")
    assert (event.account, event.detail) == ("nurse", f"sessions ended user_{staff.pk}")


def test_the_owner_ends_all_others_at_once(staff_client: Client, staff: User) -> None:
    others = [another(staff), another(staff)]
    staff_client.post(f"{SESSIONS}end/")
    assert is_in(staff_client)
    assert not any(map(is_in, others))


def test_nobody_ends_or_sees_the_session_of_a_colleague(staff_client: Client) -> None:
    colleague = another(User.objects.create_user("test-colleague", is_staff=True))
    which = hash_of(colleague.cookies[site.SESSION_COOKIE_NAME].value)
    assert which not in staff_client.get(SESSIONS).text
    staff_client.post(f"{SESSIONS}end/", {"session": which})
    assert is_in(colleague)


def test_a_new_password_ends_every_session_but_the_one_that_set_it(staff_client: Client, staff: User) -> None:
    other = another(staff)
    fields = {"old_password": "a long enough password"}
    fields |= dict.fromkeys(("new_password1", "new_password2"), "seven wet herons on a fence")
    assert staff_client.post("/admin/password_change/", fields).status_code == 302
    assert is_in(staff_client)
    assert not is_in(other)
    assert StaffSession.objects.filter(account=staff.pk).count() == 1


def test_a_session_of_an_account_that_was_disabled_on_the_server_ends_for_good(
    staff_client: Client, staff: User
) -> None:
    User.objects.update(is_active=False)
    assert not is_in(staff_client)
    User.objects.update(is_active=True)
    assert not is_in(staff_client)


def test_the_worker_deletes_what_has_expired_and_can_see_no_session(desk: Client, clock: Any) -> None:
    from clinic_site.roles import Role
    from tests.serving_roles import acting_as

    clock.shift(15 * 60)
    living = another(User.objects.create_user("test-colleague", is_staff=True))
    with acting_as(Role.WORKER):
        worker.delete_what_has_expired()
    assert StaffSession.objects.count() == 1
    assert is_in(living)
    may = "SELECT has_column_privilege('web_worker', 'clinic_site_staffsession', %s, 'SELECT')"
    assert [rows(may, name)[0][0] for name in ("expire_date", "session_key", "account")] == [
        True,
        False,
        False,
    ]

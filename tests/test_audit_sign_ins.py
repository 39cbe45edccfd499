"""Sign-ins in the audit trail: who came, who went, who did not get in; never what was typed in the wrong box."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from clinic_site.audit import Action, AuditEvent
from tests.signing_in import code_of

pytestmark = pytest.mark.django_db

LOGIN, SET_UP = "/admin/login/", "/admin/login/set-up/"
PASSWORD = "a long enough password"


@pytest.fixture
def nurse() -> User:
    return User.objects.create_user("nurse", password=PASSWORD, is_staff=True)


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    """The password alone: with it nobody is in yet."""
    return client.post(LOGIN, {"username": name, "password": password}).status_code


def set_up_app(client: Client) -> int:
    seed = client.get(SET_UP).context["seed"]
    return client.post(SET_UP, {"code": code_of(seed)}).status_code


def trail() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.oldest_first().values_list("action", "account"))


@pytest.mark.usefixtures("nurse")
def test_coming_and_going_is_written_down(client: Client) -> None:
    assert sign_in(client, "nurse") == 302
    assert trail() == []
    assert set_up_app(client) == 302
    client.post("/admin/logout/")
    assert trail() == [(Action.ACCOUNT, "nurse"), (Action.LOGIN, "nurse"), (Action.LOGOUT, "nurse")]


def test_signing_out_without_being_signed_in_is_not_an_event(client: Client) -> None:
    client.post("/admin/logout/")
    assert trail() == []


@pytest.mark.usefixtures("nurse")
def test_a_wrong_password_is_written_down_with_the_account(client: Client) -> None:
    assert sign_in(client, "nurse", "something else") == 200
    assert trail() == [(Action.LOGIN_FAILED, "nurse")]


@pytest.mark.usefixtures("nurse")
@pytest.mark.parametrize("typed", [PASSWORD, "Nurse", "nurse@clinic.example", "n" * 150, "nurse'; --"])
def test_a_name_that_is_no_accounts_may_be_a_password_and_is_not_kept(client: Client, typed: str) -> None:
    assert sign_in(client, typed) == 200
    assert trail() == [(Action.LOGIN_FAILED, "")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(event::text, '') FROM clinic_site_auditevent AS event")
        assert typed not in cursor.fetchone()[0]


@pytest.mark.usefixtures("nurse")
def test_nobody_gets_in_where_the_trail_cannot_be_written(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_site_auditevent ADD CONSTRAINT shut CHECK (action <> 'login')")
    client.raise_request_exception = False
    assert sign_in(client, "nurse") == 302
    assert set_up_app(client) == 500
    assert client.get("/admin/").status_code == 302

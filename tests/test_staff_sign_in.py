"""Nobody gets in with a password alone, by guessing, or with what somebody else used; whoever belongs gets in."""

import itertools
import time
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.urls import urlpatterns as urls_of_the_library
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver

from clinic_site import audit
from clinic_site.accounts import guessing, second_step, second_step_keys
from clinic_site.audit import AuditEvent
from clinic_site.sessions import StaffSession
from clinic_site.staff_access import SECOND_STEP
from tests.signing_in import code_of, note_second_step, sign_in
from tests.test_every_look_is_written_down import filled, paths
from tests.test_export_from_admin import sent
from tests.test_who_reaches_which_admin_address import FOR_EVERYBODY, is_let_in

pytestmark = pytest.mark.django_db

PASSWORD = "seven wet herons"
LOGIN, SECOND, SET_UP = "/admin/login/", "/admin/login/second-step/", "/admin/login/set-up/"
DESK = "/admin/"
NONSENSE = ("", "000000", "abc", "１２３４５６", "9" * 10_000, "\0", "-1", "null")


@pytest.fixture
def nurse() -> User:
    return User.objects.create_superuser("nurse", password=PASSWORD)


@pytest.fixture
def seed(nurse: User) -> str:
    """In the nurse's authenticator app."""
    seed = second_step.generate_totp_secret()
    Authenticator.objects.create(user=nurse, type=second_step.APP, data={"secret": second_step.encrypt(seed)})
    return seed


def knows_password(client: Client, name: str = "nurse", password: str = PASSWORD, **where: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **where)


def is_in(client: Client) -> bool:
    return bool(client.get(DESK).status_code == 200)


def details(action: str = "login_failed") -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(action=action).oldest_first()
    return list(found.values_list("account", "detail"))


# The password alone


@pytest.mark.parametrize("has_app", [True, False])
def test_a_session_with_a_password_only_reaches_no_address_of_the_admin(
    nurse: User, request: pytest.FixtureRequest, has_app: bool
) -> None:
    if has_app:
        request.getfixturevalue("seed")
    submission, client = sent(), Client(raise_request_exception=False)
    knows_password(client)
    addresses = {path for path in paths(get_resolver().url_patterns, "/") if path.startswith("/admin/")}
    reached = set()
    for address in sorted(addresses - {"/admin/login/anew/"}):
        if is_let_in(client, filled(address, submission)):
            reached.add(address)
    own = {SECOND} if has_app else {SET_UP, f"{SET_UP}picture.svg"}
    assert reached - own == FOR_EVERYBODY  # which show nothing of the clinic
    assert client.get(SECOND if has_app else SET_UP).status_code == 200, "it was still half way"


def test_whatever_else_signs_an_account_in_makes_it_nobody(nurse: User) -> None:
    client = Client()
    client.force_login(nurse)  # Django's own login, as a page of the library would call it
    assert not is_in(client)
    assert not StaffSession.objects.filter(account=nurse.pk).exists(), "it was ended"


def test_the_second_step_of_somebody_else_does_not_count(nurse: User) -> None:
    other = User.objects.create_user("test-other", password=PASSWORD, is_staff=True)
    client = Client()
    client.force_login(nurse)
    note_second_step(client, other)
    assert not is_in(client)


def test_no_page_of_the_library_is_served(nurse: User, seed: str) -> None:
    """Sign-in, sign-up, reset, reauthentication and all others, under every name they usually have."""
    client = Client(raise_request_exception=False)
    knows_password(client)
    tried = sorted(set(paths(urls_of_the_library, "")))
    assert len(tried) > 20
    for path in tried:
        filled_in = path.replace("<int:pk>", "1")
        for prefix in ("/", "/accounts/", "/admin/", "/admin/accounts/", "/_allauth/"):
            if (address := f"{prefix}{filled_in}") in (LOGIN, "/admin/logout/"):
                continue  # those are ours
            for response in (client.get(address), client.post(address, {"password": PASSWORD})):
                assert response.status_code in (301, 302, 404), address
                if response.status_code != 404:
                    assert response["Location"].startswith((LOGIN, f"{address}/")), address
    assert not is_in(client)


def test_there_is_no_page_of_seeds_in_the_admin(nurse: User, seed: str, client: Client) -> None:
    sign_in(client, nurse)
    for model in ("mfa/authenticator", "account/emailaddress"):
        assert client.get(f"{DESK}{model}/").status_code == 404


def test_the_password_is_forgotten_after_ten_minutes_and_when_it_changes(
    nurse: User, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, late = Client(), Client()
    knows_password(client)
    User.objects.get().set_password("eight wet herons")
    changed = User.objects.get()
    changed.set_password("eight wet herons")
    changed.save()
    assert client.post(SECOND, {"code": code_of(seed)})["Location"] == LOGIN
    knows_password(late, password="eight wet herons")
    now = time.time()
    monkeypatch.setattr("clinic_site.accounts.sign_in.time.time", lambda: now + 601)
    assert late.post(SECOND, {"code": code_of(seed)})["Location"] == LOGIN


def test_the_second_step_leads_where_one_wanted_to_go_and_nowhere_else(nurse: User, seed: str) -> None:
    client, elsewhere = Client(), Client()
    for visitor, onward in ((client, "/admin/auth/user/"), (elsewhere, "https://evil.example/")):
        visitor.post(LOGIN, {"username": "nurse", "password": PASSWORD, "next": onward})
    assert client.post(SECOND, {"code": code_of(seed)})["Location"] == "/admin/auth/user/"
    assert elsewhere.post(SECOND, {"code": code_of(seed, steps_later=1)})["Location"] == DESK


# Codes


def test_a_code_works_once(nurse: User, seed: str) -> None:
    first, shoulder_surfer = Client(), Client()
    code = code_of(seed)
    knows_password(first)
    first.post(SECOND, {"code": code})
    assert is_in(first)
    knows_password(shoulder_surfer)
    assert shoulder_surfer.post(SECOND, {"code": code}).status_code == 200
    assert not is_in(shoulder_surfer)
    assert details() == [("nurse", "code")]


def test_a_recovery_code_works_once(nurse: User, seed: str) -> None:
    second_step.make_recovery_codes(nurse)
    code = second_step.recovery_codes_left(nurse)[3]
    for expected in (True, False):
        client = Client()
        knows_password(client)
        client.post(SECOND, {"code": f"{code[:4]} {code[4:]}"})
        assert is_in(client) is expected
    assert len(second_step.recovery_codes_left(nurse)) == 9
    assert details("login") == [("nurse", "recovery_code")]


@pytest.mark.parametrize("page", [SECOND, SET_UP, "/admin/login/passkey/"])
def test_nonsense_is_no_code_and_no_passkey(nurse: User, request: pytest.FixtureRequest, page: str) -> None:
    if page == SECOND:
        request.getfixturevalue("seed")
    client = Client()
    knows_password(client)
    for field, nonsense in itertools.product(("code", "passkey"), NONSENSE):
        assert client.post(page, {field: nonsense}).status_code in (200, 302, 429)
    for odd in (
        "{}",
        "[]",
        '{"id": 1}',
        '{"response": []}',
        '{"response": {"userHandle": "MQ"}}',
        "1",
        '"x"',
    ):
        assert client.post(page, {"passkey": odd}).status_code in (200, 302, 429)
    assert not is_in(client)


def test_seeds_rest_encrypted_and_open_with_a_former_key(nurse: User, seed: str, settings: Any) -> None:
    stored = str(Authenticator.objects.get().data)
    assert seed not in stored
    old, new = (
        second_step_keys.Fernet.generate_key().decode(),
        second_step_keys.Fernet.generate_key().decode(),
    )
    settings.SIGN_IN_KEYS = [old]
    kept = second_step.encrypt("a seed")
    settings.SIGN_IN_KEYS = [new, old]
    assert second_step.decrypt(kept) == "a seed"
    settings.SIGN_IN_KEYS = [new]
    with pytest.raises(ImproperlyConfigured, match="put the former one behind the newest"):
        second_step.decrypt(kept)


def test_the_seed_of_an_app_that_is_being_set_up_rests_encrypted_too(nurse: User, client: Client) -> None:
    knows_password(client)
    shown = client.get(SET_UP).context["seed"].replace(" ", "")
    picture = client.get(f"{SET_UP}picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert shown not in str(dict(client.session))
    assert Client().get(f"{SET_UP}picture.svg").status_code == 404


# Guessing


def test_guessing_is_slowed_and_logged_and_a_colleague_on_the_same_network_gets_in(
    nurse: User, seed: str
) -> None:
    here, elsewhere = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}
    for number in range(guessing.PASSWORDS):
        assert knows_password(Client(), password=f"guess {number}", **here).status_code == 200
    for _ in range(5):
        refused = knows_password(Client(), password=PASSWORD, **here)
        assert refused.status_code == 429, "even with the right one"
        assert "Nobody is locked out" in refused.text
    assert details() == [("nurse", "")] * guessing.PASSWORDS + [("nurse", "refused")]

    User.objects.create_user("test-colleague", password=PASSWORD, is_staff=True)
    assert knows_password(Client(), "test-colleague", **here).status_code == 302
    assert knows_password(Client(), **elsewhere).status_code == 302, "no account is locked by its name"


def test_codes_are_not_guessed_either_and_a_right_one_begins_anew(nurse: User, seed: str) -> None:
    client = Client()
    knows_password(client)
    for _ in range(guessing.CODES - 1):
        assert client.post(SECOND, {"code": "0"}).status_code == 200
    client.post(SECOND, {"code": code_of(seed)})
    assert is_in(client)
    again = Client()
    knows_password(again)
    for _ in range(guessing.CODES):
        assert again.post(SECOND, {"code": "0"}).status_code == 200
    assert again.post(SECOND, {"code": code_of(seed, steps_later=1)}).status_code == 429
    assert not is_in(again)


# Sessions


def test_a_session_that_somebody_prepared_is_worth_nothing(nurse: User, seed: str) -> None:
    client = Client()
    knows_password(client)
    planted = client.cookies["sessionid"].value
    client.post(SECOND, {"code": code_of(seed)})
    assert is_in(client)
    assert client.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert not is_in(attacker)

    victim = Client()
    victim.cookies["sessionid"] = "chosenbytheattacker0123456789abcd"
    knows_password(victim)
    assert victim.cookies["sessionid"].value != "chosenbytheattacker0123456789abcd"


def test_a_cookie_is_worth_nothing_after_signing_out(nurse: User, client: Client) -> None:
    sign_in(client, nurse)
    kept = client.cookies["sessionid"].value
    client.post("/admin/logout/")
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not is_in(thief)


# Once more, before something that a page left open must not allow


def test_what_needs_it_asks_again_after_five_minutes(nurse: User, seed: str) -> None:
    client = Client()
    sign_in(client, nurse)
    assert client.get("/admin/second-step/add/").status_code == 200
    note_second_step(client, nurse, seconds_ago=301)
    asked = client.get("/admin/second-step/add/")
    assert unquote(asked["Location"]) == "/admin/confirm/?next=/admin/second-step/add/"
    assert is_in(client), "everything else goes on"
    wrong = client.post("/admin/confirm/", {"code": "1", "next": "/admin/second-step/add/"})
    assert "That did not fit" in wrong.text
    right = client.post("/admin/confirm/", {"code": code_of(seed), "next": "/admin/second-step/add/"})
    assert right["Location"] == "/admin/second-step/add/"
    assert client.get("/admin/second-step/add/").status_code == 200
    assert details("login")[-1] == ("nurse", "confirmed code")


def test_a_form_leads_back_to_the_page_it_stood_on(nurse: User) -> None:
    client = Client()
    sign_in(client, nurse)
    note_second_step(client, nurse, seconds_ago=301)
    for referer, back in (("http://testserver/admin/second-step/?a=1", "/admin/second-step/?a=1"),
                          ("https://evil.example/", "/admin/second-step/codes/new/")):  # fmt: skip
        asked = client.post("/admin/second-step/codes/new/", headers={"Referer": referer})
        assert unquote(asked["Location"]) == f"/admin/confirm/?next={back}&unsent=1"


def test_whoever_sent_a_form_too_late_is_told_to_send_it_again(nurse: User, seed: str) -> None:
    client, page = Client(), "/admin/second-step/"
    sign_in(client, nurse)
    note_second_step(client, nurse, seconds_ago=301)
    asked = client.post(f"{page}codes/new/", headers={"Referer": f"http://testserver{page}"})
    shown = client.get(asked["Location"])
    assert "is not kept" in shown.text
    assert 'action="/admin/confirm/?unsent=1"' in shown.text
    back = client.post("/admin/confirm/?unsent=1", {"code": code_of(seed), "next": page}, follow=True)
    assert back.redirect_chain == [(page, 302)]
    assert "Nothing was done yet" in back.text
    assert "is not kept" not in client.get(f"/admin/confirm/?next={page}").text


def test_nobody_removes_the_last_step_or_that_of_another(nurse: User, seed: str, client: Client) -> None:
    other = User.objects.create_user("test-other", password=PASSWORD, is_staff=True)
    sign_in(client, nurse)
    step = Authenticator.objects.get(user=nurse)
    client.post(f"/admin/second-step/{step.pk}/remove/")
    assert Authenticator.objects.filter(pk=step.pk).exists()
    sign_in(stranger := Client(), other)
    assert stranger.post(f"/admin/second-step/{step.pk}/remove/").status_code == 404


# A lost phone


def test_nobody_resets_their_own_and_a_reason_is_needed(nurse: User, seed: str, client: Client) -> None:
    clinician = User.objects.create_user("test-clinician", password=PASSWORD, is_staff=True)
    sign_in(client, nurse)
    assert client.post(f"/admin/auth/user/{nurse.pk}/second-step/", {"why": "lost"}).status_code == 403
    Authenticator.objects.create(user=clinician, type=second_step.APP, data={"secret": "x"})
    address = f"/admin/auth/user/{clinician.pk}/second-step/"
    assert "Choose a reason" in client.post(address, {"why": "because"}).text
    assert Authenticator.objects.filter(user=clinician).exists()
    sign_in(unfit := Client(), clinician)
    assert unfit.post(f"/admin/auth/user/{nurse.pk}/second-step/", {"why": "lost"}).status_code == 403
    assert Authenticator.objects.filter(user=nurse).exists()


def test_the_last_administrator_is_let_in_from_the_server(nurse: User, seed: str, client: Client) -> None:
    sign_in(client, nurse)
    call_command("reset_second_step", "nurse", "--why=lost", verbosity=0)
    assert not is_in(client)
    assert not Authenticator.objects.exists()
    assert details("account") == [(audit.shell_account(), f"second_step reset lost user_{nurse.pk}")]
    with pytest.raises(CommandError, match="No account has that name"):
        call_command("reset_second_step", "nobody", "--why=lost")


# The demonstration


def test_only_a_demonstration_lets_a_password_alone_in_and_says_so_on_every_page(
    nurse: User, settings: Any, client: Client
) -> None:
    settings.DEMO = True
    assert knows_password(client)["Location"] == DESK
    assert SECOND_STEP not in client.session
    for address in (DESK, "/admin/auth/user/", "/admin/second-step/"):
        assert "without a second step (CLINIC_DEMO=1)" in client.get(address).text
    assert [problem.id for problem in second_step_keys.no_demonstration()] == ["clinic_site.E053"]
    settings.DEMO = False
    assert not is_in(client)


def test_who_is_not_signed_in_is_nobody() -> None:
    assert isinstance(Client().get(LOGIN).wsgi_request.user, AnonymousUser)

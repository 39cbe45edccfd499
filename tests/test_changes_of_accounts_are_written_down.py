"""Who makes, changes or disables an account stands in the audit trail before it is done; what was refused, after."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from clinic_site import audit
from clinic_site.accounts.groups import ADMINISTRATOR, CLINICIAN, FRONT_DESK
from clinic_site.audit import AuditEvent
from tests.signing_in import sign_in
from tests.test_staff_edit_clinic_facts import posted_by

pytestmark = pytest.mark.django_db

ACCOUNTS = "/admin/auth/user/"
PASSWORD = "a long enough password"
NEW = {
    "username": "test-new",
    "first_name": "Test",
    "last_name": "New",
    "email": "test-new@clinic.example",
}


def group(name: str) -> int:
    return int(Group.objects.get(name=name).pk)


@pytest.fixture
def clerk(db: None) -> User:
    return User.objects.create_user("test-clerk", password=PASSWORD, is_staff=True, email="c@clinic.example")


@pytest.fixture
def administrator(db: None) -> User:
    user = User.objects.create_user("test-admin", password=PASSWORD, is_staff=True)
    user.groups.set([group(ADMINISTRATOR)])
    return user


@pytest.fixture
def office(client: Client, administrator: User) -> Client:
    """An administrator, signed in; no superuser."""
    sign_in(client, administrator)
    return client


def written() -> list[str]:
    return list(AuditEvent.objects.filter(action="account").order_by("id").values_list("detail", flat=True))


def save(client: Client, account: User, **changes: Any) -> Any:
    """Open the page of an account, change some fields, press Save."""
    address = f"{ACCOUNTS}{account.pk}/change/"
    fields = posted_by(client.get(address).context["adminform"].form)
    groups = list(account.groups.values_list("pk", flat=True))
    return client.post(address, fields | {"groups": groups} | changes)


def test_making_an_account(office: Client) -> None:
    response = office.post(f"{ACCOUNTS}add/", NEW | {"groups": [group(FRONT_DESK)]})
    account = User.objects.get(username="test-new")
    assert response["Location"] == f"{ACCOUNTS}{account.pk}/change/"
    assert (account.is_staff, account.is_superuser, account.has_usable_password()) == (True, False, False)
    number = f"user_{account.pk}"
    assert written() == ["made", f"given front_desk {number}", f"invited {number}"]


def test_changing_an_account(office: Client, clerk: User) -> None:
    assert save(office, clerk, first_name="Petra").status_code == 302
    clerk.refresh_from_db()
    assert clerk.first_name == "Petra"
    assert written() == [f"changed user_{clerk.pk}"]


def test_putting_an_account_into_a_group_and_out_of_one(office: Client, clerk: User) -> None:
    clerk.groups.set([group(FRONT_DESK)])
    save(office, clerk, groups=[group(CLINICIAN)])
    assert [one.name for one in clerk.groups.all()] == [CLINICIAN]
    number = f"user_{clerk.pk}"
    assert written() == [f"rights {number}", f"given clinician {number}", f"taken front_desk {number}"]


def test_an_administrator_who_gives_himself_the_answers_is_named_with_it(
    office: Client, administrator: User
) -> None:
    save(office, administrator, groups=[group(ADMINISTRATOR), group(CLINICIAN)])
    event = AuditEvent.objects.filter(action="account").latest("pk")
    assert (event.account, event.detail) == ("test-admin", f"given clinician user_{administrator.pk}")


def test_setting_ones_own_password(office: Client, administrator: User) -> None:
    own = {
        "old_password": "not this one",
        "new_password1": "seven wet herons",
        "new_password2": "seven wet herons",
    }
    assert office.post("/admin/password_change/", own).status_code == 200
    assert office.post("/admin/password_change/", own | {"old_password": PASSWORD}).status_code == 302
    administrator.refresh_from_db()
    assert administrator.check_password("seven wet herons")
    word = f"password user_{administrator.pk}"
    assert written() == [word, f"password refused user_{administrator.pk}", word]


def test_what_is_refused_does_not_stand_as_done(office: Client, administrator: User, clerk: User) -> None:
    assert save(office, clerk, email="no address").status_code == 200
    assert written() == [f"changed user_{clerk.pk}", f"changed refused user_{clerk.pk}"]
    page = save(office, administrator, groups=[])
    assert "Nobody else could let people in" in page.text
    assert written()[-1] == f"changed refused user_{administrator.pk}"
    assert list(administrator.groups.values_list("name", flat=True)) == [ADMINISTRATOR]


def test_a_user_name_stays_what_it_was(office: Client, clerk: User) -> None:
    save(office, clerk, username="test-other", first_name="Petra")
    clerk.refresh_from_db()
    assert (clerk.username, clerk.first_name) == ("test-clerk", "Petra")


@pytest.mark.parametrize("name", ["test-clerk", "TEST-CLERK"])
def test_a_user_name_is_given_once(office: Client, clerk: User, name: str) -> None:
    page = office.post(f"{ACCOUNTS}add/", NEW | {"username": name})
    assert "Somebody has or had this user name" in page.text
    assert written() == []


def test_nothing_but_groups_gives_rights(office: Client, clerk: User) -> None:
    save(office, clerk, is_superuser="on", user_permissions=["1"], is_staff="", first_name="Petra")
    clerk.refresh_from_db()
    assert (clerk.is_superuser, clerk.is_staff, clerk.user_permissions.count()) == (False, True, 0)


def test_an_administrator_does_not_touch_a_superuser(office: Client, staff: User) -> None:
    for page in ("change", "invite", "disable"):
        assert office.post(f"{ACCOUNTS}{staff.pk}/{page}/", {"first_name": "Mallory"}).status_code == 403
    staff.refresh_from_db()
    assert (staff.first_name, staff.is_active, staff.has_usable_password()) == ("", True, True)
    assert written() == []


def test_nobody_deletes_an_account_sets_anothers_password_or_changes_a_group(
    staff_client: Client, clerk: User
) -> None:
    """Not even a superuser."""
    assert staff_client.post(f"{ACCOUNTS}{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    ticked = {"action": "delete_selected", "_selected_action": [str(clerk.pk)], "post": "yes"}
    staff_client.post(ACCOUNTS, ticked)
    staff_client.post(f"{ACCOUNTS}{clerk.pk}/password/", {"password1": "seven wet herons"})
    assert staff_client.get("/admin/auth/group/").status_code == 404
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def test_looking_leaves_no_mark(office: Client, clerk: User) -> None:
    for page in ("change", "invite", "disable", "history"):
        assert office.get(f"{ACCOUNTS}{clerk.pk}/{page}/").status_code == 200
    assert office.get(f"{ACCOUNTS}add/").status_code == 200
    assert written() == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("add/", NEW),
        ("{clerk}/change/", {"first_name": "Petra", "groups": ["1"]}),
        ("{clerk}/invite/", {}),
        ("{clerk}/disable/", {}),
    ],
)
def test_what_cannot_be_written_down_is_not_done(
    administrator: User, clerk: User, monkeypatch: pytest.MonkeyPatch, path: str, fields: dict[str, Any]
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the trail cannot be written")

    def stored() -> list[Any]:
        return list(
            User.objects.order_by("pk").values_list("pk", "password", "first_name", "is_active", "groups")
        )

    client = Client(raise_request_exception=False)
    sign_in(client, administrator)
    before = stored()
    monkeypatch.setattr(audit, "write", fail)
    assert client.post(f"{ACCOUNTS}{path.format(clerk=clerk.pk)}", fields).status_code == 500
    assert stored() == before

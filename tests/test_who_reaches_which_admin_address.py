"""Every address of the admin against every group of staff, as one table. A new address must be entered here."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import get_resolver

from clinic_site import audit
from clinic_site.accounts.groups import ADMINISTRATOR, CLINICIAN, FRONT_DESK, GROUPS, PRIVACY_OFFICER
from intake.models import Submission, TranslationReview
from tests.signing_in import sign_in
from tests.test_every_look_is_written_down import filled, paths
from tests.test_export_from_admin import sent

pytestmark = pytest.mark.django_db

# Who is let in: F front desk, C clinician, P privacy officer, A administrator, S staff in no group, - nobody of them.
LETTERS = {"F": FRONT_DESK, "C": CLINICIAN, "P": PRIVACY_OFFICER, "A": ADMINISTRATOR, "S": ""}
TABLE = """
/admin/                                                             FCPAS
/admin/<url>                                                        FCPAS
/admin/auth/                                                        A
/admin/auth/user/                                                   A
/admin/auth/user/<int:pk>/disable/                                  A
/admin/auth/user/<int:pk>/invite/                                   A
/admin/auth/user/<int:pk>/second-step/                              A
/admin/auth/user/<path:object_id>/                                  FCPAS
/admin/auth/user/<path:object_id>/change/                           A
/admin/auth/user/<path:object_id>/delete/                           -
/admin/auth/user/<path:object_id>/history/                          A
/admin/auth/user/add/                                               A
/admin/autocomplete/                                                -
/admin/clinic_site/                                                 PA
/admin/clinic_site/auditevent/                                      P
/admin/clinic_site/auditevent/<path:object_id>/                     FCPAS
/admin/clinic_site/auditevent/<path:object_id>/change/              P
/admin/clinic_site/auditevent/<path:object_id>/delete/              -
/admin/clinic_site/auditevent/<path:object_id>/history/             P
/admin/clinic_site/auditevent/add/                                  -
/admin/clinic_site/auditevent/report/                               P
/admin/clinic_site/clinic/                                          A
/admin/clinic_site/clinic/<path:object_id>/                         FCPAS
/admin/clinic_site/clinic/<path:object_id>/change/                  A
/admin/clinic_site/clinic/<path:object_id>/delete/                  -
/admin/clinic_site/clinic/<path:object_id>/history/                 A
/admin/clinic_site/clinic/add/                                      -
/admin/clinic_site/noticeversion/                                   PA
/admin/clinic_site/noticeversion/<int:pk>/approve/                  P
/admin/clinic_site/noticeversion/<path:object_id>/                  FCPAS
/admin/clinic_site/noticeversion/<path:object_id>/change/           PA
/admin/clinic_site/noticeversion/<path:object_id>/delete/           -
/admin/clinic_site/noticeversion/<path:object_id>/history/          PA
/admin/clinic_site/noticeversion/add/                               -
/admin/confirm/                                                     FCPAS
/admin/desk/exports/                                                P
/admin/desk/exports/<uuid:export_id>/                               -
/admin/desk/numbers/                                                FCPA
/admin/desk/retention/                                              P
/admin/desk/submissions/<uuid:object_id>/acknowledge/               FC
/admin/desk/submissions/<uuid:object_id>/delete/                    P
/admin/desk/submissions/<uuid:object_id>/hold/                      P
/admin/first-run/                                                   A
/admin/intake/                                                      FCP
/admin/intake/questionnaireversion/                                 C
/admin/intake/questionnaireversion/<int:pk>/preview/                C
/admin/intake/questionnaireversion/<int:pk>/publish/                C
/admin/intake/questionnaireversion/<int:pk>/questionnaire/          C
/admin/intake/questionnaireversion/<int:pk>/retire/                 C
/admin/intake/questionnaireversion/<int:pk>/rules/                  C
/admin/intake/questionnaireversion/<int:pk>/try/                    C
/admin/intake/questionnaireversion/<path:object_id>/                FCPAS
/admin/intake/questionnaireversion/<path:object_id>/change/         C
/admin/intake/questionnaireversion/<path:object_id>/delete/         -
/admin/intake/questionnaireversion/<path:object_id>/history/        C
/admin/intake/questionnaireversion/add/                             C
/admin/intake/submission/                                           FCP
/admin/intake/submission/<path:object_id>/                          FCPAS
/admin/intake/submission/<path:object_id>/change/                   FCP
/admin/intake/submission/<path:object_id>/delete/                   -
/admin/intake/submission/<path:object_id>/history/                  P
/admin/intake/submission/<uuid:object_id>/call/                     FC
/admin/intake/submission/<uuid:object_id>/compare/<uuid:other_id>/  C
/admin/intake/submission/<uuid:object_id>/export/                   P
/admin/intake/submission/<uuid:object_id>/print/                    C
/admin/intake/submission/<uuid:object_id>/reveal/                   FC
/admin/intake/submission/<uuid:object_id>/taken/                    FC
/admin/intake/submission/add/                                       -
/admin/intake/submission/find/                                      FCP
/admin/intake/submission/typed-in/                                  FC
/admin/intake/translationreview/                                    C
/admin/intake/translationreview/<path:object_id>/                   FCPAS
/admin/intake/translationreview/<path:object_id>/change/            C
/admin/intake/translationreview/<path:object_id>/delete/            -
/admin/intake/translationreview/<path:object_id>/history/           C
/admin/intake/translationreview/add/                                C
/admin/jsi18n/                                                      FCPAS
/admin/login/                                                       FCPAS
/admin/login/anew/                                                  -
/admin/login/passkey/                                               FCPAS
/admin/login/second-step/                                           -
/admin/login/set-up/                                                -
/admin/login/set-up/picture.svg                                     -
/admin/logout/                                                      -
/admin/password_change/                                             FCPAS
/admin/password_change/done/                                        FCPAS
/admin/r/<path:content_type_id>/<path:object_id>/                   -
/admin/second-step/                                                 FCPAS
/admin/second-step/<int:pk>/remove/                                 -
/admin/second-step/add/                                             FCPAS
/admin/second-step/codes/                                           FCPAS
/admin/second-step/codes/new/                                       FCPAS
/admin/sessions/                                                    FCPAS
/admin/sessions/end/                                                FCPAS
/admin/sessions/left/                                               FCPAS
/admin/sessions/stay/                                               FCPAS
/admin/treatments/                                                  C
/admin/treatments/article/                                          C
/admin/treatments/article/<int:pk>/draft-link/                      C
/admin/treatments/article/<int:pk>/go-back/<int:version>/           C
/admin/treatments/article/<path:object_id>/                         FCPAS
/admin/treatments/article/<path:object_id>/change/                  C
/admin/treatments/article/<path:object_id>/delete/                  -
/admin/treatments/article/<path:object_id>/history/                 C
/admin/treatments/article/add/                                      C
/admin/treatments/article/preview/                                  C
/admin/treatments/condition/                                        C
/admin/treatments/condition/<path:object_id>/                       FCPAS
/admin/treatments/condition/<path:object_id>/change/                C
/admin/treatments/condition/<path:object_id>/delete/                C
/admin/treatments/condition/<path:object_id>/history/               C
/admin/treatments/condition/add/                                    C
/admin/treatments/source/                                           C
/admin/treatments/source/<path:object_id>/                          FCPAS
/admin/treatments/source/<path:object_id>/change/                   C
/admin/treatments/source/<path:object_id>/delete/                   C
/admin/treatments/source/<path:object_id>/history/                  C
/admin/treatments/source/add/                                       C
"""
FOR_EVERYBODY = {
    "/admin/login/",
    "/admin/login/passkey/",
    "/admin/logout/",
    "/admin/sessions/left/",
}  # the last says "nobody"


def table() -> dict[str, str]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    return {address: letters.replace("-", "") for address, letters in lines}


def addresses() -> list[str]:
    return sorted({path for path in paths(get_resolver().url_patterns, "/") if path.startswith("/admin/")})


@pytest.fixture
def submission(db: None) -> Submission:
    """And one of everything that an address can be about."""
    User.objects.create_user("test-somebody", is_staff=True)
    audit.write(audit.Action.LIST, by="test-somebody")
    TranslationReview.objects.create(language="es", reviewed_by="Test Reader", reviewed_on="2026-01-01")
    return sent()


def member(group: str) -> Client:
    user = User.objects.create_user(
        f"test-{len(User.objects.all())}", password="seven wet herons", is_staff=True
    )
    user.groups.set(Group.objects.filter(name=group))
    client = Client(raise_request_exception=False)
    sign_in(client, user)
    return client


def is_let_in(client: Client, address: str) -> bool:
    """Whether the answer is anything else than a refusal, nothing found, or the way to the sign-in."""
    response = client.get(address)
    if response.status_code == 405:  # it takes what is posted alone
        response = client.post(address)
    leads_away = response.status_code == 302 and "login" in response["Location"]
    return response.status_code not in (403, 404) and not leads_away


def test_each_group_reaches_its_own_addresses_and_no_others(submission: Submission) -> None:
    found: dict[str, str] = dict.fromkeys(addresses(), "")
    numbers = {address: filled(address, submission) for address in found}
    for letter, group in LETTERS.items():
        client = member(group)
        for address, path in numbers.items():
            if address != "/admin/logout/" and is_let_in(client, path):
                found[address] += letter
    expected = table()
    assert [f"{address} {found[address] or '-'}" for address in found] == [
        f"{address} {expected.get(address, 'is not in the table') or '-'}" for address in found
    ]
    assert set(expected) == set(found)


@pytest.mark.parametrize("who", ["a stranger", "an account that is not staff", "a disabled account"])
def test_others_reach_nothing(submission: Submission, who: str) -> None:
    client = Client(raise_request_exception=False)
    if who != "a stranger":
        user = User.objects.create_user(
            "test-other", password="seven wet herons", is_staff=who.startswith("a dis")
        )
        user.groups.set(Group.objects.all())
        sign_in(client, user)
        User.objects.filter(pk=user.pk).update(is_active="disabled" not in who)
    reached = {address for address in addresses() if is_let_in(client, filled(address, submission))}
    assert reached == FOR_EVERYBODY


def test_nobody_is_in_more_groups_than_there_are_rows_for() -> None:
    assert {group for group in LETTERS.values() if group} == set(GROUPS)


@pytest.mark.parametrize("group", list(GROUPS))
def test_a_group_has_exactly_the_rights_that_are_written_down(group: str) -> None:
    rights = Group.objects.get(name=group).permissions.select_related("content_type")
    assert {f"{right.content_type.app_label}.{right.codename}" for right in rights} == GROUPS[group]


# What the groups see of one submission

ANSWER, REASON, PRIORITY = "behind the left knee", "pregnan", "Stop"


@pytest.fixture
def sent_by_somebody() -> Submission:
    return sent(pregnant="yes", **{"pain-where": ("foot",), "treatments-notes": ANSWER})


def seen(group: str, submission: Submission, *, revealed: bool = True) -> tuple[str, str]:
    client = member(group)
    page = f"/admin/intake/submission/{submission.pk}"
    if revealed:
        client.post(f"{page}/reveal/", {"reason": "contact"})
    return client.get("/admin/intake/submission/").text, client.get(f"{page}/change/").text


def test_the_front_desk_sees_who_it_is_and_how_urgent_and_no_answer(sent_by_somebody: Submission) -> None:
    for page in seen(FRONT_DESK, sent_by_somebody):
        assert "Test Patient 17" in page
        assert PRIORITY in page
        assert ANSWER not in page
        assert REASON not in page.casefold()


def test_a_clinician_reads_the_answers_and_the_name_after_a_reveal(sent_by_somebody: Submission) -> None:
    queue, page = seen(CLINICIAN, sent_by_somebody, revealed=False)
    assert "Test Patient 17" not in queue + page
    assert REASON in queue.casefold()
    assert ANSWER in page
    assert "Test Patient 17" in seen(CLINICIAN, sent_by_somebody)[1]


def test_a_privacy_officer_sees_neither_on_screen_and_exports_both(sent_by_somebody: Submission) -> None:
    for page in seen(PRIVACY_OFFICER, sent_by_somebody):
        assert sent_by_somebody.reference in page
        for words in ("Test Patient 17", ANSWER, REASON):
            assert words not in page
    address = f"/admin/intake/submission/{sent_by_somebody.pk}/export/"
    file = member(PRIVACY_OFFICER).post(address, {"reason": "privacy"})
    assert ANSWER in file.getvalue().decode()


def test_front_desk_reads_its_own_notes_alone(sent_by_somebody: Submission) -> None:
    address = f"/admin/intake/submission/{sent_by_somebody.pk}/change/"
    fields: dict[str, Any] = {"status": "new", "initial-status": "new"}
    desk, clinician = member(FRONT_DESK), member(CLINICIAN)
    clinician.post(address, fields | {"note": "Asked about the seizures."})
    desk.post(address, fields | {"note": "Called, no answer."})
    page = desk.get(address).text
    assert "Called, no answer." in page
    assert "seizures" not in page
    assert "Called, no answer." in clinician.get(address).text

"""The legal notices: drafts say so, somebody answers for what stands, and what was approved stays."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, transaction

from clinic_site.accounts.groups import ADMINISTRATOR, PRIVACY_OFFICER
from clinic_site.clinic import Clinic
from clinic_site.notices import CannotApprove, NoticeKind, NoticeVersion, approve, load_drafts, write_draft
from tests.signing_in import sign_in
from treatments.models import Article

pytestmark = pytest.mark.django_db
ADDRESSES = {
    NoticeKind.CONSENT: "/consent/",
    NoticeKind.PRIVACY: "/privacy/",
    NoticeKind.PRACTICES: "/notice-of-privacy-practices/",
    NoticeKind.FAIRNESS: "/non-discrimination/",
    NoticeKind.LANGUAGE_HELP: "/language-help/",
}


def draft_of(kind: NoticeKind = NoticeKind.PRIVACY) -> NoticeVersion:
    return NoticeVersion.objects.get(kind=kind, version=1)


def approved(kind: NoticeKind = NoticeKind.PRIVACY, body: str = "We keep it safe.") -> NoticeVersion:
    draft = write_draft(draft_of(kind), body=body, by="nurse")
    approve(draft, approved_by="Test Patient 17, privacy officer", account="nurse")
    draft.refresh_from_db()
    return draft


def found(problem: str) -> list[str]:
    checks = run_checks(databases=["default"], include_deployment_checks=True)
    return [str(check.msg) for check in checks if check.id == problem]


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_notice_has_a_plain_address_and_says_that_it_is_a_draft(client, kind):
    page = client.get(ADDRESSES[kind]).text
    assert "Draft, not approved." in page
    assert f"<h1>{kind.label}</h1>" in page
    assert "{clinic" not in page


def test_the_facts_of_the_clinic_stand_in_the_notice(client):
    Clinic.objects.update(phone="(410) 555-0199", name="Another *Example* <Clinic>")
    page = client.get("/language-help/").text
    assert "(410) 555-0199" in page
    assert "<Clinic>" not in client.get("/consent/").text


def test_without_facts_the_notice_still_stands(client):
    Clinic.objects.all().delete()
    assert "[no phone entered]" in client.get("/language-help/").text


def test_an_approved_notice_names_who_answers_for_it_and_since_when(client):
    notice = approved()
    page = client.get("/privacy/").text
    assert "We keep it safe." in page
    said = f"Version 1, approved by Test Patient 17, privacy officer on {notice.approved_at:%b}"
    assert said in page
    assert "Draft, not approved" not in page


def test_the_public_reads_the_approved_version_while_the_next_is_a_draft(client):
    notice = approved()
    draft = write_draft(notice, body="We keep it safer.", by="nurse")
    assert (draft.version, draft.is_approved) == (2, False)
    assert "We keep it safe." in client.get("/privacy/").text
    approve(draft, approved_by="Test Patient 17", account="nurse")
    assert "We keep it safer." in client.get("/privacy/").text


def test_what_is_not_filled_in_is_not_approved():
    with pytest.raises(CannotApprove, match=r"Still to be filled in: \[fill in: how long"):
        approve(draft_of(), approved_by="Test Patient 17", account="nurse")
    with pytest.raises(CannotApprove, match="Enter who answers"):
        approve(write_draft(draft_of(), body="Words.", by="nurse"), approved_by="  ", account="nurse")


def test_the_database_refuses_a_change_of_what_was_approved():
    notice = approved()
    with pytest.raises(DatabaseError, match="is approved and stays as it is"), transaction.atomic():
        NoticeVersion.objects.filter(pk=notice.pk).update(body="Other words.")
    with pytest.raises(DatabaseError, match="is approved and stays as it is"), transaction.atomic():
        NoticeVersion.objects.filter(pk=notice.pk).delete()
    with pytest.raises(CannotApprove, match="approved already"):
        approve(notice, approved_by="Somebody else", account="nurse")


def test_a_notice_is_approved_by_somebody_or_not_at_all():
    with pytest.raises(DatabaseError, match="approved_by_somebody"), transaction.atomic():
        NoticeVersion.objects.filter(version=1).update(approved_by="Nobody")


def test_loading_brings_drafts_up_to_date_and_leaves_what_staff_wrote():
    NoticeVersion.objects.filter(kind=NoticeKind.CONSENT).update(body="An older draft.")
    write_draft(draft_of(NoticeKind.PRIVACY), body="Our own.", by="nurse")
    assert load_drafts() == ["consent"]
    assert draft_of(NoticeKind.PRIVACY).body == "Our own."
    call_command("load_notices", verbosity=0)
    assert NoticeVersion.objects.count() == len(NoticeKind)


def test_who_may_approve_does_so_in_the_admin_and_nobody_else(client):
    write_draft(draft_of(), body="Words.", by="nurse")
    address = f"/admin/clinic_site/noticeversion/{draft_of().pk}/approve/"
    for group, answer in ((ADMINISTRATOR, 403), (PRIVACY_OFFICER, 302)):
        account = User.objects.create_user(group, is_staff=True)
        account.groups.set(Group.objects.filter(name=group))
        sign_in(client, account)
        assert client.post(address, {"approved_by": "Test Patient 17"}).status_code == answer
    assert draft_of().approved_account == PRIVACY_OFFICER


def test_editing_an_approved_notice_makes_the_next_version(staff_client):
    notice = approved()
    address = f"/admin/clinic_site/noticeversion/{notice.pk}/change/"
    page = staff_client.post(address, {"body": "Other words."}, follow=True)
    assert "Your words are version 2, a draft." in page.text
    assert draft_of().body == "We keep it safe."


def test_a_deployment_check_fails_while_a_notice_is_not_approved():
    assert len(found("clinic_site.E030")) == len(NoticeKind)
    approved()
    assert "Not approved yet: Privacy on this site." not in found("clinic_site.E030")
    for kind in set(NoticeKind) - {NoticeKind.PRIVACY}:
        approved(kind)
    assert found("clinic_site.E030") == []


def test_a_deployment_check_fails_while_text_of_the_demonstration_stands():
    assert found("clinic_site.E031")
    Clinic.objects.update(name="Test Clinic")
    assert found("clinic_site.E031")  # the number is still one of fiction
    Clinic.objects.update(phone="(410) 234-5678")
    assert not found("clinic_site.E031")


def test_a_deployment_check_tells_what_no_clinician_reviewed_and_what_is_missing():
    assert found("clinic_site.W032") == ["Published and not reviewed by a clinician: 12 article(s)."]
    Article.objects.update(reviewed_by="Jo Example, MD")
    assert not found("clinic_site.W032")
    assert found("clinic_site.W031") == [
        "The clinic has not entered its people, its prices, how it gives ketamine."
    ]
    clinic = Clinic.objects.get()
    clinic.people.create(name="Test Patient 17", work="Front desk")
    clinic.prices.create(what="One infusion", dollars="100.00")
    Clinic.objects.update(protocol="Slowly.")
    assert not found("clinic_site.W031")

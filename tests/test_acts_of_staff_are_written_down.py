"""Questionnaires and the clinic's facts: what staff do with them stands in the trail before it is done."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinic_site import audit
from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic
from intake.models import QuestionnaireVersion
from tests.questionnaire_desk import DESK, FORM, address, imported
from tests.signing_in import sign_in
from tests.test_staff_edit_clinic_facts import save

pytestmark = pytest.mark.django_db


def written(action: str) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(action=action).order_by("id").values_list("account", "detail"))


def post_file(client: Client) -> Any:
    return client.post(f"{DESK}add/", {"questionnaire": SimpleUploadedFile("form.json", FORM)})


def sign_off(client: Client, version: QuestionnaireVersion) -> Any:
    seen = client.get(address(version, "publish")).context["form"]["seen"].value()
    return client.post(address(version, "publish"), {"signed_off_by": "Dr. Test", "seen": seen})


def test_the_life_of_a_questionnaire(staff_client: Client) -> None:
    post_file(staff_client)
    version = QuestionnaireVersion.objects.latest("pk")
    staff_client.post(address(version, "try"), {})
    sign_off(staff_client, version)
    staff_client.post(address(version, "retire"))
    version.refresh_from_db()
    assert version.retired_at
    assert written("questionnaire") == [
        ("nurse", "imported"),
        ("nurse", "tried"),
        ("nurse", "signed_off published"),
        ("nurse", "retired"),
    ]


def test_a_draft_that_is_deleted(staff_client: Client) -> None:
    for spelling in ("", "_0A"):  # the admin reads "_0A" as a line break, and a number with one as the number
        version = imported()
        staff_client.post(f"{DESK}{version.pk}{spelling}/delete/", {"post": "yes"})
        assert not QuestionnaireVersion.objects.filter(pk=version.pk).exists()
    assert written("questionnaire") == [("nurse", "deleted")] * 2


def test_looking_at_a_questionnaire_leaves_no_mark(staff_client: Client) -> None:
    version = imported()
    for page in ("change", "preview", "try", "publish", "retire", "questionnaire", "rules", "delete"):
        assert staff_client.get(address(version, page)).status_code == 200
    assert written("questionnaire") == []


def test_the_clinics_facts_changed_and_made(staff_client: Client) -> None:
    save(staff_client, name="Test clinic")
    assert Clinic.objects.get().name == "Test clinic"
    Clinic.objects.all().delete()
    staff_client.post("/admin/clinic_site/clinic/add/", {})
    facts = ("nurse", "facts hours holidays people prices")
    assert written("clinic") == [facts, facts, ("nurse", "facts hours holidays people prices refused")]


def test_what_cannot_be_written_down_is_not_done(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the trail cannot be written")

    def stored() -> list[Any]:
        return [*QuestionnaireVersion.objects.order_by("pk").values_list(), *Clinic.objects.values_list()]

    draft, published = imported(), QuestionnaireVersion.objects.get(slug="ketamine-screening")
    client = Client(raise_request_exception=False)
    sign_in(client, staff)
    before = stored()
    monkeypatch.setattr(audit, "write", fail)
    for response in (
        post_file(client),
        client.post(address(draft, "try"), {}),
        sign_off(client, draft),
        client.post(address(draft, "delete"), {"post": "yes"}),
        client.post(address(published, "retire")),
        save(client, name="Test clinic"),
    ):
        assert response.status_code == 500
    assert stored() == before

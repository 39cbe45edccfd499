"""At the review desk: import a questionnaire, read what it asks and flags, publish it, retire it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from intake import actions
from intake.management.commands.load_questionnaires import SHIPPED
from intake.models import QuestionnaireVersion
from tests.applicant import walk
from tests.engine_builders import URL, item, questionnaire_json
from tests.kidney_questionnaire import KIDNEY_RULES, screening_asking
from tests.questionnaire_desk import DESK, FORM, address, imported, text
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


def upload(
    client: Client, source: bytes = FORM, rules: bytes | None = KIDNEY_RULES.encode(), **fields: str
) -> Any:
    files = {"questionnaire": SimpleUploadedFile("form.json", source)}
    if rules is not None:
        files["rules"] = SimpleUploadedFile("form.rules.toml", rules)
    return client.post(f"{DESK}add/", files | fields, follow=True)


# The list and the import


def test_the_list_says_what_is_a_draft_what_is_asked_and_what_nobody_signed_off(staff_client: Client) -> None:
    imported()
    page = text(staff_client.get(DESK))
    assert "not yet signed off by a clinician" in page
    assert re.findall(r'field-state_word">([^<]*)<', page) == ["Published", "Draft"]
    assert re.findall(r'field-begins_now"><img [^>]*alt="(\w+)"', page) == ["True", "False"]
    assert "Import a questionnaire" in page


def test_a_long_list_takes_no_more_queries_than_a_short_one(
    staff_client: Client, django_assert_num_queries: Any
) -> None:
    imported()
    staff_client.get(DESK)  # what is looked up once for a process
    with CaptureQueriesContext(connection) as short:
        staff_client.get(DESK)
    for number in range(1, 20):
        imported(FORM.replace(b"1.0.0", b"1.0.%d" % number), None)
    with django_assert_num_queries(len(short)):
        staff_client.get(DESK)


def test_two_files_become_a_draft_with_its_own_page(staff_client: Client) -> None:
    response = upload(staff_client, slug="kidney-check")
    version = QuestionnaireVersion.objects.get(slug="kidney-check")
    assert response.request["PATH_INFO"] == address(version)
    assert version.is_draft
    assert "No patient sees it until it is published." in text(response)
    assert LogEntry.objects.get().object_id == str(version.pk)


@pytest.mark.parametrize(
    ("source", "rules", "reason"),
    [
        (questionnaire_json(item("a"), item("a")), None, "a: two items have this linkId"),
        (
            FORM,
            KIDNEY_RULES.replace('"kidneys"', '"lungs"').encode(),
            "kidneys-yes: the questionnaire has no item",
        ),
        (b" " * 2_000_001, None, "2,000,001 bytes, and 2,000,000 is the limit"),
        (FORM, b"#" * 150_001, "150,001 bytes, and 150,000 is the limit"),
        (b"\xff\x00", None, "not UTF-8"),
    ],
)
def test_a_refused_file_names_the_link_id_and_the_reason_beside_its_field(
    staff_client: Client, source: bytes, rules: bytes | None, reason: str
) -> None:
    response = upload(staff_client, source, rules)
    assert reason in text(response)
    assert set(response.context["form"].errors) == {"questionnaire" if rules is None else "rules"}
    assert not QuestionnaireVersion.objects.filter(url=URL).exists()


def test_what_is_published_already_is_not_imported_over(staff_client: Client) -> None:
    version = actions.publish(imported(), signed_off_by="Dr. Test", at=timezone.now())
    assert "Exactly this is published already" in text(upload(staff_client))
    assert "Raise `version` in both files" in text(upload(staff_client, FORM.replace(b"About", b"On")))
    assert bytes(QuestionnaireVersion.objects.get(pk=version.pk).source) == FORM


# One version


def test_a_version_shows_its_rules_with_row_reason_and_source(staff_client: Client) -> None:
    page = text(staff_client.get(address(imported())))
    for words in (
        "Stop",
        "Kidney disease",
        "kidneys is “Yes”",
        "looks at the kidneys first",
        "A paper of 2019",
    ):
        assert escape(words) in page


def test_a_version_says_what_changed_against_the_one_before(staff_client: Client) -> None:
    actions.publish(imported(), signed_off_by="Dr. Test", at=timezone.now())
    newer = imported(
        FORM.replace(b"1.0.0", b"1.1.0").replace(b"About liver?", b"Is your liver ill?"),
        KIDNEY_RULES.replace("1.0.0", "1.1.0").replace('"stop"', '"caution"'),
    )
    for page in ("", "publish"):
        shown = text(staff_client.get(address(newer, page)))
        assert "liver: the wording is now “Is your liver ill?”; it was “About liver?”." in shown
        assert "Rule kidneys-yes: the level is now caution; it was stop." in shown
        assert "Against version 1.0.0" in shown


def test_a_version_lists_what_the_site_leaves_out_and_that_it_has_no_rules(staff_client: Client) -> None:
    width = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-width",
        "valueQuantity": {},
    }
    page = text(staff_client.get(address(imported(questionnaire_json(item("a", extension=[width])), None))))
    assert "sdc-questionnaire-width" in page
    assert "nothing is flagged" in page


def test_the_shipped_screening_says_that_no_clinician_signed_it_off(staff_client: Client) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    assert "Not yet signed off by a clinician" in text(staff_client.get(address(version)))


@pytest.mark.parametrize(("page", "ending"), [("questionnaire", ".json"), ("rules", ".rules.toml")])
def test_the_originals_come_back_byte_for_byte(staff_client: Client, page: str, ending: str) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    response = staff_client.get(address(version, page))
    assert response.content == (SHIPPED / f"ketamine-screening{ending}").read_bytes()
    assert (
        response["Content-Disposition"]
        == f'attachment; filename="ketamine-screening-{version.version}{ending}"'
    )


def test_words_of_a_questionnaire_are_never_taken_for_html(staff_client: Client) -> None:
    hostile = "<script>alert(1)</script>"
    version = imported(questionnaire_json(item("a", text=hostile), title=hostile), None)
    for page in ("", "preview", "try", "publish"):
        assert hostile not in text(staff_client.get(address(version, page)))
    assert hostile not in text(staff_client.get(DESK))


def test_a_version_that_this_site_can_no_longer_read_is_shown_as_such(staff_client: Client) -> None:
    version = imported()
    unread = FORM.replace(b'"choice"', b'"reference"')
    QuestionnaireVersion.objects.filter(pk=version.pk).update(source=unread, definition_hash="0" * 64)
    assert "can no longer read this version" in text(staff_client.get(address(version)))
    for page in ("preview", "try"):
        assert staff_client.get(address(version, page)).status_code == 302
    response = staff_client.get(address(version, "publish"))
    assert "can no longer read this version" in text(response)


# Publish and retire


def sign_off(client: Client, version: QuestionnaireVersion, name: str = "Dr. Test, pain physician") -> Any:
    seen = client.get(address(version, "publish")).context["form"]["seen"].value()
    return client.post(address(version, "publish"), {"signed_off_by": name, "seen": seen}, follow=True)


def test_a_clinician_signs_off_and_patients_get_the_new_version(staff_client: Client, client: Client) -> None:
    source, rules = screening_asking("Are your kidneys ill?", version="99.0.0")
    version = imported(source, rules.decode())
    response = sign_off(staff_client, version)
    assert "Published. New forms begin with this version" in text(response)
    version.refresh_from_db()
    assert (version.signed_off_by, version.published_by) == ("Dr. Test, pain physician", "nurse")
    assert "Dr. Test, pain physician" in text(response)
    assert "Are your kidneys ill?" in text(walk(client, until="organs"))
    assert LogEntry.objects.get().get_change_message() == "Published, signed off by Dr. Test, pain physician."


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_nothing_is_published_without_a_name(staff_client: Client, name: str) -> None:
    version = imported()
    response = sign_off(staff_client, version, name)
    assert response.context["form"].errors["signed_off_by"]
    assert QuestionnaireVersion.objects.get(pk=version.pk).is_draft


def test_a_draft_imported_anew_after_it_was_read_is_not_published(staff_client: Client) -> None:
    version = imported()
    seen = staff_client.get(address(version, "publish")).context["form"]["seen"].value()
    imported(rules=None)
    fields = {"signed_off_by": "Dr. Test", "seen": seen}
    response = staff_client.post(address(version, "publish"), fields, follow=True)
    assert "It was imported anew since you opened this page" in text(response)
    assert QuestionnaireVersion.objects.get(pk=version.pk).is_draft


def test_retiring_says_first_who_is_still_filling_it_in_and_what_follows(
    staff_client: Client, client: Client
) -> None:
    walk(client, until="contact")
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening")
    page = text(staff_client.get(address(version, "retire")))
    assert "1 unsent form began with it" in page
    assert "nobody can begin this form until one is" in page
    response = staff_client.post(address(version, "retire"), follow=True)
    assert "Retired. No new form begins with it." in text(response)
    assert QuestionnaireVersion.objects.current("ketamine-screening") is None
    again = staff_client.post(address(version, "retire"), follow=True)
    assert "already retired" in text(again)


def test_a_draft_can_be_deleted_and_a_published_version_cannot(staff_client: Client) -> None:
    draft, published = imported(), QuestionnaireVersion.objects.get(slug="ketamine-screening")
    assert staff_client.post(address(published, "delete"), {"post": "yes"}).status_code == 403
    staff_client.post(address(draft, "delete"), {"post": "yes"})
    assert list(QuestionnaireVersion.objects.all()) == [published]


# Who may


@pytest.fixture
def clerk() -> Callable[..., Client]:
    """A member of staff with these permissions on questionnaires."""

    def with_permissions(*names: str) -> Client:
        user = User.objects.create_user("clerk", is_staff=True)
        codes = [f"{name}_questionnaireversion" for name in names]
        user.user_permissions.set(Permission.objects.filter(codename__in=codes))
        client = Client()
        sign_in(client, user)
        return client

    return with_permissions


PAGES = ["preview", "try", "publish", "retire", "questionnaire", "rules"]


def test_who_may_only_look_neither_imports_nor_publishes(clerk: Callable[..., Client]) -> None:
    version, client = imported(), clerk("view")
    assert client.get(DESK).status_code == 200
    assert client.get(address(version)).status_code == 200
    assert "Publish" not in text(client.get(address(version)))
    for page in PAGES:
        assert client.get(address(version, page)).status_code == 403
        assert client.post(address(version, page), {"signed_off_by": "Dr. Test"}).status_code == 403
    assert client.get(f"{DESK}add/").status_code == 403
    assert QuestionnaireVersion.objects.get(pk=version.pk).is_draft


def test_who_may_change_questionnaires_may_do_all_of_it(clerk: Callable[..., Client]) -> None:
    version, client = imported(), clerk("view", "change")
    for page in PAGES:
        assert client.get(address(version, page)).status_code == 200
    assert client.get(f"{DESK}add/").status_code == 200


def test_other_staff_and_strangers_see_none_of_it(clerk: Callable[..., Client]) -> None:
    version, client = imported(), clerk()
    for page in ["change", *PAGES]:
        assert client.get(address(version, page)).status_code == 403
        assert Client().get(address(version, page)).status_code == 302


def test_a_version_that_does_not_exist_is_not_found(staff_client: Client) -> None:
    assert staff_client.get(f"{DESK}999999/change/").status_code == 404
    assert staff_client.get(f"{DESK}999999/try/").status_code == 404

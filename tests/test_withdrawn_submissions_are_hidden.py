"""What somebody took back is met nowhere by chance: in its own tab, and by its reference, until it is deleted."""

import pytest
from django.test import Client

from intake import actions
from intake.admin.large_exports import LargeExportForm
from intake.admin.queue import TABS
from intake.models import Submission
from tests.crises import sent
from tests.serving_roles import Role, acting_as

pytestmark = pytest.mark.django_db

QUEUE = "/admin/intake/submission/"
SAME = {"name": "Anna Quercus", "email": "anna@example.org"}


@pytest.fixture
def withdrawn() -> Submission:
    submission = sent(SAME)
    with acting_as(Role.WORKER):
        actions.look_at_new_submissions()
    Submission.objects.filter(pk=submission.pk).update(status="withdrawn")
    return submission


def test_it_stands_in_its_own_tab_alone(staff_client: Client, withdrawn: Submission) -> None:
    shown = {tab: staff_client.get(QUEUE, {"tab": tab}).text for tab in TABS}
    assert [tab for tab, page in shown.items() if withdrawn.reference in page] == ["withdrawn"]


def test_a_search_finds_it_by_its_reference_and_not_by_the_name(
    staff_client: Client, withdrawn: Submission
) -> None:
    by_name = staff_client.post(f"{QUEUE}find/", {"reference": "Anna Quercus"}, follow=True)
    assert "Nobody was found" in by_name.text
    by_reference = staff_client.post(f"{QUEUE}find/", {"reference": withdrawn.reference}, follow=True)
    assert f"Submission {withdrawn.reference}" in by_reference.text
    Submission.objects.update(status="declined")
    by_name = staff_client.post(f"{QUEUE}find/", {"reference": "Anna Quercus"}, follow=True)
    assert f"Submission {withdrawn.reference}" in by_name.text


def test_it_is_no_longer_listed_as_the_same_person(staff_client: Client, withdrawn: Submission) -> None:
    page = f"{QUEUE}{sent(SAME).pk}/change/"
    assert withdrawn.reference not in staff_client.get(page).text
    Submission.objects.filter(pk=withdrawn.pk).update(status="declined")
    assert withdrawn.reference in staff_client.get(page).text


def test_a_large_export_holds_it_only_where_it_was_asked_for(withdrawn: Submission) -> None:
    for status, found in (("", []), ("withdrawn", [withdrawn])):
        form = LargeExportForm({"status": status, "format": "fhir", "reason": "legal"})
        assert form.is_valid()
        assert list(form.chosen()) == found

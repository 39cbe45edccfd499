"""What staff may change in the clinic's facts, and what is refused while forms are read the same day."""

from typing import Any

import pytest
from django.forms import BaseForm
from django.test import Client

from clinic_site.clinic import Clinic, OpeningHours

pytestmark = pytest.mark.django_db
FACTS = "/admin/clinic_site/clinic/1/change/"


def posted_by(form: BaseForm) -> dict[str, Any]:
    return {
        field.html_name: "" if field.value() is None else field.value()
        for field in form
        if field.value() is not False
    }


def save(staff: Client, *, close: int = 0, **changes: str) -> Any:
    """Open the clinic's facts, change some, delete the hours of the first `close` days, press Save."""
    context = staff.get(FACTS).context
    fields = posted_by(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        fields |= posted_by(inline.formset.management_form)
        for row in inline.formset.initial_forms:
            fields |= posted_by(row)
    fields |= {f"opening_hours-{day}-DELETE": "on" for day in range(close)}
    return staff.post(FACTS, fields | changes)


@pytest.fixture
def same_day_review(settings: Any) -> None:
    settings.SAME_DAY_REVIEW = True


@pytest.mark.parametrize("field", ["on_call_name", "on_call_phone"])
def test_who_is_on_call_cannot_be_emptied_while_forms_are_read_the_same_day(
    staff_client: Client, same_day_review: None, field: str
) -> None:
    page = save(staff_client, **{field: ""}).content.decode()
    assert "CLINIC_SAME_DAY_REVIEW=0" in page
    assert getattr(Clinic.objects.get(), field)


def test_the_last_opening_hours_cannot_be_deleted_while_forms_are_read_the_same_day(
    staff_client: Client, same_day_review: None
) -> None:
    days = OpeningHours.objects.count()
    page = save(staff_client, close=days).content.decode()
    assert "Enter the opening hours of at least one day" in page
    assert "CLINIC_SAME_DAY_REVIEW=0" in page
    assert OpeningHours.objects.count() == days


def test_other_facts_and_single_days_can_be_changed(staff_client: Client, same_day_review: None) -> None:
    days = OpeningHours.objects.count()
    response = save(staff_client, close=days - 1, on_call_phone="(410) 555-0199")
    assert response.status_code == 302
    assert Clinic.objects.get().on_call_phone == "(410) 555-0199"
    assert OpeningHours.objects.count() == 1


def test_a_clinic_that_does_not_read_the_same_day_may_empty_them(staff_client: Client, settings: Any) -> None:
    settings.SAME_DAY_REVIEW = False
    response = save(staff_client, close=OpeningHours.objects.count(), on_call_name="", on_call_phone="")
    assert response.status_code == 302
    assert not OpeningHours.objects.exists()
    assert not Clinic.objects.get().on_call_phone


def test_the_link_to_the_facts_leads_to_them_at_once(staff_client: Client, client: Client) -> None:
    assert staff_client.get("/admin/clinic_site/clinic/")["Location"] == FACTS
    assert "/admin/login/" in client.get("/admin/clinic_site/clinic/")["Location"]
    Clinic.objects.all().delete()
    assert "Add clinic facts" in staff_client.get("/admin/clinic_site/clinic/").text

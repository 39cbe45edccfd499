"""What goes out of the house: an alert leads to the review desk, and a patient is written to in their language."""

from typing import Any

import pytest

from clinic_site.clinic import current_clinic
from clinic_site.roles import Role
from intake import telling
from intake.checks import alerts_lead_somewhere

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "role", "warned"),
    [
        ("", Role.WORKER, True),
        ("http://desk.clinic.example", Role.WORKER, True),
        ("https://desk.clinic.example", Role.WORKER, False),
        ("", Role.PUBLIC, False),
    ],
)
def test_the_deployment_check_asks_for_the_address_that_alerts_lead_to(
    settings: Any, address: str, role: Role, warned: bool
) -> None:
    settings.STAFF_URL, settings.ROLE = address, role
    assert [problem.id for problem in alerts_lead_somewhere()] == ["intake.W002"] * warned


def test_the_message_to_a_patient_is_in_the_language_of_the_form() -> None:
    clinic = current_clinic()
    letter = telling.reply(clinic, to="test@example.org", language="es")
    assert letter.subject == "Su formulario ha llegado"
    assert letter.text.startswith("Usted nos pidió")
    assert clinic.phone in letter.text
    assert clinic.name not in f"{letter.subject}\n{letter.text}"

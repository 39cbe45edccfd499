"""Wrong configuration is told before the site serves a page."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections


@register(Tags.database)
def same_day_review_needs_someone_to_call(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Item 9 of the PHQ-9 is asked only where a person reads the answer the same day."""
    if not settings.SAME_DAY_REVIEW or not databases:
        return []
    from clinic_site.clinic import Clinic, current_clinic

    if Clinic._meta.db_table not in connections["default"].introspection.table_names():
        return []  # not migrated yet: there is no site to protect
    clinic = current_clinic()
    if clinic.has_somebody_to_call:
        return []
    return [
        Error(
            "CLINIC_SAME_DAY_REVIEW=1, but the clinic has no on-call contact or no opening hours.",
            hint="Enter both under Clinic facts in the admin, or set CLINIC_SAME_DAY_REVIEW=0: "
            "the screening then asks the PHQ-8, without the question on self-harm.",
            id="clinic_site.E001",
        )
    ]


@register(Tags.database, deploy=True)
def patients_need_a_phone_number(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases:
        return []
    from clinic_site.clinic import current_clinic

    clinic = current_clinic()
    problems: list[CheckMessage] = []
    if not clinic.phone:
        problems.append(
            Error(
                "No clinic phone number is set.", hint="Enter it under Clinic facts.", id="clinic_site.E002"
            )
        )
    if clinic.is_demonstration:
        problems.append(
            Warning(
                "The site shows the fictional demonstration clinic.",
                hint="Enter the real clinic's facts in the admin and untick “is demonstration”.",
                id="clinic_site.W001",
            )
        )
    return problems

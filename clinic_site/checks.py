"""Wrong configuration is told before the site serves a page."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import ProgrammingError, connections
from django.utils import timezone

if TYPE_CHECKING:
    from clinic_site.clinic import Clinic


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
    try:
        clinic = current_clinic()
    except (
        ProgrammingError
    ):  # a column is missing that `migrate`, which runs this check first, is about to add
        return []
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


@register(Tags.security, deploy=True)
def same_day_review_is_a_choice(**kwargs: Any) -> list[CheckMessage]:
    """Told at every deployment, because it is the one setting on which a person's safety hangs."""
    if settings.SAME_DAY_REVIEW:
        return [
            Info(
                "CLINIC_SAME_DAY_REVIEW=1: on days on which the clinic is open, the screening asks about thoughts of "
                "self-harm (PHQ-9, item 9).",
                hint="Keep it only while a person reads every form on the day it arrives, and hours, holidays and the "
                "on-call contact under Clinic facts are right. Else set CLINIC_SAME_DAY_REVIEW=0.",
                id="clinic_site.I001",
            )
        ]
    return [
        Info(
            "CLINIC_SAME_DAY_REVIEW=0: the screening asks the PHQ-8, without the question on self-harm, because nobody "
            "promises to read the answer the same day.",
            hint="Set CLINIC_SAME_DAY_REVIEW=1 once a person does; docs/decisions/0001-phq-8-or-phq-9.md says why.",
            id="clinic_site.I001",
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
    problems += security_contact_problems(clinic)
    return problems


SOON = datetime.timedelta(days=30)


def security_contact_problems(clinic: "Clinic") -> list[CheckMessage]:
    today = timezone.localdate()
    if clinic.takes_security_reports(on=today + SOON):
        return []
    hint = "Enter both under Clinic facts: an address that somebody reads, and until when, a year at most."
    if clinic.takes_security_reports(on=today):
        problem = f"The contact in /.well-known/security.txt runs out on {clinic.security_email_until}."
    elif clinic.security_email:
        problem = "The contact for security problems has run out, so /.well-known/security.txt is gone."
    else:
        problem = (
            "Nobody is named who is told of security problems, so there is no /.well-known/security.txt."
        )
    return [Warning(problem, hint=hint, id="clinic_site.W041")]


@register(deploy=True)
def visitors_are_told_apart(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Limits go by network, and behind a proxy that nobody told us of all visitors have the proxy's address."""
    if not settings.ROLE.serves_public or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "No proxy is trusted to say where visitors come from, so robots are not slowed down.",
            hint="Set CLINIC_BEHIND_PROXY=1, and CLINIC_TRUSTED_PROXIES where a request passes more than one.",
            id="clinic_site.W042",
        )
    ]

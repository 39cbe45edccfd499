"""No demonstration text, and no notice that nobody answers for, goes before patients."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from clinic_site.roles import Role


@register(Tags.database, deploy=True)
def the_clinic_answers_for_what_it_says(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """No demonstration text and no notice without somebody's name goes before patients."""
    if not databases or settings.ROLE is Role.WORKER:  # it shows no page, and may not read them
        return []
    from clinic_site.clinic import current_clinic
    from clinic_site.notices import not_approved
    from treatments.models import Article

    problems: list[CheckMessage] = [
        Error(
            f"Not approved yet: {name}.",
            hint="Fill in the draft under Notices in the admin, and have it approved by whoever answers for it.",
            id="clinic_site.E030",
        )
        for name in not_approved()
    ]
    clinic = current_clinic()
    if "555-01" in clinic.phone or "demonstration" in clinic.name.lower():
        problems.append(
            Error(
                "The clinic facts still hold the text of the demonstration.",
                hint="Enter the real name and phone number under Clinic facts.",
                id="clinic_site.E031",
            )
        )
    empty = [
        name
        for name, entered in (
            ("its people", clinic.pk and clinic.people.exists()),
            ("its prices", clinic.pk and clinic.prices.exists()),
            ("how it gives ketamine", clinic.protocol),
        )
        if not entered
    ]
    if empty:
        problems.append(
            Warning(
                f"The clinic has not entered {', '.join(empty)}.",
                hint="The pages say so, and patients are told to ask. Enter them under Clinic facts.",
                id="clinic_site.W031",
            )
        )
    if unreviewed := Article.objects.published().filter(reviewed_by="").count():
        problems.append(
            Warning(
                f"Published and not reviewed by a clinician: {unreviewed} article(s).",
                hint="Each says so on its page. Have them reviewed and enter the reviewer in the admin.",
                id="clinic_site.W032",
            )
        )
    return problems

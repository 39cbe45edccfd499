"""How staff edit the clinic's facts: what the site has promised its patients cannot be emptied unnoticed."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic_site.clinic import Clinic, OpeningHours

KEPT_FOR_SAME_DAY_REVIEW = (
    "This cannot be empty while CLINIC_SAME_DAY_REVIEW=1: the screening asks about thoughts of self-harm, and "
    "somebody must read the answers the same day and be on call. Enter %(missing)s, or have the site started again "
    "with CLINIC_SAME_DAY_REVIEW=0 and then empty it."
)

LONGEST_PROMISE = datetime.timedelta(days=366)


def kept_for_same_day_review(missing: str) -> ValidationError:
    return ValidationError(KEPT_FOR_SAME_DAY_REVIEW, code="same_day_review", params={"missing": missing})


class ClinicForm(forms.ModelForm[Clinic]):
    def clean_on_call_name(self) -> str:
        return self.kept("on_call_name", "who is on call")

    def clean_on_call_phone(self) -> str:
        return self.kept("on_call_phone", "the number of who is on call")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        until, today = cleaned.get("security_email_until"), timezone.localdate()
        if cleaned.get("security_email") and not until:
            self.add_error(
                "security_email_until", "Say until when somebody reads that address: a year at most."
            )
        if until and until > today + LONGEST_PROMISE:
            self.add_error(
                "security_email_until", "At most a year ahead, so that somebody looks at it again."
            )
        return cleaned

    def kept(self, field: str, missing: str) -> str:
        written: str = self.cleaned_data[field]
        if settings.SAME_DAY_REVIEW and not written:
            raise kept_for_same_day_review(missing)
        return written


class OpeningHoursFormSet(forms.BaseInlineFormSet[OpeningHours, Clinic, Any]):
    def clean(self) -> None:
        super().clean()
        rows = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if settings.SAME_DAY_REVIEW and all(form in self.deleted_forms for form in rows):
            raise kept_for_same_day_review("the opening hours of at least one day")

"""Who answers for the words of a translation."""

import datetime

from clinic_site import audit
from intake.languages import fingerprint
from intake.models import TranslationReview


def review_translation(
    *, language: str, reviewed_by: str, reviewed_on: datetime.date, by: str
) -> TranslationReview:
    """The translation as it is now was read, and is offered to patients from here on. `by` is the account's name."""
    audit.write(audit.Action.QUESTIONNAIRE, by=by, detail="translation signed_off")
    return TranslationReview.objects.create(
        language=language,
        fingerprint=fingerprint(language),
        reviewed_by=reviewed_by,
        reviewed_on=reviewed_on,
    )

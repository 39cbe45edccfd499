"""Translations: offered to patients once somebody who answers for it has read every word."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic_site import audit
from intake import actions
from intake.languages import TRANSLATIONS, fingerprint
from intake.models import TranslationReview

LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code in TRANSLATIONS]


class TranslationReviewForm(forms.ModelForm[TranslationReview]):
    language = forms.ChoiceField(choices=LANGUAGES)

    class Meta:
        model = TranslationReview
        fields = ["language", "reviewed_by", "reviewed_on"]
        help_texts = {
            "reviewed_by": "Who read every page and every message of the screening in this language, with their "
            "qualification. When a word of it changes, it has to be read again.",
        }

    def clean_reviewed_on(self) -> Any:
        reviewed_on = self.cleaned_data["reviewed_on"]
        if reviewed_on > timezone.localdate():
            raise ValidationError("This day is in the future. Enter the day on which the review was done.")
        return reviewed_on


@admin.register(TranslationReview)
class TranslationReviewAdmin(admin.ModelAdmin[TranslationReview]):
    form = TranslationReviewForm
    list_display = ["language", "reviewed_by", "reviewed_on", "is_offered"]
    actions = None

    @admin.display(description="Offered to patients", boolean=True)
    def is_offered(self, review: TranslationReview) -> bool:
        return review.language in TRANSLATIONS and review.fingerprint == fingerprint(review.language)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Written down before Django begins its transaction, in which the trail cannot be written."""
        is_sent = request.method == "POST" and self.has_add_permission(request)
        if is_sent and TranslationReviewForm(request.POST).is_valid():
            audit.write(
                audit.Action.QUESTIONNAIRE, by=request.user.get_username(), detail="translation signed_off"
            )
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: TranslationReview, form: Any, change: bool) -> None:
        review = actions.review_translation(
            language=obj.language, reviewed_by=obj.reviewed_by, reviewed_on=obj.reviewed_on
        )
        obj.pk = review.pk

    def has_change_permission(self, request: HttpRequest, obj: TranslationReview | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TranslationReview | None = None) -> bool:
        return False

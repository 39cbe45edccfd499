"""Questionnaire versions, to be looked at: they are published by a command and never edited."""

from django.contrib import admin
from django.http import HttpRequest

from intake.models import QuestionnaireVersion


@admin.register(QuestionnaireVersion)
class QuestionnaireVersionAdmin(admin.ModelAdmin[QuestionnaireVersion]):
    list_display = ["title", "version", "language", "published_at", "retired_at"]
    fields = [
        "title",
        "slug",
        "url",
        "version",
        "language",
        "definition_hash",
        "rules_hash",
        "published_at",
        "retired_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: QuestionnaireVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: QuestionnaireVersion | None = None) -> bool:
        return False

"""For editors: articles with their review dates, the sources they cite, the conditions they speak of."""

import datetime
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from treatments.actions import save_by_staff
from treatments.content import citation_problem, ships_with_the_site
from treatments.models import Article, Condition, Source

Row = TypeVar("Row", Article, Condition, Source)


class MarkdownField(forms.CharField):
    def to_python(self, value: Any) -> str:
        """Browsers send CRLF. Stored with LF, a text that nobody changed is not taken for edited."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class ArticleForm(forms.ModelForm[Article]):
    class Meta:
        field_classes = {"body": MarkdownField}
        widgets = {"body": forms.Textarea(attrs={"rows": 40, "cols": 110})}

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"])
        if problem := citation_problem(body, known=Source.objects.values_list("key", flat=True)):
            raise forms.ValidationError(
                f"Line {problem.line}: {problem.reason} Add or look it up under Sources."
            )
        return body

    def clean_last_reviewed_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["last_reviewed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This day is still to come. Enter the day on which it was checked.")
        return day


class SourceForm(forms.ModelForm[Source]):
    url = forms.URLField(label="URL", required=False, max_length=500, assume_scheme="https")


class EditedByStaff(admin.ModelAdmin[Row]):
    """Saving makes a shipped row staff's own. What others call it by stays as it is."""

    called_by: str

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> list[str]:
        return [self.called_by] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Row | None = None) -> dict[str, Any]:
        return {} if obj else dict(self.prepopulated_fields)

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        if form.has_changed():
            save_by_staff(obj)


@admin.register(Article)
class ArticleAdmin(EditedByStaff[Article]):
    form = ArticleForm
    called_by = "slug"
    prepopulated_fields = {"slug": ["title"]}
    list_display = [
        "title",
        "evidence",
        "published_at",
        "last_reviewed_on",
        "reviewed_by",
        "next_review_due",
        "due",
    ]
    list_filter = ["evidence", "conditions", "next_review_due", "published_at"]
    search_fields = ["title", "summary", "body"]
    filter_horizontal = ["conditions"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body"]}),
        ("What it is about", {"fields": ["conditions", "evidence", "order"]}),
        ("Publishing", {"fields": ["published_at"]}),
        ("Review", {"fields": ["last_reviewed_on", "reviewed_by", "next_review_due"]}),
    ]

    @admin.display(description="review", ordering="next_review_due")
    def due(self, article: Article) -> str:
        return "due" if article.next_review_due <= timezone.localdate() else ""

    def view_on_site(self, obj: Article) -> str:
        return obj.get_absolute_url()

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """An article that ships with the site is taken off it by emptying "published at"."""
        return super().has_delete_permission(request, obj) and not (obj and ships_with_the_site(obj.slug))


@admin.register(Source)
class SourceAdmin(EditedByStaff[Source]):
    form = SourceForm
    called_by = "key"
    list_display = ["key", "citation", "what", "read", "article_count"]
    list_filter = ["read"]
    search_fields = ["key", "citation", "doi"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).annotate(article_count=Count("citations"))

    @admin.display(description="articles", ordering="article_count")
    def article_count(self, source: Any) -> int:
        return int(source.article_count)


@admin.register(Condition)
class ConditionAdmin(EditedByStaff[Condition]):
    called_by = "slug"
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "also_known_as"]
    search_fields = ["name", "also_known_as"]

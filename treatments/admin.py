"""For editors: articles with their review dates, the sources they cite, the conditions they speak of."""

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format

from treatments import desk
from treatments.actions import save_by_staff
from treatments.content import ships_with_the_site
from treatments.forms import ArticleForm, SourceForm
from treatments.models import Article, ArticleQuerySet, Condition, Source
from treatments.standards import remarks_on

Row = TypeVar("Row", Article, Condition, Source)
SOON = datetime.timedelta(days=60)
MOST_REMARKS_SHOWN = 5


class EditedByStaff(admin.ModelAdmin[Row]):
    """Saving makes a shipped row staff's own. What others call it by stays as it is."""

    called_by: str

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> list[str]:
        return [self.called_by] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Row | None = None) -> dict[str, Any]:
        return {} if obj else dict(self.prepopulated_fields)

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        if form.has_changed():
            self.save(request, obj, form)

    def save(self, request: HttpRequest, row: Row, form: Any) -> None:
        save_by_staff(row)


class OnTheSite(admin.SimpleListFilter):
    title = "on the site"
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("published", "Published"), ("scheduled", "Scheduled"), ("draft", "Draft")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        articles: ArticleQuerySet = queryset  # type: ignore[assignment]  # the manager's own
        chosen = {"published": articles.published, "scheduled": articles.scheduled, "draft": articles.drafts}
        return chosen[self.value() or ""]() if self.value() in chosen else queryset


class ReviewDue(admin.SimpleListFilter):
    title = "next review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "Due now"), ("soon", f"Due within {SOON.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        articles: ArticleQuerySet = queryset  # type: ignore[assignment]  # the manager's own
        days = {"due": timezone.localdate(), "soon": timezone.localdate() + SOON}
        return articles.due_for_review(on=days[self.value() or ""]) if self.value() in days else queryset


@admin.register(Article)
class ArticleAdmin(EditedByStaff[Article]):
    form = ArticleForm
    called_by = "slug"
    prepopulated_fields = {"slug": ["title"]}
    list_display = [
        "title",
        "on_the_site",
        "evidence",
        "last_reviewed_on",
        "reviewed_by",
        "next_review_due",
        "due",
    ]
    list_filter = [OnTheSite, ReviewDue, "evidence", "conditions"]
    search_fields = ["title", "summary", "body"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body"]}),
        ("What it is about", {"fields": ["conditions", "evidence", "order"]}),
        ("Publishing", {"fields": ["published_at"]}),
        ("Review", {"fields": ["last_reviewed_on", "reviewed_by", "reviewed_anew", "next_review_due"]}),
    ]

    class Media:
        css = {"all": ["css/panels.css", "css/article.css", "css/article-editor.css"]}
        js = [Script("js/article-preview.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "preview/": ("preview", desk.preview),
            "<int:pk>/draft-link/": ("draft_link", desk.draft_link),
            "<int:pk>/go-back/<int:version>/": ("go_back", desk.go_back),
        }
        own = [
            path(address, self.admin_site.admin_view(view), name=f"treatments_article_{name}")
            for address, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).defer("search_vector", "search_text", "rendered_body")

    @admin.display(description="on the site", ordering="published_at")
    def on_the_site(self, article: Article) -> str:
        if article.published_at is None:
            return "Draft"
        begins = timezone.localtime(article.published_at)
        if begins <= timezone.now():
            return f"Since {date_format(begins, 'M j, Y')}"
        return f"Scheduled for {date_format(begins, 'M j, Y, P')}"

    @admin.display(description="review", ordering="next_review_due")
    def due(self, article: Article) -> str:
        return "due" if article.next_review_due <= timezone.localdate() else ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        due = Article.objects.due_for_review(on=timezone.localdate()).count()
        return super().changelist_view(request, {**(extra_context or {}), "review_due": due})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return desk.history(request, object_id)

    def save(self, request: HttpRequest, row: Article, form: Any) -> None:
        by = request.user.get_username()
        lost = save_by_staff(row, by=by, reviewed_anew=form.cleaned_data["reviewed_anew"])
        if lost:
            messages.warning(
                request,
                "The words changed after the review, so the page says again that no clinician has reviewed it. "
                "When one has, enter the name and tick “reviewed as it stands now”.",
            )
        remarks = remarks_on(row.body, besides=f"{row.title}\n{row.summary}")
        for remark in remarks[:MOST_REMARKS_SHOWN]:
            messages.warning(request, str(remark))
        if len(remarks) > MOST_REMARKS_SHOWN:
            messages.warning(
                request, f"And {len(remarks) - MOST_REMARKS_SHOWN} more; the preview lists them all."
            )

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

"""The public pages on treatments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic_site.clinic import Clinic, current_clinic
from clinic_site.inline_styles import inline_styles
from treatments import linked_data
from treatments.actions import hash_of_token
from treatments.models import Article, ArticleQuerySet, DraftLink
from treatments.search import find_articles

STYLE_SHEETS = ("css/tokens.css", "css/base.css", "css/panels.css", "css/article.css")


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    path = reverse("treatments:list")
    trail = linked_data.breadcrumbs(request, ("Home", reverse("home")), ("Articles", path))
    context = {
        "articles": Article.objects.published().in_brief(),
        "listing": linked_data.listing_of(request, path, [trail]),
    }
    return render(request, "treatments/list.html", context)


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    article = Article.objects.published().filter(slug=slug).first()
    if article is None:  # only now ask who is reading: a public page needs no session
        article = get_object_or_404(drafts_for(request), slug=slug)
    return article_page(request, article)


@require_safe
@never_cache
def draft(request: HttpRequest, token: str) -> HttpResponse:
    """A draft, for whoever was sent its link, until the link ends."""
    link = DraftLink.objects.select_related("article").filter(token_hash=hash_of_token(token)).first()
    if link is None or link.expires_at <= timezone.now():
        return render(request, "treatments/draft_ended.html", status=404)
    return article_page(request, link.article, link=link)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "treatments/search.html", {"found": find_articles(request.GET.get("q", ""))})


def article_page(request: HttpRequest, article: Article, *, link: DraftLink | None = None) -> HttpResponse:
    clinic, styles = current_clinic(), inline_styles(*STYLE_SHEETS, on_wide_screens="css/fonts.css")
    context = {
        "article": article,
        "clinic": clinic,
        "citations": article.citations.select_related("source"),
        "link": link,
        "listing": None if link else article_listing(request, article, clinic),
        "related": Article.objects.published().in_brief().related_to(article)[:3],
        "styles": styles,
    }
    return styles.admitted_in(render(request, "treatments/detail.html", context))


def article_listing(request: HttpRequest, article: Article, clinic: Clinic) -> linked_data.Listing:
    path = article.get_absolute_url()
    steps = (("Home", reverse("home")), ("Articles", reverse("treatments:list")), (article.title, path))
    things = [
        linked_data.article_page(request, article, clinic),
        linked_data.breadcrumbs(request, *steps),
    ]
    return linked_data.listing_of(request, path, things, kind="article")


def drafts_for(request: HttpRequest) -> ArticleQuerySet:
    """What this reader may see besides published articles: all of them for staff with the permission."""
    user = getattr(request, "user", None)  # a process that serves the public alone has no sign-in
    may_see = user is not None and user.has_perm("treatments.view_article")
    return Article.objects.all() if may_see else Article.objects.none()

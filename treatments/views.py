"""The public pages on treatments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from treatments.actions import hash_of_token
from treatments.models import Article, ArticleQuerySet, DraftLink
from treatments.search import find_articles


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    return render(request, "treatments/list.html", {"articles": Article.objects.published().in_brief()})


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
    context = {
        "article": article,
        "citations": article.citations.select_related("source"),
        "link": link,
        "related": Article.objects.published().in_brief().related_to(article)[:3],
    }
    return render(request, "treatments/detail.html", context)


def drafts_for(request: HttpRequest) -> ArticleQuerySet:
    """What this reader may see besides published articles: all of them for staff with the permission."""
    user = getattr(request, "user", None)  # a process that serves the public alone has no sign-in
    may_see = user is not None and user.has_perm("treatments.view_article")
    return Article.objects.all() if may_see else Article.objects.none()

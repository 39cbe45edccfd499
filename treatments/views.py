"""The public pages on treatments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from treatments.models import Article, ArticleQuerySet


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    return render(request, "treatments/list.html", {"articles": Article.objects.published().in_brief()})


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    article = Article.objects.published().filter(slug=slug).first()
    if article is None:  # only now ask who is reading: a public page needs no session
        article = get_object_or_404(drafts_for(request), slug=slug)
    context = {
        "article": article,
        "citations": article.citations.select_related("source"),
        "related": Article.objects.published().in_brief().related_to(article)[:3],
    }
    return render(request, "treatments/detail.html", context)


def drafts_for(request: HttpRequest) -> ArticleQuerySet:
    """What this reader may see besides published articles: all of them for staff with the permission."""
    user = getattr(request, "user", None)  # a process that serves the public alone has no sign-in
    may_see = user is not None and user.has_perm("treatments.view_article")
    return Article.objects.all() if may_see else Article.objects.none()

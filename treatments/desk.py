"""The editors' pages beside Django's own: preview, history and the way back, links to a draft."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from treatments.actions import end_draft_links, go_back_to, make_draft_link
from treatments.addresses import whole_address
from treatments.content import citation_problem
from treatments.forms import DraftLinkForm
from treatments.history import steps_of
from treatments.markdown import LONGEST_BODY
from treatments.markdown import render as render_markdown
from treatments.models import Article, ArticleVersion, Source
from treatments.standards import remarks_on

CHANGE = "treatments.change_article"
MOST_VERSIONS_SHOWN = 50


def require(request: HttpRequest, *rights: str) -> None:
    if not any(request.user.has_perm(right) for right in rights):
        raise PermissionDenied


@require_POST
@never_cache
def preview(request: HttpRequest) -> HttpResponse:
    """What a text that is being written would become: rendered and sanitised as on the site, with remarks."""
    require(request, CHANGE, "treatments.add_article")
    body = request.POST.get("body", "").replace("\r\n", "\n").replace("\0", "")
    title, summary = request.POST.get("title", ""), request.POST.get("summary", "")
    html, remarks = previewed(body, besides=f"{title}\n{summary}")
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"html": html, "remarks": remarks})
    context = {"title": title or "Preview", "summary": summary, "html": html, "remarks": remarks}
    return render(request, "admin/treatments/article_preview.html", page_context(request, **context))


def previewed(body: str, *, besides: str) -> tuple[str, list[str]]:
    if len(body) > LONGEST_BODY:
        return "", [f"The text has {len(body):,} characters. At most {LONGEST_BODY:,} can be kept."]
    problem = citation_problem(body, known=Source.objects.values_list("key", flat=True))
    remarks = [f"Line {problem.line}: {problem.reason}"] if problem else []
    return render_markdown(body).html, remarks + [str(remark) for remark in remarks_on(body, besides=besides)]


@require_safe
def history(request: HttpRequest, object_id: str) -> HttpResponse:
    require(request, CHANGE, "treatments.view_article")
    article = get_object_or_404(Article, pk=object_id) if object_id.isdecimal() else None
    if article is None:
        raise PermissionDenied
    versions = list(ArticleVersion.objects.filter(slug=article.slug)[:MOST_VERSIONS_SHOWN])
    context = {
        "article": article,
        "steps": list(steps_of(versions)),
        "may_change": request.user.has_perm(CHANGE),
        "title": f"History of “{article}”",
    }
    return render(request, "admin/treatments/article_history.html", page_context(request, **context))


@require_POST
def go_back(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    require(request, CHANGE)
    article = get_object_or_404(Article, pk=pk)
    chosen = get_object_or_404(ArticleVersion, pk=version, slug=article.slug)
    known = Source.objects.values_list("key", flat=True)
    if problem := citation_problem(chosen.wording["body"], known=known):
        messages.error(request, f"Nothing was changed. Line {problem.line} of that version: {problem.reason}")
    else:
        lost = go_back_to(chosen, by=request.user.get_username())
        said = "The words of that version are back, as the newest version."
        messages.success(request, f"{said} They count as not yet reviewed by a clinician." if lost else said)
    return redirect("admin:treatments_article_history", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def draft_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link, show it this once, or end all of them."""
    require(request, CHANGE)
    article = get_object_or_404(Article, pk=pk)
    form = DraftLinkForm(request.POST if "make" in request.POST else None)
    link = ""
    if "end" in request.POST:
        end_draft_links(article)
        messages.success(request, "Every link to this draft has ended.")
        return redirect(request.path)
    if form.is_valid():
        token = make_draft_link(article, days=form.cleaned_data["days"], by=request.user.get_username())
        link = whole_address(request, reverse("treatments:draft", args=[token]))
    context = {
        "article": article,
        "form": form,
        "link": link,
        "links": article.draft_links.filter(expires_at__gt=timezone.now()),
        "title": f"Links to the draft “{article}”",
    }
    return render(request, "admin/treatments/article_draft_link.html", page_context(request, **context))


def page_context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    return {**admin.site.each_context(request), "opts": Article._meta, **more}

"""What tells search engines and feed readers which articles there are."""

import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from clinic_site.clinic import current_clinic
from treatments.models import Article, ArticleQuerySet

LATEST = 20


class OnThePublicSite(Sitemap):  # type: ignore[type-arg]  # not a generic class where the admin is not loaded
    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc or super().get_domain(site)


class ArticleSitemap(OnThePublicSite):
    def items(self) -> ArticleQuerySet:
        return Article.objects.published().only("slug", "updated_at")

    def lastmod(self, article: Article) -> datetime.datetime:
        return article.updated_at


class ArticleFeed(Feed):  # type: ignore[type-arg]
    """Atom: the newest first, each with its summary."""

    feed_type = Atom1Feed
    subtitle = "Ketamine for chronic pain: what is known, and what is not."

    def title(self) -> str:
        return f"Articles – {current_clinic().name}"

    def link(self) -> str:
        return reverse("treatments:list")

    def items(self) -> ArticleQuerySet:
        return Article.objects.published().order_by("-published_at", "order")[:LATEST]

    def item_title(self, item: Article) -> str:
        return item.title

    def item_description(self, item: Article) -> str:
        return item.summary

    def item_pubdate(self, item: Article) -> datetime.datetime | None:
        return item.published_at

    def item_updateddate(self, item: Article) -> datetime.datetime:
        return item.updated_at

"""The public pages, for search engines."""

from django.urls import reverse

from clinic_site.notices import NoticeKind
from treatments.feeds import ArticleSitemap, OnThePublicSite

PAGES = (
    "home",
    "treatments:list",
    "contact",
    "people",
    "cost",
    "accessibility",
    "words",
    "intake:start",
    *NoticeKind.values,
)


class PageSitemap(OnThePublicSite):
    """Pages that are no articles, by the names of their addresses."""

    def items(self) -> tuple[str, ...]:
        return PAGES

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {"pages": PageSitemap, "articles": ArticleSitemap}

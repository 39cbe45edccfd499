"""How a page is listed elsewhere: its one address, what a shared link shows, and schema.org's words for machines.

The script element that carries them is a block of data: a browser never runs it, so the Content-Security-Policy lets it
stand without an exception.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from clinic_site.clinic import Clinic, Weekday
from treatments.addresses import whole_address
from treatments.models import Article

SHARED_IMAGE = "img/share.png"
Thing = dict[str, Any]
# No text can end the element that it stands in.
INSIDE_A_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@dataclass(frozen=True, slots=True)
class Listing:
    """What templates/components/listing.html prints."""

    address: str
    image: str
    things: SafeString
    kind: str = "website"


def listing_of(
    request: HttpRequest, path: str, things: Sequence[Thing] = (), *, kind: str = "website"
) -> Listing:
    return Listing(
        address=whole_address(request, path),
        image=whole_address(request, static(SHARED_IMAGE)),
        things=data_block(things),
        kind=kind,
    )


def data_block(things: Sequence[Thing]) -> SafeString:
    """A script element of data, or nothing for nothing.

    >>> data_block([{"name": "</script>"}])
    '<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"name":"\\\\u003C/script\\\\u003E"}]}</script>'
    """
    if not things:
        return SafeString("")
    graph = {"@context": "https://schema.org", "@graph": list(things)}
    written = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(INSIDE_A_SCRIPT)
    # JSON in which nothing can end the element: INSIDE_A_SCRIPT wrote every <, > and & as an escape.
    data = mark_safe(written)  # noqa: S308 # nosec B308 B703
    return format_html('<script type="application/ld+json">{}</script>', data)


def article_page(request: HttpRequest, article: Article, clinic: Clinic) -> Thing:
    """An article; who reviewed it is named only where staff entered a clinician."""
    page: Thing = {
        "@type": "MedicalWebPage",
        "name": article.title,
        "description": article.summary,
        "url": whole_address(request, article.get_absolute_url()),
        "inLanguage": "en",
        "lastReviewed": article.last_reviewed_on.isoformat(),
        "dateModified": article.updated_at.date().isoformat(),
        "publisher": {"@type": "MedicalClinic", "name": clinic.name},
    }
    if article.published_at:
        page["datePublished"] = article.published_at.date().isoformat()
    if article.reviewed_by:
        page["reviewedBy"] = {"@type": "Person", "name": article.reviewed_by}
    if conditions := [condition.name for condition in article.conditions.all()]:
        page["about"] = [{"@type": "MedicalCondition", "name": name} for name in conditions]
    return page


def breadcrumbs(request: HttpRequest, *steps: tuple[str, str]) -> Thing:
    """Where a page stands: (name, path) of each step, from the home page on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": whole_address(request, path)}
            for place, (name, path) in enumerate(steps, start=1)
        ],
    }


def clinic_itself(request: HttpRequest, clinic: Clinic) -> list[Thing]:
    """The clinic as a place; nothing where nobody has entered its facts."""
    if not clinic.pk:
        return []
    place: Thing = {
        "@type": "MedicalClinic",
        "name": clinic.name,
        "url": whole_address(request, reverse("home")),
        "telephone": clinic.phone_link,
        "openingHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": str(Weekday(row.weekday).label),
                "opens": f"{row.opens:%H:%M}",
                "closes": f"{row.closes:%H:%M}",
            }
            for row in clinic.opening_hours.all()
        ],
    }
    if clinic.street or clinic.city:
        parts = {
            "streetAddress": clinic.street,
            "addressLocality": clinic.city,
            "addressRegion": clinic.state,
            "postalCode": clinic.postal_code,
            "addressCountry": "US",
        }
        place["address"] = {"@type": "PostalAddress"} | {name: part for name, part in parts.items() if part}
    return [place]

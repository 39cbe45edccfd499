"""The public pages of the clinic's notices."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from clinic_site import clinic as facts
from clinic_site.notices import NoticeKind, NoticeVersion
from treatments import linked_data, markdown


@require_safe
def notice(request: HttpRequest, kind: NoticeKind) -> HttpResponse:
    version = NoticeVersion.objects.shown(kind)
    if version is None:
        raise Http404
    clinic = facts.current_clinic()
    html = markdown.render(version.text_for(clinic)).html
    context = {
        "clinic": clinic,
        "notice": version,
        "title": kind.label,
        "html": mark_safe(html),  # noqa: S308 - sanitised when it was rendered # nosec B308 B703
        "listing": linked_data.listing_of(request, reverse(kind.value)),
    }
    return render(request, "clinic_site/notice.html", context)


urlpatterns: list[URLPattern] = [
    path(f"{kind}/", notice, {"kind": kind}, name=kind.value) for kind in NoticeKind
]

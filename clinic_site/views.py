"""Home, contact, health, and the pages for when something went wrong."""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic_site.clinic import clinic_whatever_happens
from treatments.models import Article


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic_site/home.html", {"articles": Article.objects.published().in_brief()})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic_site/contact.html")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", {"clinic": clinic_whatever_happens()}, status=500)


def role_in_templates(request: HttpRequest) -> dict[str, object]:
    """The staff's process has error pages and articles too, and cannot link to the screening."""
    return {"role": settings.ROLE, "idle_warning": settings.SESSION_WARNING}


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose security token is missing or old. What was saved on earlier pages is still there."""
    return render(request, "403_form_expired.html", status=403)

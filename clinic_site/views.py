"""Home, contact, health, and the pages for when something went wrong."""

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic_site import clinic as facts
from treatments import linked_data
from treatments.addresses import whole_address
from treatments.glossary import GLOSSARY, Term
from treatments.models import Article

CLOSED_TO_ROBOTS = ["/search/", "/admin/", "/fhir/", "/screening/resume/"]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {"articles": Article.objects.published().in_brief(), **as_the_clinics(request, "home")}
    return render(request, "clinic_site/home.html", context)


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic_site/contact.html", as_the_clinics(request, "contact"))


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    context = {"articles": Article.objects.published().in_brief(), **as_the_clinics(request, "people")}
    return render(request, "clinic_site/people.html", context)


@require_safe
def cost(request: HttpRequest) -> HttpResponse:
    context = {"articles": Article.objects.published().in_brief(), **as_the_clinics(request, "cost")}
    return render(request, "clinic_site/cost.html", context)


@require_safe
def words(request: HttpRequest) -> HttpResponse:
    context = {"terms": sorted(GLOSSARY.values(), key=by_word), **as_the_clinics(request, "words")}
    return render(request, "clinic_site/words.html", context)


def by_word(term: Term) -> str:
    return term.word.lower()


def as_the_clinics(request: HttpRequest, name: str) -> dict[str, object]:
    """The clinic, and how the page of that name is listed elsewhere: as the clinic's."""
    clinic = facts.current_clinic()
    things = linked_data.clinic_itself(request, clinic)
    return {"clinic": clinic, "listing": linked_data.listing_of(request, reverse(name), things)}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Articles are for everybody to find; a clinic that is made up is for nobody."""
    closed = ["/"] if facts.current_clinic().is_demonstration else CLOSED_TO_ROBOTS
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    lines += ["", f"Sitemap: {whole_address(request, reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was tested and what was not, so that nobody must find out the hard way."""
    return render(request, "clinic_site/accessibility.html")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness in the site (RFC 9116); gone once nobody has promised to read it."""
    clinic = facts.current_clinic()
    if not clinic.takes_security_reports(on=timezone.localdate()):
        raise Http404
    languages = ", ".join(code for code, _ in settings.LANGUAGES)
    lines = [
        f"Contact: mailto:{clinic.security_email}",
        f"Expires: {clinic.security_email_until}T23:59:59Z",
        f"Preferred-Languages: {languages}",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", {"clinic": facts.clinic_whatever_happens()}, status=500)


def role_in_templates(request: HttpRequest) -> dict[str, object]:
    """The staff's process has error pages and articles too, and cannot link to the screening."""
    return {"role": settings.ROLE, "demo": settings.DEMO, "idle_warning": settings.SESSION_WARNING}


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose security token is missing or old. What was saved on earlier pages is still there."""
    return render(request, "403_form_expired.html", status=403)

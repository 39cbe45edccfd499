"""The published questionnaires for other systems, by FHIR R4's REST interface: metadata, read and search.

All of it is what a clinic shows to everybody who opens its form. No view here knows a session, a patient or the
triage rules.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.csrf import csrf_exempt

from intake.models import QuestionnaireVersion
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.fhir_values import Resource

FHIR_JSON = "application/fhir+json; fhirVersion=4.0"
METHODS = ("GET", "HEAD")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # may stand at the start of a file, and nowhere else

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]


def public(view: View[Parameters]) -> View[Parameters]:
    """Read only, and readable by the scripts of any site.

    `Access-Control-Allow-Origin: *` gives nothing away: every answer is the same for everybody, no cookie is looked
    at or set, and with the star browsers send none. Form builders and record systems that run in a browser need it.
    Nothing is changed here, so no form's token is asked for, and another method gets its answer in FHIR too.
    """

    @csrf_exempt
    @functools.wraps(view)
    def read_only(
        request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponseBase:
        if request.method in METHODS:
            response = view(request, *args, **kwargs)
        else:
            response = outcome(405, "not-supported", "Only reading is offered here: use GET.")
            response["Allow"] = ", ".join(METHODS)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return read_only


@public
def questionnaire(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The file as it was imported: the version that new forms begin with, or the one that is asked for."""
    number = parameter(request, "version")
    versions = QuestionnaireVersion.objects
    if number:
        # A retired one too: responses that name it are still out there.
        named = versions.ever_published().filter(slug=slug, version=number)
        version = named.order_by("-published_at", "-pk").first()
    else:
        version = versions.current(slug)
    if version is None:
        return not_found(request)
    return answer(request, bytes(version.source))


@public
def questionnaires(request: HttpRequest) -> HttpResponseBase:
    """A search by url and version. Without both it finds what is in use; by both a retired version too."""
    url, number = parameter(request, "url"), parameter(request, "version")
    versions = QuestionnaireVersion.objects.defer("rules_source").order_by("slug", "-published_at", "-pk")
    found = versions.ever_published() if url and number else versions.published()
    wanted = {name: value for name, value in (("url", url), ("version", number)) if value}
    return answer(request, searchset(request, found.filter(**wanted), wanted))


@public
def metadata(request: HttpRequest) -> HttpResponseBase:
    return answer(request, to_bytes(capability_statement(request.build_absolute_uri(reverse("fhir:base")))))


@public
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    return not_found(request)


def parameter(request: HttpRequest, name: str) -> str:
    """Its value, "" where it is not given; PostgreSQL takes no NUL, and no questionnaire has one."""
    return request.GET.get(name, "").replace("\0", "\ufffd")


def answer(request: HttpRequest, contents: bytes) -> HttpResponseBase:
    """The bytes, or 304 for whoever has them already. Of a questionnaire the ETag is its definition hash."""
    response = HttpResponse(contents, content_type=FHIR_JSON)
    response["Cache-Control"] = "public, max-age=300"
    etag = quote_etag(hashlib.sha256(contents).hexdigest())
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def not_found(request: HttpRequest) -> HttpResponse:
    listed = request.build_absolute_uri(reverse("fhir:questionnaires"))
    return outcome(
        404, "not-found", f"Nothing is published here. {listed} lists the questionnaires that are."
    )


def outcome(status: int, code: str, words: str) -> HttpResponse:
    """An OperationOutcome; it is not to be cached, since what is missing today may be published tomorrow."""
    issue = {"severity": "error", "code": code, "details": {"text": words}}
    contents = to_bytes({"resourceType": "OperationOutcome", "issue": [issue]})
    return HttpResponse(
        contents, status=status, content_type=FHIR_JSON, headers={"Cache-Control": "no-store"}
    )


def searchset(
    request: HttpRequest, versions: Iterable[QuestionnaireVersion], wanted: dict[str, str]
) -> bytes:
    """A Bundle around the files as they were imported: each keeps its bytes here too."""
    own = request.build_absolute_uri(reverse("fhir:questionnaires"))
    entries = [entry(request, version) for version in versions]
    whole: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": f"{own}?{urlencode(wanted)}" if wanted else own}],
    }
    inside = b',"entry":[' + b",".join(entries) + b"]" if entries else b""
    return to_bytes(whole).removesuffix(b"}") + inside + b"}"


def entry(request: HttpRequest, version: QuestionnaireVersion) -> bytes:
    """Its address names the version, since no two entries of a Bundle may have the same one."""
    address = request.build_absolute_uri(reverse("fhir:questionnaire", args=[version.slug]))
    full_url = json.dumps(f"{address}?{urlencode({'version': version.version})}").encode()
    source = bytes(version.source).removeprefix(BYTE_ORDER_MARK)
    return b'{"fullUrl":' + full_url + b',"resource":' + source + b',"search":{"mode":"match"}}'


def capability_statement(base: str) -> Resource:
    """What this server can do, as a FHIR client asks for it first."""
    definition = "http://hl7.org/fhir/SearchParameter/Questionnaire-"
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",  # of these words; change it with them
        "kind": "instance",
        "software": {"name": "Clinic site"},
        "implementation": {"description": "The questionnaires that this clinic has published.", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Read only. It knows questionnaires and no patients.",
                "security": {"cors": True, "description": "None is needed: all of it is public."},
                "resource": [
                    {
                        "type": "Questionnaire",
                        "documentation": (
                            "Each is the file as it was imported, byte for byte, so it may have an id of its own or "
                            "none. It is read by its name in addresses: the version in use, or with the parameter "
                            "`version` one that was published before."
                        ),
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "versioning": "no-version",
                        "searchParam": [
                            {"name": "url", "definition": f"{definition}url", "type": "uri"},
                            {
                                "name": "version",
                                "definition": f"{definition}version",
                                "type": "token",
                                "documentation": "With the url, it finds a retired version too.",
                            },
                        ],
                    }
                ],
            }
        ],
    }

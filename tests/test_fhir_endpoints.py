"""Other systems fetch the clinic's published questionnaires, and nothing else."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import actions
from intake.exports import submission_bundle
from intake.management.commands.load_questionnaires import SHIPPED
from intake.models import QuestionnaireVersion, Submission
from tests.applicant import send
from tests.engine_builders import choice, questionnaire_json
from tests.screening_answers import RULES, RULES_SOURCE, SCREENING

pytestmark = pytest.mark.django_db

SEARCH = "/fhir/Questionnaire"
READ = f"{SEARCH}/ketamine-screening"
METADATA = "/fhir/metadata"
ADDRESSES = (READ, f"{READ}?version={SCREENING.version}", SEARCH, f"{SEARCH}?url={SCREENING.url}", METADATA)
WRONG_ADDRESSES = (
    "/fhir/",
    "/fhir/Questionnaire/nothing",
    "/fhir/Patient",
    "/fhir/Patient/1?name=x",
    f"{READ}/x",
)
FHIR_JSON = "application/fhir+json; fhirVersion=4.0"
KIDNEYS = "https://clinic.example/fhir/Questionnaire/kidney-check"

# JSON as nobody writes it: the order, the spaces, the line ends, the digits and the escapes are its own.
ODD = (
    b'\r\n\t{"item" :[ {"type":"decimal","linkId":"a","text":"A\\u00e9\xc3\xa9\\/?",\r\n'
    b'"extension":[{"valueDecimal":1.50,"url":"http://hl7.org/fhir/StructureDefinition/maxValue"}] } ],\r\n\r\n'
    b'  "version":"1.0.0", "url":"https://clinic.example/fhir/Questionnaire/odd","id":"an-odd-one",'
    b'"status":"active"  ,\t"resourceType":"Questionnaire"}\r\n \r\n'
)


def imported(source: bytes, rules: bytes | None = None) -> QuestionnaireVersion:
    return actions.import_questionnaire(source, rules, at=timezone.now())


def published(source: bytes, rules: bytes | None = None) -> QuestionnaireVersion:
    return actions.publish(imported(source, rules), signed_off_by="Dr. Test", at=timezone.now())


def kidney_check(version: str, words: str = "Kidneys?") -> bytes:
    return questionnaire_json(choice("kidneys", text=words), url=KIDNEYS, version=version)


def search(client: Client, **wanted: str) -> dict[str, Any]:
    """The Bundle of a search, sound, in which each entry is what its address leads to."""
    response = client.get(SEARCH, wanted)
    assert response.status_code == 200
    bundle: dict[str, Any] = json.loads(response.content)
    get_fhir_model_class("Bundle").model_validate(bundle)
    assert bundle["type"] == "searchset"
    assert bundle.get("entry") != []
    entries = bundle.get("entry", [])
    assert bundle["total"] == len(entries) == len({entry["fullUrl"] for entry in entries})
    for entry in entries:
        assert json.loads(client.get(entry["fullUrl"]).content) == entry["resource"]
        assert entry["search"] == {"mode": "match"}
    return bundle


def found(client: Client, **wanted: str) -> list[str]:
    resources = [entry["resource"] for entry in search(client, **wanted).get("entry", [])]
    return [f"{one['url'].rpartition('/')[2]} {one['version']}" for one in resources]


def issue_of(response: Any) -> str:
    """The code of the one thing that an OperationOutcome complains of."""
    assert response.headers["Content-Type"] == FHIR_JSON
    assert response.headers["Cache-Control"] == "no-store"
    outcome = json.loads(response.content)
    get_fhir_model_class("OperationOutcome").model_validate(outcome)
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["text"]
    return str(issue["code"])


# Read


def test_the_screening_is_read_by_its_name_as_it_was_imported(client: Client) -> None:
    response = client.get(READ)
    assert response.content == (SHIPPED / "ketamine-screening.json").read_bytes()
    assert response.headers["Content-Type"] == FHIR_JSON
    get_fhir_model_class("Questionnaire").model_validate(json.loads(response.content))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_a_file_of_any_spelling_comes_back_byte_for_byte(
    client: Client, staff_client: Client, mark: bytes
) -> None:
    version = published(mark + ODD)
    assert client.get(f"{SEARCH}/odd").content == mark + ODD
    assert client.get(f"{SEARCH}/odd?version=1.0.0").content == mark + ODD
    download = f"/admin/intake/questionnaireversion/{version.pk}/questionnaire/"
    assert staff_client.get(download).content == mark + ODD
    bundle = client.get(SEARCH, {"url": version.url}).content
    assert ODD in bundle
    assert json.loads(bundle)["entry"][0]["resource"] == json.loads(ODD)


def test_a_name_leads_to_the_version_in_use_and_a_number_to_any_that_was_published(client: Client) -> None:
    first, second = kidney_check("1.0.0"), kidney_check("2.0.0", "Your kidneys?")
    old = published(first)
    assert client.get(f"{SEARCH}/kidney-check").content == first
    new = published(second)
    assert client.get(f"{SEARCH}/kidney-check").content == second
    assert client.get(f"{SEARCH}/kidney-check?version=1.0.0").content == first
    actions.retire(old, at=timezone.now())
    assert client.get(f"{SEARCH}/kidney-check?version=1.0.0").content == first
    actions.retire(new, at=timezone.now())
    assert issue_of(client.get(f"{SEARCH}/kidney-check")) == "not-found"
    assert client.get(f"{SEARCH}/kidney-check?version=2.0.0").content == second


def test_a_submission_names_a_version_that_can_be_fetched(client: Client) -> None:
    send(client)
    bundle = submission_bundle(Submission.objects.get())
    url, _, number = bundle["entry"][1]["resource"]["questionnaire"].partition("|")
    (entry,) = search(Client(), url=url, version=number)["entry"]
    assert (entry["resource"]["url"], entry["resource"]["version"]) == (url, number)


# Search


def test_a_search_finds_what_is_in_use_and_by_url_and_version_a_retired_one_too(client: Client) -> None:
    shipped = f"ketamine-screening {SCREENING.version}"
    assert found(client) == [shipped]
    old = published(kidney_check("1.0.0"))
    published(kidney_check("2.0.0"))
    assert found(client) == [shipped, "kidney-check 2.0.0", "kidney-check 1.0.0"]
    actions.retire(old, at=timezone.now())
    assert found(client) == [shipped, "kidney-check 2.0.0"]
    assert found(client, url=KIDNEYS) == found(client, version="2.0.0") == ["kidney-check 2.0.0"]
    assert found(client, url=KIDNEYS, version="1.0.0") == ["kidney-check 1.0.0"]
    assert found(client, version="1.0.0") == found(client, url=SCREENING.url, version="1") == []
    assert found(client, url=KIDNEYS.upper()) == found(client, url="kidney-check") == []


def test_a_search_says_which_of_its_parameters_counted(client: Client) -> None:
    def self_link(**wanted: str) -> list[dict[str, str]]:
        links: list[dict[str, str]] = search(client, **wanted)["link"]
        return links

    own = f"http://testserver{SEARCH}"
    assert self_link() == self_link(url="") == self_link(_count="1") == [{"relation": "self", "url": own}]
    (link,) = self_link(url=KIDNEYS, version='1"&', name="x")
    assert (
        link["url"]
        == f"{own}?url=https%3A%2F%2Fclinic.example%2Ffhir%2FQuestionnaire%2Fkidney-check&version=1%22%26"
    )


def test_a_list_takes_one_query_however_long_it_is(client: Client) -> None:
    for number in range(5):
        published(kidney_check(f"1.0.{number}"))
    with CaptureQueriesContext(connection) as queries:
        client.get(SEARCH)
    assert len(queries) == 1
    assert "rules_source" not in queries[0]["sql"]


# What is never given


def test_a_draft_is_served_nowhere(client: Client) -> None:
    imported(kidney_check("1.0.0"))
    for query in ("", "?version=1.0.0"):
        assert issue_of(client.get(f"{SEARCH}/kidney-check{query}")) == "not-found"
    assert found(client, url=KIDNEYS) == found(client, url=KIDNEYS, version="1.0.0") == []
    published(kidney_check("0.9.0"))
    assert found(client, url=KIDNEYS) == ["kidney-check 0.9.0"]
    assert issue_of(client.get(f"{SEARCH}/kidney-check?version=1.0.0")) == "not-found"


def test_no_byte_of_the_triage_rules_is_in_any_answer(client: Client) -> None:
    # The shipped rules are named like the questions they look at, which are public; these are not.
    source, rules = (
        (SHIPPED / f"ketamine-screening{ending}")
        .read_bytes()
        .replace(f'"{SCREENING.version}"'.encode(), b'"99.0.0"')
        for ending in (".json", ".rules.toml")
    )
    rules = re.sub(rb'^id = "', b'id = "confidential-', rules, flags=re.MULTILINE)
    version = published(source, rules)
    kept_back = [words for rule in version.rules.rules for words in (rule.id, rule.reason, rule.source)]
    kept_back += [threshold.source for threshold in version.rules.thresholds.values()]
    kept_back += [version.rules_hash, RULES.rules_hash]
    kept_back += [line for line in RULES_SOURCE.decode().splitlines() if len(line) > 30]
    assert len(kept_back) > 400
    answers = [client.get(address) for address in (*ADDRESSES, *WRONG_ADDRESSES, f"{READ}?version=99.0.0")]
    answers += [client.post(address) for address in ADDRESSES]
    shown = [answer.content.decode() + str(answer.headers) for answer in answers]
    assert sum("Do you have kidney disease?" in answer for answer in shown) >= 5
    assert [words for words in kept_back if any(words in answer for answer in shown)] == []


def test_nobody_is_recognised_and_no_cookie_is_set(staff_client: Client) -> None:
    send(staff_client)  # it has a secret and a session now
    for address in (*ADDRESSES, *WRONG_ADDRESSES):
        with CaptureQueriesContext(connection) as queries:
            response = staff_client.get(address)
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
        assert not [
            query for query in queries if re.search("session|auth_user|draft|submission", query["sql"])
        ]
        assert response.content == Client().get(address).content


# The protocol


def test_the_capability_statement_tells_what_is_offered(client: Client) -> None:
    statement = json.loads(client.get(METADATA).content)
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    assert statement["implementation"]["url"] == "http://testserver/fhir/"
    (offered,) = statement["rest"][0]["resource"]
    assert [one["code"] for one in offered["interaction"]] == ["read", "search-type"]
    assert [one["name"] for one in offered["searchParam"]] == ["url", "version"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_may_be_kept_for_five_minutes_by_anybody_and_is_not_sent_twice(
    client: Client, address: str
) -> None:
    response = client.get(address)
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    for known in (response.headers["ETag"], f'"other", W/{response.headers["ETag"]}', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
            assert again.headers[name] == response.headers[name]
    assert client.get(address, headers={"If-None-Match": '"other"'}).content == response.content


def test_the_etag_of_a_questionnaire_is_its_definition_hash(client: Client) -> None:
    assert client.get(READ).headers["ETag"] == f'"{SCREENING.definition_hash}"'
    published(kidney_check("1.0.0"))
    before = client.get(f"{SEARCH}/kidney-check").headers["ETag"]
    published(kidney_check("1.0.1"))
    changed = client.get(f"{SEARCH}/kidney-check", headers={"If-None-Match": before})
    assert (changed.status_code, changed.content) == (200, kidney_check("1.0.1"))


@pytest.mark.parametrize("address", [*ADDRESSES, *WRONG_ADDRESSES])
def test_head_is_answered_like_get(client: Client, address: str) -> None:
    head, whole = client.head(address), client.get(address)
    assert (head.status_code, head.headers, head.content) == (whole.status_code, whole.headers, b"")


@pytest.mark.parametrize("address", [*ADDRESSES, *WRONG_ADDRESSES])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_only_reading_is_offered_and_other_methods_are_told_so_in_fhir(address: str, method: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.generic(method, address, data="{}", content_type="application/fhir+json")
    assert response.status_code == 405
    assert issue_of(response) == "not-supported"
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "address", [*WRONG_ADDRESSES, f"{READ}?version=0.0.0", f"{READ}/", "/fhir/Questionnaire/é"]
)
def test_what_is_not_there_is_told_in_fhir(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert issue_of(response) == "not-found"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "http://testserver/fhir/Questionnaire lists" in response.content.decode()


ANY_TEXT = st.text(max_size=30) | st.sampled_from(
    ["\0", "1.0.0\0", "ketamine-screening", SCREENING.url, "'", "|"]
)


@given(st.sampled_from(["", "/ketamine-screening", "/nothing"]), ANY_TEXT, ANY_TEXT)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_gets_an_answer_in_fhir(path: str, url: str, version: str) -> None:
    response = Client().get(SEARCH + path, {"url": url, "version": version})
    assert response.status_code in (200, 404)
    assert response.headers["Content-Type"] == FHIR_JSON
    json.loads(response.content)

"""What somebody without an account tries: the way to the admin past the public host, forged forms, frames."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from clinic_site.roles import Role
from intake.models import Draft
from tests.applicant import FIRST_PAGE, send, walk
from tests.processes import Hosts

NOT_FOUND, REFUSED = "404", "400"
TRICKS = {
    "GET /admin/ HTTP/1.1": NOT_FOUND,
    "GET //admin/ HTTP/1.1": NOT_FOUND,
    "GET /./admin/ HTTP/1.1": NOT_FOUND,
    "GET /screening/../admin/ HTTP/1.1": NOT_FOUND,
    "GET /%61dmin/ HTTP/1.1": NOT_FOUND,
    "GET /%2561dmin/ HTTP/1.1": NOT_FOUND,
    "GET /%2fadmin/ HTTP/1.1": NOT_FOUND,
    "GET /static/..%2fadmin/ HTTP/1.1": NOT_FOUND,
    "GET /static/../../manage.py HTTP/1.1": NOT_FOUND,
    "GET /static/%2e%2e/%2e%2e/manage.py HTTP/1.1": NOT_FOUND,
    "GET /admin/;/ HTTP/1.1": NOT_FOUND,
    "GET /admin/login/?next=/admin/ HTTP/1.1": NOT_FOUND,
    "GET /es/admin/ HTTP/1.1": NOT_FOUND,
    "GET /accounts/login/ HTTP/1.1": NOT_FOUND,
    "GET http://desk.clinic.example/admin/ HTTP/1.1": NOT_FOUND,
    "POST /screening/ HTTP/1.1\r\nX-HTTP-Method-Override: GET": "403",
    "GET / HTTP/1.1\r\nX-Original-URL: /admin/": "200",
    "GET / HTTP/1.1\r\nX-Rewrite-URL: /admin/": "200",
    "GET /admin/ HTTP/1.1\r\nX-Forwarded-Host: desk.clinic.example": NOT_FOUND,
    "GET /admin/ HTTP/1.1\r\nX-Forwarded-Prefix: /admin": NOT_FOUND,
    "GET /admin/ HTTP/1.1\r\nCookie: sessionid=x; __Host-sessionid=x": NOT_FOUND,
}
HOSTS = ("desk.clinic.example", "localhost.evil.example", "localhost@evil.example", "evil.example:80", "")


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path)
    yield hosts
    hosts.forget_logins()


def asked(site: str, request: str, *, host: str = "localhost") -> tuple[str, str]:
    """Written to the socket as it stands, which no client of good manners would do: the status, and everything."""
    address = urlsplit(site)
    lines = f"{request}\r\nHost: {host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(lines.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    return answer.split(" ", 2)[1], answer


@pytest.mark.xdist_group("database_roles")  # it makes a login
@pytest.mark.django_db(transaction=True)
def test_no_trick_reaches_the_admin_on_the_public_host(hosts: Hosts) -> None:
    with hosts.serving(Role.PUBLIC) as site:
        for request, status in TRICKS.items():
            found, answer = asked(site, request)
            assert found == status, (request, answer[:300])
            assert "assword" not in answer, request
            assert "Django" not in answer, request
        for host in HOSTS:
            found, answer = asked(site, "GET / HTTP/1.1", host=host)
            assert found == REFUSED, (host, answer[:300])
            assert "evil.example" not in answer
        over_https(site)


def over_https(site: str) -> None:
    """What only a site on HTTPS sends. `asked` speaks as the proxy does that ends it."""
    _, home = asked(site, "GET / HTTP/1.1")
    headers = home.split("\r\n\r\n")[0].lower()
    assert "strict-transport-security: max-age=31536000; includesubdomains; preload" in headers
    assert "server: granian\r\n" in headers, "no version is told"
    _, form = asked(site, "GET /screening/age/ HTTP/1.1")
    (cookie,) = [line for line in form.split("\r\n") if line.lower().startswith("set-cookie")]
    assert "__Host-csrftoken=" in cookie
    assert {"HttpOnly", "Path=/", "Secure", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    # In the clear: led to HTTPS, and never to a host that the visitor named.
    address = urlsplit(site)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(b"GET /screening/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = connection.recv(65536).decode()
    assert answer.split(" ", 2)[1] == "301"
    assert "location: https://localhost/screening/" in answer.lower()


def strict_client(**headers: Any) -> Client:
    return Client(enforce_csrf_checks=True, **headers)


def token(client: Client) -> str:
    client.get(FIRST_PAGE)
    return str(client.cookies["csrftoken"].value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", [FIRST_PAGE, "/screening/check/", "/screening/delete/", "/screening/resume/", "/screening/leave/",
             "/screening/new/", "/admin/login/"],
)  # fmt: skip
def test_a_form_without_its_token_is_refused(path: str) -> None:
    assert strict_client().post(path, {"q-adult": "yes"}).status_code == 403
    with_half = strict_client()
    token(with_half)
    assert with_half.post(path, {"q-adult": "yes"}).status_code == 403
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_a_form_on_another_site_is_refused_even_with_the_token() -> None:
    mine = strict_client()
    posted = {"csrfmiddlewaretoken": token(mine), "code": ""}
    assert mine.post("/screening/resume/", posted).status_code == 422
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        assert mine.post("/screening/resume/", posted, HTTP_ORIGIN=origin).status_code == 403, origin
    over_https = mine.post("/screening/resume/", posted, secure=True, HTTP_REFERER="https://evil.example/")
    assert over_https.status_code == 403


@pytest.mark.django_db
def test_nobody_deletes_or_sends_a_patients_form_from_another_site(client: Client) -> None:
    walk(client)
    forged = strict_client(HTTP_ORIGIN="https://evil.example")
    forged.cookies = client.cookies
    forged.get("/screening/check/")
    posted = {"csrfmiddlewaretoken": forged.cookies["csrftoken"].value}
    for path in ("/screening/check/", "/screening/delete/", "/screening/leave/", "/screening/mail-link/"):
        assert forged.post(path, posted).status_code == 403, path
    assert not Draft.objects.get().is_receipt


@pytest.mark.django_db
def test_the_patients_cookie_goes_to_no_other_site_and_to_no_script(client: Client) -> None:
    walk(client, until="about-you")
    cookie = client.cookies["screening"]
    assert (cookie["samesite"], cookie["httponly"], cookie["path"]) == ("Lax", True, "/")


@pytest.mark.django_db
def test_no_page_may_be_framed(client: Client, staff_client: Client) -> None:
    sent = send(client)
    pages = [sent, *(client.get(path) for path in ("/", FIRST_PAGE, "/screening/support/", "/contact/"))]
    pages += [staff_client.get(path) for path in ("/admin/", "/admin/intake/submission/")]
    for page in pages:
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "options"])
def test_other_verbs_do_nothing(client: Client, method: str) -> None:
    walk(client, until="about-you")
    for path in (FIRST_PAGE, "/screening/check/", "/screening/delete/"):
        assert getattr(client, method)(path).status_code == 405, path
    assert Draft.objects.count() == 1


@pytest.mark.django_db
def test_a_file_for_the_public_form_is_refused_unread(client: Client) -> None:
    body = (
        '--x\r\nContent-Disposition: form-data; name="q-adult"; filename="a.bin"\r\n\r\n'
        + "x" * 100_000
        + "\r\n--x--\r\n"
    )
    sent = client.post(FIRST_PAGE, body, content_type="multipart/form-data; boundary=x")
    assert sent.status_code == 400
    assert not Draft.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["12000001", "99999999999999999999", "-1", "1e3", "x"])
def test_a_request_of_an_impossible_length_is_refused_unread(client: Client, length: str) -> None:
    sent = client.post(
        FIRST_PAGE, b"", content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=length
    )
    assert sent.status_code == 400
    assert "too large" in sent.text


@pytest.mark.django_db
def test_too_many_fields_are_refused(client: Client) -> None:
    posted = "&".join(f"f{number}=1" for number in range(20_001))
    sent = client.post(FIRST_PAGE, posted, content_type="application/x-www-form-urlencoded")
    assert sent.status_code == 400

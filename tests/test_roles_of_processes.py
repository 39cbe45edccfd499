"""Public, staff, worker: what each process loads, serves and refuses, as real processes with logins of their own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from clinic_site.roles import Role
from tests.catalogue import execute
from tests.processes import Hosts, database_url

# Logins are of the whole server: one worker makes them.
pytestmark = [pytest.mark.xdist_group("database_roles"), pytest.mark.django_db(transaction=True)]

ASK = """
import io, json, sys
from clinic_site.wsgi import application

def status(path):
    said = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "HTTP_X_FORWARDED_PROTO": "https", "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http"}
    b"".join(application(environ, lambda line, headers: said.append((int(line[:3]), dict(headers)))))
    return said[0][0], said[0][1].get("Location", "")

from django.apps import apps
print(json.dumps({
    "pages": {path: status(path) for path in sys.argv[1:]},
    "apps": [app.name for app in apps.get_app_configs()],
    "modules": [name for name in sys.modules if name.startswith("django.contrib.")],
}))
"""
WHO_AM_I = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print(*cursor.fetchone())
"""
PATHS = ("/", "/contact/", "/treatments/", "/screening/", "/admin/", "/admin/login/", "/health/", "/no/such/")


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path)
    yield hosts
    hosts.forget_logins()


def ask(hosts: Hosts, role: Role) -> Any:
    finished = hosts.run(role, "-c", ASK, *PATHS)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_the_public_process_has_no_sign_in_and_no_admin(hosts: Hosts) -> None:
    found = ask(hosts, Role.PUBLIC)
    assert {path: page[0] for path, page in found["pages"].items()} == {
        "/": 200,
        "/contact/": 200,
        "/treatments/": 200,
        "/screening/": 200,
        "/admin/": 404,
        "/admin/login/": 404,
        "/health/": 200,
        "/no/such/": 404,
    }
    for part in ("admin", "auth", "contenttypes", "sessions", "messages"):
        assert f"django.contrib.{part}" not in found["apps"] + found["modules"]


def test_the_staffs_process_has_the_review_desk_and_no_screening(hosts: Hosts) -> None:
    pages = ask(hosts, Role.STAFF)["pages"]
    assert {path: page[0] for path, page in pages.items()} == {
        "/": 302,
        "/contact/": 404,
        "/treatments/": 200,
        "/screening/": 404,
        "/admin/": 302,
        "/admin/login/": 200,
        "/health/": 200,
        "/no/such/": 404,
    }
    assert pages["/"][1] == "/admin/"


def test_the_worker_serves_only_its_health(hosts: Hosts) -> None:
    pages = ask(hosts, Role.WORKER)["pages"]
    assert {path for path, page in pages.items() if page[0] == 200} == {"/health/"}
    assert pages["/"] == [302, "/health/"]


def test_a_process_with_the_owners_login_steps_down_and_the_deployment_check_says_so(hosts: Hosts) -> None:
    owner = database_url_of_the_tests()
    said = hosts.run(Role.PUBLIC, "manage.py", "shell", "-v", "0", "-c", WHO_AM_I, DATABASE_URL=owner)
    assert said.stdout == "web_public\n"
    check = ("manage.py", "check", "--database", "default", "--fail-level", "WARNING")
    assert hosts.run(Role.PUBLIC, *check, DATABASE_URL=owner).returncode == 0
    deployed = hosts.run(Role.PUBLIC, *check, "--deploy", DATABASE_URL=owner)
    assert deployed.returncode == 1
    assert "clinic_site.W021" in deployed.stderr


# A clinic that entered its facts and answers for its texts.
ANSWERED_FOR = """
UPDATE clinic_site_clinic SET is_demonstration = false, name = 'Test Clinic', phone = '(410) 234-5678',
    protocol = 'Slowly.';
INSERT INTO clinic_site_person (clinic_id, name, work, training, "order") VALUES (1, 'Test Patient 17', 'Nurse', '', 1);
INSERT INTO clinic_site_price (clinic_id, what, dollars, covers, "order") VALUES (1, 'One infusion', 100, '', 1);
UPDATE clinic_site_noticeversion SET approved_by = 'Test Patient 17', approved_account = 'test', approved_at = now();
UPDATE treatments_article SET reviewed_by = 'Test Patient 17';
"""


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="another server has its own log settings")
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STAFF, Role.WORKER])
def test_each_role_passes_the_deployment_check_with_a_login_and_keys_of_its_own(
    hosts: Hosts, role: Role
) -> None:
    execute(ANSWERED_FOR)
    arguments = ("manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    key = "an-unlikely-key-of-fifty-different-characters-0123456789"
    checked = hosts.run(role, *arguments, CLINIC_SECRET_KEY=key, CLINIC_HOSTS="clinic.example")
    assert checked.returncode == 0, checked.stderr


def test_a_public_process_whose_login_reads_submissions_takes_no_request(hosts: Hosts) -> None:
    staffs = database_url(hosts.login(Role.STAFF))
    refused = hosts.run(Role.PUBLIC, "-c", "import clinic_site.wsgi", DATABASE_URL=staffs)
    assert refused.returncode != 0
    assert "may read submissions, and the public process must not" in refused.stderr


def test_a_process_that_only_serves_may_not_migrate(hosts: Hosts) -> None:
    refused = hosts.run(Role.PUBLIC, "manage.py", "migrate")
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: Not with CLINIC_ROLE=public")
    refused = hosts.run(Role.STAFF, "manage.py", "migrate")
    assert refused.returncode == 1
    assert "may not make tables. Set CLINIC_OWNER_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_owners_login_migrates_beside_the_processs_own(hosts: Hosts) -> None:
    done = hosts.run(
        Role.STAFF,
        *("manage.py", "migrate", "-v", "0"),
        CLINIC_OWNER_DATABASE_URL=database_url_of_the_tests(),
        DATABASE_URL=database_url("a_login_still_to_be_made"),
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize(
    ("role", "command"),
    [
        (Role.PUBLIC, ["seal_canary"]),
        (Role.STAFF, ["load_articles"]),
        (Role.STAFF, ["load_questionnaires"]),
        (Role.STAFF, ["create_demo_clinic"]),
        (Role.STAFF, ["createsuperuser", "--noinput", "--username", "test-nurse", "--email", ""]),
        (Role.STAFF, ["verify_audit"]),
        (Role.WORKER, ["worker", "--once"]),
        (Role.WORKER, ["clear_expired_drafts"]),
        (Role.WORKER, ["verify_audit"]),
    ],
)
def test_what_is_run_by_hand_needs_no_more_than_the_rights_of_the_role_that_it_belongs_to(
    hosts: Hosts, role: Role, command: list[str]
) -> None:
    if command[0] == "create_demo_clinic":
        execute("TRUNCATE clinic_site_clinic CASCADE")
    if command[0] == "load_articles":
        execute("TRUNCATE treatments_article CASCADE")
    done = hosts.run(role, "manage.py", *command, DJANGO_SUPERUSER_PASSWORD="a long enough password")
    assert done.returncode == 0, done.stderr


def database_url_of_the_tests() -> str:
    from django.db import connection

    return database_url(connection.settings_dict["USER"])


def test_every_page_of_the_one_process_says_that_it_is_one(staff_client: Client) -> None:
    for path in (
        "/admin/",
        "/admin/intake/submission/",
        "/admin/password_change/",
        "/admin/auth/user/add/?_popup=1",
    ):
        assert "one process for everything: for a laptop or a demonstration" in staff_client.get(path).text
    assert "one process" not in staff_client.get("/").text


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STAFF, Role.WORKER])
def test_no_process_that_serves_has_the_owners_login_or_debug_pages(hosts: Hosts, role: Role) -> None:
    door = ("-c", "import clinic_site.wsgi")
    owner = database_url(connection.settings_dict["USER"])
    assert "would own every table" in hosts.run(role, *door, CLINIC_OWNER_DATABASE_URL=owner).stderr
    assert "CLINIC_DEBUG=1 is for one process" in hosts.run(role, *door, CLINIC_DEBUG="1").stderr


def test_a_public_process_whose_rights_nobody_could_check_does_not_start(hosts: Hosts) -> None:
    nobody = "postgres://nobody@127.0.0.1:1/clinic"
    refused = hosts.run(Role.PUBLIC, "-c", "import clinic_site.wsgi", DATABASE_URL=nobody)
    assert refused.returncode == 1
    assert "its rights are not known" in refused.stderr


def test_a_private_key_is_noticed_whatever_its_file_is_called(hosts: Hosts) -> None:
    beside = Path(hosts.keys["CLINIC_PUBLIC_KEY_FILE"]).parent / "backup.txt"
    beside.write_text(hosts.private_key.read_text())
    refused = hosts.run(Role.PUBLIC, "-c", "import clinic_site.wsgi")
    assert refused.returncode == 1
    assert "backup.txt" in refused.stderr

"""Servers on which no role was made yet: one of an earlier version, and one where the site's login may make none."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from clinic_site import embedded
from clinic_site.roles import Role

ROOT = Path(__file__).parent.parent

# They share one server, and the second needs it without roles: one worker runs them all, in this order.
pytestmark = pytest.mark.xdist_group("new_server")

WHO_AM_I = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print(*cursor.fetchone())
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not pytest's own temporary folder: as root, the database's user is let pass through the folders above.
    with tempfile.TemporaryDirectory(prefix="clinic-roles-") as folder:
        yield Path(folder)


def as_superuser(folder: Path, sql: str, database: str = "postgres") -> list[Any]:
    host = str(embedded.socket_folder(folder / "postgres"))
    connection = psycopg2.connect(host=host, user="postgres", dbname=database)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def run(folder: Path, *arguments: str, role: Role = Role.ALL) -> subprocess.CompletedProcess[str]:
    """manage.py with the one login that an earlier version was set up with."""
    ours = ("CLINIC_", "DATABASE_URL", "DJANGO_", "PYTEST_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    host = "".join(f"%{byte:02x}" for byte in os.fsencode(embedded.socket_folder(folder / "postgres")))
    ours_now = {
        "CLINIC_ROLE": role,
        "CLINIC_VAR_DIR": str(folder),
        "CLINIC_SECRET_KEY": "of-a-test",
        "CLINIC_HOSTS": "localhost",
        "CLINIC_HTTPS": "0" if role is Role.ALL else "1",
        "DATABASE_URL": f"postgres://site@{host}/site",
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=plain | ours_now,
        capture_output=True,
        text=True,
    )


def test_the_owner_of_an_embedded_server_of_an_earlier_version_may_make_roles_after_a_start(
    folder: Path,
) -> None:
    may = "SELECT rolcreaterole, rolsuper FROM pg_roles WHERE rolname = 'clinic'"
    with embedded.running(folder / "postgres", settings=embedded.THROWAWAY_SETTINGS):
        assert as_superuser(folder, may) == [(True, False)]
        as_superuser(folder, "ALTER ROLE clinic NOCREATEROLE")
    with embedded.running(folder / "postgres", settings=embedded.THROWAWAY_SETTINGS):
        assert as_superuser(folder, may) == [(True, False)]


@pytest.fixture
def server(folder: Path) -> Iterator[None]:
    with embedded.running(folder / "postgres", settings=embedded.THROWAWAY_SETTINGS):
        as_superuser(folder, "CREATE ROLE site LOGIN")
        as_superuser(folder, "CREATE DATABASE site OWNER site")
        yield


def test_where_the_login_may_make_no_roles_the_site_runs_says_so_and_prints_what_somebody_must_run(
    folder: Path, server: None
) -> None:
    assert "clinic_site.E023" in run(folder, "check", "--database", "default", role=Role.WORKER).stderr
    migrated = run(folder, "migrate", "-v", "0")
    assert migrated.returncode == 0, migrated.stderr
    assert "may not make the database roles" in migrated.stderr
    assert "manage.py grant_roles --print" in migrated.stderr
    who_am_i = ("shell", "-v", "0", "-c", WHO_AM_I)
    assert run(folder, *who_am_i).stdout == "site\n"
    assert "clinic_site.W020" in run(folder, "check", "--database", "default").stderr
    assert "clinic_site.E020" in run(folder, "check", "--database", "default", role=Role.PUBLIC).stderr
    refused = run(folder, "grant_roles")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr

    printed = run(folder, "grant_roles", "--print").stdout
    assert printed.startswith("BEGIN;\nCREATE ROLE web_public NOLOGIN;\n")
    as_superuser(folder, printed, database="site")

    assert run(folder, *who_am_i).stdout == "web_all\n"
    assert "clinic_site.W020" not in run(folder, "check", "--database", "default").stderr
    granted = run(folder, "grant_roles")
    assert granted.stdout == "Wrote the grants of web_public, web_staff, web_worker, web_all.\n"
    again = run(folder, "migrate", "-v", "0")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

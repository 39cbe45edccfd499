"""The environment of the tests, made before Django reads it: a database server, the collected static files.

Each run at the same time gets a folder of its own under var/, so that two of them never meet.
"""

import fcntl
import itertools
import os
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import pytest

ROOT = Path(__file__).parent
KEPT_FROM_OUTSIDE = {"CLINIC_CHROMIUM", "CLINIC_TEST_VAR_DIR"}

for name in [name for name in os.environ if name.startswith("CLINIC_") and name not in KEPT_FROM_OUTSIDE]:
    del os.environ[name]
os.environ.update(
    DJANGO_SETTINGS_MODULE="clinic_site.settings",
    CLINIC_SECRET_KEY="for-the-tests-only",  # noqa: S106
    CLINIC_HOSTS="localhost,127.0.0.1,testserver",
    CLINIC_HTTPS="0",
    CLINIC_SAME_DAY_REVIEW="1",
)
for_the_run = ExitStack()


def free_folder() -> tuple[Path, TextIO]:
    """The first folder that no other run holds, and the lock that keeps it ours."""
    for number in itertools.count(1):
        folder = ROOT / "var" / f"test-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return folder, lock
    raise AssertionError("unreachable")


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        folder, lock = free_folder()
        for_the_run.enter_context(lock)
        (folder / "template-made").unlink(missing_ok=True)  # of an earlier run: tests/site_database.py
        os.environ["CLINIC_TEST_VAR_DIR"] = str(folder)  # the parallel workers inherit it
    os.environ["CLINIC_VAR_DIR"] = os.environ["CLINIC_TEST_VAR_DIR"]

    import django
    from django.conf import settings

    settings.MIDDLEWARE.insert(0, "tests.serving_roles.serve_as_in_production")
    settings.FASTEST_PERSON = timedelta(0)  # tests fill in the whole form in a second
    django.setup()
    from django.db import connection

    from tests import sooner

    sooner.hash_passwords_cheaply()
    sooner.scan_static_files_once()

    del connection.settings_dict["OPTIONS"]["assume_role"]  # the tests' own code works as the owner
    if is_worker(config):
        return
    from clinic_site import embedded
    from clinic_site.static_files import collect_static_files

    collect_static_files()
    if settings.EMBEDDED_DATABASE:
        for_the_run.enter_context(
            embedded.running(settings.VAR_DIR / "postgres", settings=embedded.THROWAWAY_SETTINGS)
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    if "DATABASE_URL" in os.environ and not is_worker(config):
        from tests import site_database

        site_database.forget_template()
    for_the_run.close()

"""`make run` for real: a copy of the project in an empty folder, its own database, started, killed and stopped."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUICK = 15  # seconds that a second start may take
PATIENCE = 120  # seconds; a first start makes the database and compresses the static files

ASK = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT name, current_user FROM clinic_site_clinic")
    print(*cursor.fetchone())
"""

# They share one copy, and the first start is slow: one worker runs them all, in this order.
pytestmark = pytest.mark.xdist_group("make_run")

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="reads the process list in /proc"
)


def copy_project(folder: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    # Not pytest's own temporary folder: as root, the database's user is let pass through the folders above.
    with tempfile.TemporaryDirectory(prefix="clinic site ") as folder:
        yield copy_project(Path(folder))


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """That of somebody who has set nothing, but for the on-call nurse that `make run` speaks of."""
    ours = ("CLINIC_", "DATABASE_URL", "DJANGO_", "PYTEST_", "MAKE")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return plain | {"CLINIC_SAME_DAY_REVIEW": "1"}


def start(project: Path, *command: str) -> subprocess.Popen[str]:
    with (project / "said").open("w") as said:
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=project,
            env=environment(),
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )


def said(project: Path) -> str:
    return (project / "said").read_text()


def fetch(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=10) as response:
        return str(response.read().decode())


@contextmanager
def serving(project: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = start(project, "serve", str(port))
    try:
        give_up = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, said(project)
            assert time.monotonic() < give_up, said(project)
            try:
                assert fetch(port, "/health/") == "ok"
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def stop(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(30)


def nothing_is_left_of(project: Path) -> bool:
    """Within a moment: a process that was told to end is not gone at once."""
    for _ in range(50):
        if not processes_of(project):
            return True
        time.sleep(0.1)
    return False


def processes_of(project: Path) -> list[str]:
    """Everything that runs out of the project's folder, the database server included."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            folder = str((entry / "cwd").readlink())
        except OSError:
            continue
        if command and (str(project) in command or folder.startswith(str(project))):
            found.append(command)
    return found


@needs_proc
def test_a_first_start_serves_the_site_and_says_how_to_sign_in(project: Path, port: int) -> None:
    with serving(project, port) as process:
        assert "Example Pain Clinic (demonstration)" in fetch(port, "/")
        assert "demonstration" in fetch(port, "/treatments/crps/")
        assert stop(process, signal.SIGINT) == 0
    password_file = project / "var" / "staff-password"
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    assert f"with the password {password_file.read_text().strip()}" in said(project)
    assert f"http://localhost:{port}/" in said(project)
    assert "Traceback" not in said(project)
    assert nothing_is_left_of(project)


@needs_proc
def test_after_a_kill_the_next_start_recovers_and_the_next_stop_leaves_no_postgres(
    project: Path, port: int
) -> None:
    with serving(project, port) as process:
        process.kill()
        process.wait()
    assert any("postgres" in command for command in processes_of(project)), "nothing was left to recover from"

    began = time.monotonic()
    with serving(project, port) as process:
        assert time.monotonic() - began < QUICK
        assert "Example Pain Clinic" in fetch(port, "/")
        assert stop(process, signal.SIGINT) == 0
    assert "with the password" not in said(project), "the password is shown once"
    assert nothing_is_left_of(project)


@needs_proc
def test_a_crashed_postgres_is_started_again(project: Path, port: int) -> None:
    with serving(project, port) as process:
        postmaster = int((project / "var/postgres/data/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        process.kill()
        process.wait()
    with serving(project, port) as process:
        assert stop(process, signal.SIGTERM) == 0
    assert nothing_is_left_of(project)


@needs_proc
def test_a_database_that_was_interrupted_while_it_was_made_is_made_anew(
    project: Path, tmp_path: Path
) -> None:
    postgres = project / "var" / "postgres"
    kept = postgres.rename(postgres.with_name("kept"))
    try:
        process = start(project, "migrate", "--plan")
        while not list(postgres.glob("unfinished-*/PG_VERSION")):
            assert process.poll() is None, said(project)
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert not (postgres / "data").exists()
        assert start(project, "migrate", "--plan").wait(PATIENCE) == 0, said(project)
        assert [entry.name for entry in postgres.glob("unfinished-*")] == []
        assert nothing_is_left_of(project)
    finally:
        shutil.rmtree(postgres)
        kept.rename(postgres)


def test_a_command_beside_the_running_site_uses_its_database_without_owning_it_and_leaves_it_up(
    project: Path, port: int
) -> None:
    with serving(project, port):
        assert start(project, "shell", "-c", ASK).wait(PATIENCE) == 0
        assert said(project).splitlines()[-1] == "Example Pain Clinic (demonstration) web_all"
        assert "Example Pain Clinic" in fetch(port, "/")


def test_a_taken_port_is_told_in_one_line(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert start(project, "serve", str(port)).wait(PATIENCE) == 1
    assert said(project) == f"CommandError: Port {port} is in use. Choose another: make run PORT={port + 1}\n"


def test_a_wrong_setting_is_told_in_one_line(project: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=project,
        env=environment() | {"CLINIC_HTTPS": "maybe"},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert (
        refused.stderr == "CLINIC_HTTPS is 'maybe'. Write CLINIC_HTTPS=1 for yes or CLINIC_HTTPS=0 for no.\n"
    )


def test_a_database_url_is_used_and_nothing_embedded_is_started(project: Path, port: int) -> None:
    settings = {
        "DATABASE_URL": "postgres://clinic@localhost:1/clinic",  # nobody listens there
        "CLINIC_SECRET_KEY": "a key",
        "CLINIC_HOSTS": "localhost",
        "CLINIC_HTTPS": "0",
        "CLINIC_VAR_DIR": str(project / "elsewhere"),
    }
    refused = subprocess.run(
        [sys.executable, "manage.py", "serve", str(port)],
        cwd=project,
        env=environment() | settings,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: The database does not answer: ")
    assert "Traceback" not in refused.stderr
    assert not (project / "elsewhere").exists()


@pytest.mark.parametrize(
    ("refuses", "advice"),
    [
        ("version_info", "Python 3.11 or newer is needed. Name one: make run PYTHON=/path/to/python3.11"),
        ("ensurepip", "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"),
    ],
)
def test_a_python_that_cannot_run_the_site_is_told_in_one_line(
    tmp_path: Path, refuses: str, advice: str
) -> None:
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    made = subprocess.run(
        ["make", "run", f"PYTHON={python}"], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert made.returncode != 0
    assert made.stdout == f"{advice}\n"
    assert not (tmp_path / ".venv").exists()

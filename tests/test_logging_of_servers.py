"""What Granian writes where the site fails beyond Django's own care: where, and nothing that was sent."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.markers import MARKER, found_in
from tests.processes import PATIENCE, ROOT, answers, free_port

# Python runs this first in each process: two addresses at which the site fails.
FAILING_SITE = """
from django.core.handlers.wsgi import WSGIHandler

answer = WSGIHandler.__call__

def later(text):
    yield b"begun"
    raise ValueError(text)

def answer_or_fail(self, environ, start_response):
    if environ["PATH_INFO"] == "/fails/":
        raise ValueError(environ["wsgi.input"].read().decode())
    if environ["PATH_INFO"] == "/fails/later/":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return later(environ["wsgi.input"].read().decode())
    return answer(self, environ, start_response)

WSGIHandler.__call__ = answer_or_fail
"""
AS_SERVED = """
import django
from clinic_site.server import serve

if __name__ == "__main__":
    django.setup()
    serve("127.0.0.1", {port})
"""
SERVERS: dict[str, Callable[[int], list[str]]] = {
    "manage.py serve": lambda port: ["-c", AS_SERVED.format(port=port)],
    "granian": lambda port: [
        "-m",
        "granian",
        "--interface=wsgi",
        f"--port={port}",
        "clinic_site.wsgi:application",
    ],
}


@contextmanager
def serving(command: list[str], port: int, folder: Path) -> Iterator[Path]:
    """What the server says on both of its outputs."""
    (folder / "sitecustomize.py").write_text(FAILING_SITE)
    said = folder / "said"
    with said.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
    try:
        give_up = time.monotonic() + PATIENCE
        while not answers(f"http://localhost:{port}/health/"):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < give_up, said.read_text()
            time.sleep(0.1)
        yield said
    finally:
        process.terminate()
        process.wait(PATIENCE)


def post(url: str) -> tuple[int, str]:
    """Status and body; 0 where the answer breaks off."""
    try:
        with urllib.request.urlopen(url, data=MARKER.encode(), timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@pytest.mark.parametrize("server", SERVERS)
def test_granian_tells_where_the_site_failed_and_not_what_was_sent(server: str, tmp_path: Path) -> None:
    port = free_port()
    with serving(SERVERS[server](port), port, tmp_path) as said:
        status, body = post(f"http://localhost:{port}/fails/")
        later_status, later_body = post(f"http://localhost:{port}/fails/later/")
    assert (status, found_in(body + later_body)) == (500, [])
    assert later_status in (0, 200)  # it had begun well
    lines = said.read_text()
    assert lines.count(" ERROR _granian.utils: Application callable raised an exception\n") == 2
    assert lines.count("\nValueError\n") == 2
    assert "in answer_or_fail\n" in lines
    assert "in later\n" in lines
    assert found_in(lines) == []

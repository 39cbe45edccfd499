"""How long somebody with a slow phone on a slow line waits for the first question, with nothing cached."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from django.core.management import call_command
from playwright.sync_api import Browser, sync_playwright

from clinic_site.static_files import collect_static_files
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.processes import ROOT, free_port

SLOWER = 4  # times, the processor
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}  # ms, bytes/s
PHONE = {"width": 390, "height": 844}
BUDGET = 800  # milliseconds
RUNS = 7
# The largest piece of text is painted: on the first page of the form that is its heading or its question.
PAINTED = """() => new Promise((tell) => new PerformanceObserver((list) => tell(
  Math.max(...list.getEntries().map((entry) => entry.startTime))
)).observe({ type: "largest-contentful-paint", buffered: true }))"""


def line() -> str:
    with served() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        took = [first_question(browser, site) for _ in range(RUNS)]
        browser.close()
    return (
        f"The first question can be read on a slow phone after {median(took):.0f} ms (budget {BUDGET}; "
        f"from {min(took):.0f} to {max(took):.0f}; processor {SLOWER} times slower, 1.6 Mbit/s, 150 ms)."
    )


def first_question(browser: Browser, site: str) -> float:
    """Milliseconds from the click."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.emulateNetworkConditions", LINE)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"{site}/screening/age/")
    painted = float(page.evaluate(PAINTED))
    context.close()
    return painted


@contextmanager
def served() -> Iterator[str]:
    for command in ("load_questionnaires", "create_demo_clinic"):
        call_command(command, verbosity=0)
    collect_static_files()
    port = free_port()
    site = f"http://localhost:{port}"
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "clinic_site.wsgi:application",
        ],
        cwd=ROOT,
        env={**os.environ, "CLINIC_HOSTS": "localhost"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{site}/screening/age/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield site
    finally:
        server.terminate()
        server.wait()

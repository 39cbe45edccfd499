"""What an article costs a reader: its weight against the budgets, and how soon it stands beside itself without CSS.

One run, side by side, in a Chromium slowed down as Lighthouse slows a phone: 1.6 Mbit/s, 150 ms, a quarter of the CPU.
A proxy compresses pages in front of the site; here the bench does.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from statistics import median
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import brotli
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from clinic_site.static_files import collect_static_files
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from treatments.models import Article

FIRST_FLIGHT = 14_000  # bytes: HTML and CSS, brotli; what a server may send before it hears from the reader
WHOLE = 60_000  # bytes: everything but pictures, brotli
MOST_SLOWDOWN = 1.2  # times the same page without its CSS
RUNS = 15
MEASURED = ("crps", "what-the-evidence-says", "risks-and-side-effects")
STYLESHEETS = re.compile(r'<link rel="stylesheet" href="/static/([^"]+)">')
LINKED = re.compile(r'<(?:link rel="(?:stylesheet|preload|icon)"|script[^>]*\bsrc=)[^>]*?"/static/([^"]+)"')
CSS_AND_FONT = re.compile(rb'<style>.*?</style>|<link rel="(?:stylesheet|preload)"[^>]*>', re.DOTALL)
FONTS = re.compile(r'url\("?/static/([^")]+\.woff2)')
BARE = "without-css"
SLOW_PHONE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
WATCH = """
window.seen = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the table alone is printed."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def weight(content: bytes) -> int:
    return len(brotli.compress(content))


def static_file(name: str) -> bytes:
    """As it is served, which is not always as it is written."""
    return (Path(settings.STATIC_ROOT) / name).read_bytes()


def weights(slug: str) -> tuple[int, int]:
    """Bytes of HTML and CSS, and of everything but pictures, as brotli sends them; a font is compressed already."""
    page = Client(HTTP_HOST="localhost").get(f"/treatments/{slug}/").content
    html = page.decode()
    first = weight(page) + sum(weight(static_file(name)) for name in set(STYLESHEETS.findall(html)))
    others = {*LINKED.findall(html), *FONTS.findall(html)} - set(STYLESHEETS.findall(html))
    sizes = (static_file(name) for name in others)
    return first, first + sum(min(len(content), weight(content)) for content in sizes)


def compressed_and_with_a_bare_twin(site: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The site behind a proxy that compresses; with ?without-css a page comes without its CSS and its font."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kept: list[Any] = []
        body = b"".join(site(environ, lambda *answer: kept.extend(answer)))
        status, headers = kept[:2]
        if any(value.startswith("text/html") for name, value in headers if name == "Content-Type"):
            body = CSS_AND_FONT.sub(b"", body) if environ["QUERY_STRING"] == BARE else body
            body = brotli.compress(body, quality=5)
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
            headers += [("Content-Encoding", "br"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    return serve


@contextmanager
def served() -> Iterator[str]:
    site = compressed_and_with_a_bare_twin(get_wsgi_application())
    with make_server("localhost", 0, site, Server, Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def first_look(browser: Browser, address: str) -> tuple[float, float]:
    """Milliseconds to the largest paint, and how far things moved, on a phone that has never been here."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.add_init_script(WATCH)
    phone = context.new_cdp_session(page)
    phone.send("Network.enable")
    phone.send("Network.emulateNetworkConditions", SLOW_PHONE)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(500)  # a function to wait for would be refused by the page's own policy
    seen = page.evaluate("window.seen")
    context.close()
    assert seen["lcp"] > 0, address
    return float(seen["lcp"]), float(seen["cls"])


def lines(*, runs: int = RUNS) -> Iterator[str]:
    """The table, line by line. Judges nothing; a budget that is passed is marked."""
    collect_static_files()
    for command in ("load_articles", "create_demo_clinic"):
        call_command(command, verbosity=0)
    yield f"{'Articles, bytes in brotli':<45} {'HTML + CSS':>10} {'whole':>8}"
    for slug in Article.objects.published().values_list("slug", flat=True):
        first, whole = weights(slug)
        yield f"{slug:<45} {first:>10,} {whole:>8,}{over(first > FIRST_FLIGHT or whole > WHOLE)}"
    yield f"{'budget':<45} {FIRST_FLIGHT:>10,} {WHOLE:>8,}"
    yield ""
    yield f"{'Largest paint, milliseconds':<45} {'page':>8} {'no CSS':>8} {'times':>6} {'moved':>7}"
    with served() as site, sync_playwright() as playwright:
        executable = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        for slug in MEASURED:
            address = f"{site}/treatments/{slug}/"
            looks = [
                (first_look(browser, address), first_look(browser, f"{address}?{BARE}")) for _ in range(runs)
            ]
            page, bare = median(one[0] for one, _ in looks), median(other[0] for _, other in looks)
            moved = max(one[1] for one, _ in looks)
            mark = over(page > MOST_SLOWDOWN * bare or round(moved, 3) > 0)
            yield f"{slug:<45} {page:>8.0f} {bare:>8.0f} {page / bare:>6.2f} {moved:>7.3f}{mark}"
        browser.close()
    yield f"{'budget':<45} {'':>8} {'':>8} {MOST_SLOWDOWN:>6.2f} {0:>7.3f}"


def over(is_over: bool) -> str:
    return "  over budget" if is_over else ""

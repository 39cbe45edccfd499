"""Whatever an editor pastes, the page stays harmless and whole."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatments.markdown import ALLOWED_TAGS, Heading, render, text_blocks

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "![x](https://example.org/pixel.gif)",
    '[x](https://example.org "onmouseover=alert(1)")',
    '## <b id="content" onclick="alert(1)">x</b>',
    "[^<script>alert(1)</script>]",
    '| a |\n|---|\n| <td onclick="alert(1)"> |',
    "<!-- <script> -->\n<style>body{display:none}</style>",
]


def tags(html: str) -> list[str]:
    return re.findall(r"<[^>]*>", html)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_markdown_is_harmless(body):
    for tag in tags(render(body).html):
        assert not re.search(r"\son\w+=|style=|src=", tag, re.IGNORECASE), tag
        assert not re.search(r'href="\s*(javascript|data|vbscript):', tag, re.IGNORECASE), tag
        assert re.match(r"</?([a-z0-9]+)", tag)[1] in ALLOWED_TAGS, tag


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(st.sampled_from([*HOSTILE, "[^", "^]", "](", "**", "`", "\n\n", "\n- ", "|", "<", "&#0;"])).map(
        "".join
    )
)
def test_no_mixture_of_markdown_and_markup_gets_through(body):
    html = render(body).html
    assert {re.match(r"</?([a-z0-9]+)", tag)[1] for tag in tags(html)} <= ALLOWED_TAGS
    ids = re.findall(r'\sid="([^"]*)"', "".join(tags(html)))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "piece", ["[", "[^a", "[^a]", "*a_ ", "> ", "[a](", "|a", "- ", "`", "<", "**a", "[[^a]("]
)
def test_the_longest_text_allowed_is_rendered_in_seconds(piece):
    begun = time.process_time()  # of this process alone: the machine may be busy
    render(piece * (60_000 // len(piece)))
    assert time.process_time() - begun < 5


def test_sources_are_numbered_in_order_of_first_citation():
    rendered = render("Two.[^b] One.[^a]\n\n| x |\n|---|\n| again[^b] |\n\n`[^code]` is no citation.")
    assert rendered.citations == {"b": 2, "a": 1}
    assert list(rendered.citations) == ["b", "a"]
    assert re.findall(r'href="#fn:(\d)" id="fnref:(\d:\d)"', rendered.html) == [
        ("1", "1:1"),
        ("2", "2:1"),
        ("1", "1:2"),
    ]


def test_the_contents_list_names_the_second_level_headings():
    rendered = render("# Pain[^a]\n\n### Deep\n\n## Pain\n\n## *Sources* & more")
    assert rendered.contents == (
        Heading("pain", "Pain"),
        Heading("pain-2", "Pain"),
        Heading("sources-more", "Sources & more"),
    )
    assert "<h1" not in rendered.html
    assert '<h3 id="deep">' in rendered.html


@pytest.mark.parametrize("title", ["Content", "Sources", "Contents", "Related"])
def test_a_heading_never_takes_an_id_of_the_page_around(title):
    (heading,) = render(f"## {title}").contents
    assert heading.id == f"{title.lower()}-2"


def test_links_work_and_only_external_ones_say_noopener():
    html = render(
        "[a](/screening/) [b](https://nih.gov) [c](//nih.gov) [d](tel:+14105550142) [e](#risks)"
    ).html
    assert '<a href="/screening/">' in html
    assert '<a href="https://nih.gov" rel="noopener">' in html
    assert '<a href="//nih.gov" rel="noopener">' in html
    assert '<a href="tel:+14105550142">' in html
    assert '<a href="#risks">' in html


def test_a_wide_table_scrolls_in_a_box_that_the_keyboard_reaches():
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |").html
    assert '<div class="table-scroll" role="region" aria-label="Table 1" tabindex="0"><table>' in html
    assert '<th scope="col">b</th>' in html
    assert "style" not in html


def test_words_are_counted_as_a_reader_reads_them():
    body = "## Not this\n\nRead [this](https://nih.gov), <https://nih.gov>[^a] and `that`.\n\n- One\n"
    body += "\n| cell |\n|---|"
    assert text_blocks(body, tables=True) == ("Read this, and that.", "One", "cell")
    assert text_blocks(body, tables=False) == ("Read this, and that.", "One")

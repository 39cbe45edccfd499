"""What stands out of an article: its words, its drawings, and what an editor is told when a panel is not right."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.articles import make_article
from treatments.content import citation_problem
from treatments.glossary import GLOSSARY
from treatments.markdown import render, text_blocks
from treatments.panels import DRAWINGS, parts_of_100

STRIP = """:::evidence {settings}
- **How strong?** Moderate.
- **How long?** 12 weeks.
- **How many people?** 60.
- **How sure?** Nobody says.
:::"""


def problem(body: str) -> str:
    found = citation_problem(body, known=())
    return f"{found.line}: {found.reason}" if found else ""


def test_the_strip_draws_what_is_known_and_leaves_out_what_nobody_knows():
    html = render(STRIP.format(settings="strength=moderate weeks=12 people=60")).html
    lines = re.findall(r"<li>.*?</li>", html, re.DOTALL)
    assert [line.count("<svg") for line in lines] == [1, 1, 1, 0]
    assert lines[0].count('class="solid"') == 2  # of weak, moderate, strong
    assert lines[1].count('class="solid"') == 12
    assert 'width="48" height="8"' in lines[2]  # six dots, ten people each
    assert "Nobody says." in lines[3]


@pytest.mark.parametrize("people", [0, 1, 9, 10, 18, 76, 99, 100])
def test_a_hundred_people_are_drawn_whoever_has_it(people):
    parts = parts_of_100(people)
    drawn = {
        kind: sum(width * height for one, _, _, width, height in parts if one == kind)
        for kind in ("has", "not")
    }
    assert drawn == {"has": people, "not": 100 - people}


def test_each_risk_says_its_number_in_words_beside_the_people():
    html = render(":::risk In one trial\n- 76 in 100 with ketamine\n- 18 in 100 with placebo\n:::").html
    assert "<figcaption>In one trial</figcaption>" in html
    assert [html.count("<svg"), "76 in 100 with" in html, "18 in 100 with" in html] == [2, True, True]


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_drawing_has_a_title_and_its_words_below(name):
    html = render(f":::drawing {name}\nThe same in words.\n:::").html
    for drawing in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        named = re.search(r'aria-labelledby="([^"]+)"', drawing)[1]
        assert re.search(rf'<title id="{re.escape(named)}">[^<]+</title>', drawing)
    assert re.search(r"</(svg|div)><figcaption>\s*<p>The same in words.</p>", html)


def test_the_same_drawing_twice_gives_no_id_twice():
    html = render(":::drawing visit-day\nOnce.\n:::\n\n:::drawing visit-day\nTwice.\n:::").html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 4


def test_a_term_is_a_button_once_and_words_after_that():
    html = render("A [placebo](term:placebo), and a [placebo](term:placebo).").html
    assert html.count('popovertarget="term:placebo"') == html.count('id="term:placebo"') == 1
    assert html.count("placebo</button>") == 1
    assert "href" not in html


@pytest.mark.django_db
def test_without_popovers_the_words_stand_in_a_list_below_the_article(client):
    page = client.get(make_article(body="A [placebo](term:placebo).\n\n## More").get_absolute_url()).text
    below = re.search(r'<section class="words-list.*?</section>', page, re.DOTALL)[0]
    assert "<dt>placebo</dt>" in below
    assert below.count("<dt>") == 1
    assert '<a href="#words">' in page


@pytest.mark.django_db
def test_every_word_of_the_glossary_is_explained_on_a_page_of_its_own(client):
    page = client.get("/words/").text
    assert all(f"<dt>{term.word}</dt>" in page for term in GLOSSARY.values())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Words.\n\n:::care\n- a\n:::", "3: a care card stands below a heading"),
        ("## Help\n\n:::care\n- a\n:::", "3: a panel needs a title"),
        ("## Help\n\n:::careful Call\n- a\n:::", "3: no such panel"),
        (STRIP.format(settings="strength=certain"), "1: strength=certain is not known"),
        (STRIP.format(settings="weeks=13"), "1: weeks=13 is not known"),
        (STRIP.format(settings="people=many"), "1: people=many is not known"),
        (":::evidence\n- one\n:::", "1: an evidence panel has four list items"),
        (":::risk\n- 3 in 100\n:::", "1: a risk panel needs a title"),
        (":::risk Trial\n- 4 in 20\n:::", "1: each line of a risk panel"),
        (":::risk Trial\n- 101 in 100\n:::", "1: each line of a risk panel"),
        (":::drawing dragon\nWords.\n:::", "1: no such drawing"),
        (":::drawing visit-day\n:::", "1: a drawing needs words"),
        ("A [wyvern](term:wyvern).", '1: the glossary does not explain "wyvern"'),
    ],
)
def test_an_editor_is_told_the_line_and_what_is_wrong(body, said):
    assert problem(body).startswith(said)
    render(body)  # and nothing breaks


def test_what_is_right_is_not_complained_about():
    body = f"{STRIP.format(settings='strength=weak certainty=low')}\n\n## Help\n\n:::emergency Call 911 for\n- a\n:::"
    assert problem(body) == ""


def test_titles_are_text_and_places_of_drawings_cannot_be_written_by_hand():
    html = render(
        '## H\n\n:::care <img src=x onerror=alert(1)>\n- a\n:::\n\n<span id="drawing:0"></span>\n\n'
        ':::drawing "><script>alert(1)</script>\nWords.\n:::'
    ).html
    assert "<img" not in html
    assert "<script" not in html
    assert '<span id="drawing' not in html


@pytest.mark.parametrize(
    "body",
    [":::", ":::care", ":::care x\n\n", ":::care x\n" * 3_000, "- :::risk t\n" * 3_000, "> :::evidence\n" * 2_000,
     "[a](term:placebo" * 2_000, ":::risk t\n- 1 in 100\n" * 200],
)  # fmt: skip
def test_no_panel_is_too_broken_to_show(body):
    render(body)
    text_blocks(body, tables=True)
    citation_problem(body, known=())


def test_the_glossary_makes_no_claims():
    """A meaning has no source beside it, so it states no number and no effect."""
    for term in GLOSSARY.values():
        assert not re.search(r"\d", term.meaning), term.word
        assert term.meaning.endswith("."), term.word


def test_no_article_ships_a_panel_that_is_not_right():
    for path in Path(settings.BASE_DIR, "treatments", "content").glob("*.md"):
        body = path.read_text().partition("\n+++\n")[2]
        found = citation_problem(body, known=render(body).citations)
        assert found is None, f"{path.name}: {found}"

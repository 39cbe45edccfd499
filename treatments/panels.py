"""What stands out of an article's text: panels with words, and with drawings that say the same again.

    :::care Call us the same day for          a list, framed
    :::emergency Call 911 for                 a list, framed in red
    :::evidence strength=weak people=60       four lines: how strong, how long, how many people, how sure
    :::risk In one trial                      lines that begin "76 in 100", each with 100 people drawn
    :::drawing visit-day                      a drawing, and below it the words that say what it shows

Each ends with a line `:::`. Words may hold footnote marks and terms, [placebo](term:placebo). What is not right
loses its drawing and keeps its words; `panel_problem` says what it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from treatments.glossary import GLOSSARY

DRAWINGS = ("before-during-after", "nmda-block", "visit-day")
STRENGTHS = {"moderate": 2.0, "weak": 1.0, "weak_or_none": 0.5}  # of three steps: weak, moderate, strong
CERTAINTIES = {"very_low": 1, "low": 2, "moderate": 3, "high": 4}
WEEKS = 12  # the longest relief that the guideline speaks of
PEOPLE_A_DOT = 10
MOST_DOTS = 300
RISK = re.compile(r"(100|[1-9]?[0-9]) in 100\b")
PLACE = re.compile(r'<span id="drawing:(\d{1,6})"></span>')
TERM = "term:"


def with_panels(markdown: MarkdownIt) -> MarkdownIt:
    for name, render in PANELS.items():
        container_plugin(markdown, name, render=render)
    markdown.add_render_rule("drawing", drawing_place)
    markdown.add_render_rule("term_open", term_open)
    markdown.add_render_rule("term_close", term_close)
    return markdown


def fill_places(html: str, env: dict[str, Any]) -> str:
    """Put the drawings in after the HTML around them was sanitised: only we can write their places."""
    drawings: Sequence[str] = env.get("drawings", ())
    return PLACE.sub(lambda place: drawings[int(place[1])], html)


def prepare_panels(tokens: Sequence[Token]) -> None:
    """Put a drawing into each line of an evidence or risk panel that is to have one, and find the terms."""
    for panel, inner in panels(tokens):
        for line, drawing in zip(lines_of(panel, inner), drawings_of(panel, inner), strict=False):
            if drawing:
                children = line.children or []
                below = [place + 1 for place, child in enumerate(children) if child.type == "strong_close"]
                children.insert(below[0] if below else 0, Token("drawing", "", 0, meta={"drawing": drawing}))
    prepare_terms(tokens)


def panels(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each panel's first token, and the tokens in it."""
    for position, token in enumerate(tokens):
        if token.type.startswith("container_") and token.nesting == 1:
            ends = (later for later in range(position + 1, len(tokens)) if tokens[later].level == token.level)
            yield token, tokens[position + 1 : next(ends, len(tokens))]


Drawing = tuple[str, dict[str, Any]]


def drawings_of(panel: Token, inner: Sequence[Token]) -> list[Drawing | None]:
    """For each line of the panel what is drawn in it; nothing where nobody knows what to draw."""
    match panel.type:
        case "container_evidence_open":
            return evidence_drawings(settings(panel))
        case "container_risk_open":
            found = [RISK.match(line.content) for line in lines_of(panel, inner)]
            return [("people-in-100", {"parts": parts_of_100(int(one[1]))}) if one else None for one in found]
        case _:
            return []


def evidence_drawings(said: Mapping[str, str]) -> list[Drawing | None]:
    """How strong, how long, how many people, how sure."""
    strength, certainty = STRENGTHS.get(said.get("strength", "")), CERTAINTIES.get(said.get("certainty", ""))
    weeks, people = number(said.get("weeks", "")), number(said.get("people", ""))
    return [
        ("strength", {"boxes": boxes(3, 44, filled=strength)}) if strength else None,
        ("weeks", {"boxes": boxes(WEEKS, 8, filled=weeks)}) if weeks is not None else None,
        ("dots", {"rows": dot_rows(people)}) if people else None,
        ("certainty", {"circles": [(10 + 24 * place, place < certainty) for place in range(4)]})
        if certainty
        else None,
    ]


def boxes(count: int, width: int, *, filled: float) -> list[tuple[int, int]]:
    """Boxes in a row, four apart: where each begins, and how much of its width is filled.

    >>> boxes(3, 44, filled=1.5)
    [(2, 44), (50, 22), (98, 0)]
    """
    return [
        (2 + place * (width + 4), round(width * min(max(filled - place, 0), 1))) for place in range(count)
    ]


def number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def dot_rows(people: int, *, across: int = 30, size: int = 8) -> list[tuple[int, int]]:
    """For each row of dots, one for every ten people, how far down it begins and how wide it is.

    >>> dot_rows(706)
    [(0, 240), (8, 240), (16, 88)]
    """
    dots = min(-(-people // PEOPLE_A_DOT), MOST_DOTS)
    return [(row * size, min(across, dots - row * across) * size) for row in range(-(-dots // across))]


def parts_of_100(filled: int) -> list[tuple[str, int, int, int, int]]:
    """A square of ten by ten people, cut into rectangles: who has it, who has not; x, y, width, height in people.

    >>> parts_of_100(18)
    [('has', 0, 0, 10, 1), ('has', 0, 1, 8, 1), ('not', 8, 1, 2, 1), ('not', 0, 2, 10, 8)]
    """
    rows, rest = divmod(filled, 10)
    cut = [("has", 0, rows, rest, 1), ("not", rest, rows, 10 - rest, 1)] if rest else []
    below = rows + bool(rest)
    parts = [("has", 0, 0, 10, rows), *cut, ("not", 0, below, 10, 10 - below)]
    return [part for part in parts if part[3] and part[4]]


def lines_of(panel: Token, inner: Sequence[Token]) -> list[Token]:
    """What the items of the panel's list say."""
    return [token for token in inner if token.type == "inline" and token.level == panel.level + 4]


def settings(panel: Token) -> dict[str, str]:
    """`people=60 certainty=low` after the panel's name; what has no `=` is left out."""
    parts = (part.partition("=") for part in panel.info.split()[1:])
    return {name: value for name, sign, value in parts if sign}


def title(panel: Token) -> str:
    return panel.info.strip().partition(" ")[2].strip()


def prepare_terms(tokens: Sequence[Token]) -> None:
    """The first mention of a term becomes a button with its meaning; further mentions are plain words."""
    mentioned: set[str] = set()
    for token in tokens:
        link = None  # links do not nest
        for child in token.children or ():
            if child.type == "link_open":
                link = child
                slug = term_of(child)
                if slug is None:
                    continue
                child.meta["term"] = None if slug in mentioned else GLOSSARY.get(slug)
                mentioned.add(slug)
                child.type, child.nesting = ("term_open", 0) if child.meta["term"] else ("text", 0)
            elif child.type == "link_close" and link and link.type != "link_open":
                child.type, child.nesting, child.meta = link.type.replace("open", "close"), 0, link.meta


def term_of(token: Token) -> str | None:
    href = str(token.attrGet("href") or "") if token.type == "link_open" else ""
    return href.removeprefix(TERM) if href.startswith(TERM) else None


# What is wrong with a panel


def panel_problems(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Line, from 1, and what is wrong there."""
    below_heading = False
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        below_heading |= token.type == "heading_open"
        if token.type in ("container_care_open", "container_emergency_open") and not below_heading:
            yield line, "a care card stands below a heading: put it after a line that begins ##."
        if token.type == "inline" and token.content.lstrip().startswith(":::"):
            yield line, f"no such panel. Begin one with: {', '.join(f':::{name}' for name in PANELS)}."
        for child in token.children or ():
            if (slug := term_of(child)) is not None and slug not in GLOSSARY:
                yield line, f'the glossary does not explain "{slug}". It has: {", ".join(GLOSSARY)}.'
    for panel, inner in panels(tokens):
        if reason := PROBLEMS[panel.type](panel, inner):
            yield (panel.map[0] + 1 if panel.map else 1), reason


def title_problem(panel: Token, inner: Sequence[Token]) -> str:
    return "" if title(panel) else "a panel needs a title: :::care Call us the same day for"


def evidence_problem(panel: Token, inner: Sequence[Token]) -> str:
    known: dict[str, Callable[[str], bool]] = {
        "strength": STRENGTHS.__contains__,
        "certainty": CERTAINTIES.__contains__,
        "weeks": lambda weeks: number(weeks) in range(WEEKS + 1),
        "people": lambda people: number(people) is not None,
    }
    for name, value in settings(panel).items():
        if name not in known or not known[name](value):
            return (
                f"{name}={value} is not known. Write strength={'|'.join(STRENGTHS)}, weeks=0 to {WEEKS}, "
                f"people=NUMBER, certainty={'|'.join(CERTAINTIES)}, and leave out what nobody knows."
            )
    if sum(token.type == "list_item_open" for token in inner) != 4:
        return "an evidence panel has four list items: how strong, how long, how many people, how sure."
    return ""


def risk_problem(panel: Token, inner: Sequence[Token]) -> str:
    lines = lines_of(panel, inner)
    if not title(panel):
        return "a risk panel needs a title that says where the numbers come from."
    if not lines or not all(RISK.match(line.content) for line in lines):
        return 'each line of a risk panel is a list item that begins "NUMBER in 100".'
    return ""


def drawing_problem(panel: Token, inner: Sequence[Token]) -> str:
    if title(panel) not in DRAWINGS:
        return f"no such drawing. There are: {', '.join(DRAWINGS)}."
    return "" if inner else "a drawing needs words below it that say what it shows."


PROBLEMS: dict[str, Callable[[Token, Sequence[Token]], str]] = {
    "container_care_open": title_problem,
    "container_emergency_open": title_problem,
    "container_evidence_open": evidence_problem,
    "container_risk_open": risk_problem,
    "container_drawing_open": drawing_problem,
}


# Renderers: markdown-it calls them with itself first, then these.


def care_card(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    return card(tokens[position], "care-card")


def emergency_card(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    return card(tokens[position], "care-card care-card--emergency")


def card(token: Token, classes: str) -> str:
    if token.nesting == -1:
        return "</div>\n"
    return f'<div class="{classes}">\n<h3>{escapeHtml(title(token))}</h3>\n'


def evidence_strip(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    if tokens[position].nesting == -1:
        return "</div>\n"
    return '<div class="evidence-strip" role="group" aria-label="The evidence in short">\n'


def risk_figure(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    if tokens[position].nesting == -1:
        return "</figure>\n"
    return f'<figure class="risk">\n<figcaption>{escapeHtml(title(tokens[position]))}</figcaption>\n'


def drawing_figure(_: object, tokens: Sequence[Token], position: int, options: object, env: Any) -> str:
    token = tokens[position]
    if token.nesting == -1:
        return "</figcaption></figure>\n"
    place = place_for((title(token), {}), env) if title(token) in DRAWINGS else ""
    return f'<figure class="figure">{place}<figcaption>\n'


def drawing_place(_: object, tokens: Sequence[Token], position: int, options: object, env: Any) -> str:
    return place_for(tokens[position].meta["drawing"], env)


def place_for(drawing: Drawing, env: dict[str, Any]) -> str:
    name, context = drawing
    drawings: list[str] = env.setdefault("drawings", [])
    context = {**context, "number": len(drawings)}
    drawings.append(render_to_string(f"treatments/drawings/{name}.html", context).strip())
    return f'<span id="drawing:{len(drawings) - 1}"></span>'


def term_open(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    term = tokens[position].meta["term"]
    return f'<span class="term-place"><button class="term" type="button" popovertarget="{term.id}">'


def term_close(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    term = tokens[position].meta["term"]
    meaning = f"<strong>{escapeHtml(term.word)}</strong> {escapeHtml(term.meaning)}"
    # The word joiner: what follows, such as a full stop, must not begin a line.
    return (
        f'</button>&#8288;</span><span class="term__meaning" id="{term.id}" popover="auto">{meaning}</span>'
    )


PANELS: dict[str, Callable[..., str]] = {
    "care": care_card,
    "emergency": emergency_card,
    "evidence": evidence_strip,
    "risk": risk_figure,
    "drawing": drawing_figure,
}

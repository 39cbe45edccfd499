"""What an article owes its readers: a source for every claim, no claim that no study shows, words that can be read.

Pure: Markdown in, remarks out. The editor's page shows them, and the tests hold the shipped articles to them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from treatments.markdown import MARK, MARKDOWN, render, text_blocks
from treatments.readability import flesch_kincaid_grade, words

WORDS = range(600, 1401)  # headings, footnote marks and addresses do not count
FEWEST_SOURCES = 3
HIGHEST_GRADE = 9.0  # US school grade; we aim for 6 to 8
CURRENT_COCHRANE = "ferraro-2025"  # the review that every article names; its successor goes here

QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
# What sellers say of ketamine and no study shows. A quotation that corrects it is fine.
UNFOUNDED = re.compile(
    r"\b(cur(e|es|ed|ing)|reset(s|ting)?|breakthroughs?|miracles?|game.changers?|promising"
    r"|(at|to) (the|its) (root|source)|root causes?|long.lasting|lasting (hope|relief from)|opioid.free|painless"
    r"|safe and effective|perfectly safe|completely safe|(clinically |scientifically )?proven|scientifically grounded"
    r"|rewir(e|es|ed|ing)|(repairs?|heals?) (your |the )?(nerves|brain)|masks? (the |your )?(pain|symptoms)"
    r"|redefin(e|es|ing)|reclaim(s|ing)? (your|their) li(fe|ves)|new path forward|viable solution"
    r"|particularly effective|highly effective|unique (ability|mechanism)|emotional (resilience|clarity|recalibration)"
    r"|mental clarity|dual approach|benefits? accumulate|only mild|wonder drug|guaranteed?)\b",
    re.IGNORECASE,
)

MARKS_AFTER_THE_STOP = re.compile(r"([.!?:][\"”’)*]*)((?:\s?\[\^[A-Za-z0-9_-]{1,80}\])+)")
SENTENCE = re.compile(r"(?<=[.!?])[\"”’)*]*\s+")
# Numbers to call, a scale as such, addresses of links, and what somebody else said, quoted.
NO_CLAIM = re.compile(
    r"\b(911|988|24 hours a day)\b|\b0 to 10\b|\[[^\]]*\]\([^)]*\)|\bpress \d|\bpage \d|“[^”]*”|\"[^\"]*\""
)
NOT_FOUND_BY_US = re.compile(r"\bwe (have )?(found no|could not|did not find)\b", re.IGNORECASE)
INSTRUCTION = re.compile(
    r"^\W*(ask|tell|call|text|read|see|write|bring|plan|arrange|keep|look|find|list|check|take|do not|don't"
    r"|please|talk|say|choose|think|go|have|let|make|use|wear|stay|give|how|what|who)\b",
    re.IGNORECASE,
)
A_NUMBER = re.compile(
    r"\d|\b(twice|half of|percent|one in|two in|three in|(two|three|four|five|six|ten) times"
    r"|(two|three|four|five|six|seven|eight|nine|ten|twelve) (trials?|studies|people|weeks|months|hours|days))\b",
    re.IGNORECASE,
)
A_STRENGTH = re.compile(
    r"\b((moderate|weak|strong|limited|good|clear|low|very low|high|no) (\w+ )?(evidence|certainty|proof)"
    r"|no (clear )?(benefit|difference)|(trials?|stud(y|ies)|reviews?) (found|shows?|showed)|works better)\b",
    re.IGNORECASE,
)
A_RISK = re.compile(
    r"\b(cause[sd]?|raises?|leads? to|increases?|slows?) (\w+ ){0,4}(harm|injury|damage|death|coma|sleep|breathing"
    r"|pressure|nausea|hallucinations?|misuse|addiction|dependence|psychosis|problems)\b"
    r"|\b(side|unwanted) effects (are|were|can|may|include)\b|\b(harmed|injured|damaged) the\b|\baddictive\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something for the writer to mend. `line` is of the body and counts from 1; None where it is of the whole."""

    said: str
    line: int | None = None

    def __str__(self) -> str:
        return f"Line {self.line}: {self.said}" if self.line else self.said


def remarks_on(body: str, *, besides: str = "") -> list[Remark]:
    """What falls short in an article. `besides` are its title and summary, which the reader reads too."""
    prose = text_blocks(body, tables=False)
    grade = flesch_kincaid_grade(prose)
    length = sum(len(words(block)) for block in text_blocks(body, tables=True))
    citations = render(body).citations
    remarks = []
    if grade > HIGHEST_GRADE:
        remarks.append(
            Remark(
                f"It reads at US school grade {grade:.1f}. Aim for 6 to 8: shorter sentences, plainer words."
            )
        )
    if length not in WORDS:
        remarks.append(
            Remark(f"It has {length:,} words. Readers are served best by {WORDS[0]} to {WORDS[-1]:,}.")
        )
    if len(citations) < FEWEST_SOURCES:
        remarks.append(Remark(f"It cites {len(citations)} sources. At least {FEWEST_SOURCES} are expected."))
    if CURRENT_COCHRANE not in citations:
        remarks.append(Remark(f"It does not cite the current Cochrane review, [^{CURRENT_COCHRANE}]."))
    remarks += [Remark(f"No study shows this: “{claim}”.", line) for line, claim in unfounded_claims(body)]
    remarks += [Remark(f"No study shows this: “{claim}”.") for _, claim in unfounded_claims(besides)]
    remarks += [
        Remark(f"No source is given for: “{claim}”", line) for line, claim in claims_without_source(body)
    ]
    return remarks


def unfounded_claims(text: str) -> list[tuple[int, str]]:
    """Each claim that nobody can make, with its line, outside quotation marks.

    >>> unfounded_claims('It is no "cure".\\n\\nA breakthrough.')
    [(3, 'breakthrough')]
    """
    unquoted = QUOTED.sub(lambda match: "\n" * match[0].count("\n"), text)
    return [(unquoted.count("\n", 0, match.start()) + 1, match[0]) for match in UNFOUNDED.finditer(unquoted)]


def claims_without_source(body: str) -> list[tuple[int, str]]:
    """Each sentence with a number, a strength or a risk that no footnote stands behind, with its line.

    A footnote speaks for its sentence and for those before it in the same paragraph; one in the line that leads into
    a list or a table, for the list or the table; one in a row of a table, for the row.

    >>> claims_without_source("It helps 3 in 10.[^a]\\n\\nIt helps 9 in 10.")
    [(3, 'It helps 9 in 10.')]
    """
    found: list[tuple[int, str]] = []
    for block in blocks_of(body):
        if block.is_covered:
            continue
        sentences = SENTENCE.split(MARKS_AFTER_THE_STOP.sub(r"\2\1", block.text))
        last_mark = max((place for place, text in enumerate(sentences) if MARK.search(text)), default=-1)
        found += [
            (block.line, MARK.sub("", sentence).strip())
            for sentence in sentences[last_mark + 1 :]
            if is_a_claim(sentence)
        ]
    return found


def is_a_claim(sentence: str) -> bool:
    """Whether a sentence tells a number, a strength or a risk, and does not ask or advise.

    >>> [is_a_claim(text) for text in ("It helps 3 in 10.", "Call 988.", "Ask about all 3.", "Rest a while.")]
    [True, False, False, False]
    """
    text = NO_CLAIM.sub("", sentence).replace("*", "")
    if text.rstrip().endswith("?") or INSTRUCTION.match(text) or NOT_FOUND_BY_US.search(text):
        return False
    if text.rstrip().endswith(":"):  # what it leads into has sources of its own
        return bool(A_NUMBER.search(text))
    return any(pattern.search(text) for pattern in (A_NUMBER, A_STRENGTH, A_RISK))


@dataclass(slots=True)
class Block:
    """A paragraph, a list item or the row of a table."""

    line: int
    text: str
    is_covered: bool = False


def blocks_of(body: str) -> Iterator[Block]:
    covering = leads_in = False
    row: Block | None = None
    depth = 0
    tokens = MARKDOWN.parse(body, {})
    for position, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            depth += 1
            covering = leads_in if depth == 1 else covering
        elif token.type in ("bullet_list_close", "ordered_list_close", "table_close"):
            depth -= 1
        elif token.type == "tr_open":
            row = Block(line_of(token), "", covering)
        elif token.type == "tr_close" and row:
            yield row
            row = None
        elif token.type == "inline" and tokens[position - 1].type == "heading_open":
            leads_in = False
        elif token.type == "inline" and row:
            # A mark in any cell speaks for its whole row.
            row.text += f" {MARK.sub('', token.content)}"
            row.is_covered |= bool(MARK.search(token.content))
        elif token.type == "inline":
            text = " ".join(token.content.split())
            is_title = text.startswith("**") and text.endswith("**")
            block = Block(line_of(token), text, is_title or (covering and depth > 0))
            leads_in = bool(MARK.search(block.text)) if depth == 0 else leads_in
            yield block


def line_of(token: Token) -> int:
    return (token.map[0] if token.map else 0) + 1

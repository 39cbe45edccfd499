"""Full-text search over the published articles, in PostgreSQL.

It finds words in other forms, other names of the same thing (RSD is CRPS), and, where pg_trgm is there,
misspelled words.
Any text is a question that gets an answer.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection
from django.db.models import F

from treatments.models import SEARCH_LANGUAGE, Article, Condition

LONGEST_QUESTION = 200  # characters; the rest is not looked at
MOST_VARIANTS = 12  # of one question, with other names for the same thing
MOST_WORDS_MENDED = 8
MOST_RESULTS = 30
NEAR_ENOUGH = 0.35  # trigram similarity, from 0 to 1; "fibromialgia" to "fibromyalgia" is 0.6
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
IN_BRACKETS = re.compile(r"\(([^)]*)\)")
# PostgreSQL marks hits with these; no text of ours has them, and the page turns them into <mark>.
HIT, END_OF_HIT = "\x02", "\x03"
WORDS_OF_DANGER = re.compile(
    r"\b(suicid\w*|kill(ing)? (my ?self|me)|self[- ]?harm\w*|hurt(ing)? my ?self|want to die|end my life|overdos\w*)\b",
    re.IGNORECASE,
)

# Other names besides those of the conditions, which staff keep with each condition.
SAME_THING = (
    ("side effects", "adverse effects", "unwanted effects", "adverse events"),
    ("cost", "price", "fee", "how much"),
    ("insurance", "insurer", "medicare", "medicaid", "coverage"),
    ("high blood pressure", "hypertension"),
    ("urine", "urinary", "bladder"),
    ("hallucinations", "seeing things"),
    ("pregnant", "pregnancy"),
    ("drive", "driving", "car"),
    ("suicide", "suicidal", "self-harm", "988"),
    ("depression", "mood"),
    ("spravato", "esketamine"),
    ("off-label", "off label", "fda approved"),
    ("opioids", "opiates", "narcotics", "painkillers"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One article, and the place in it that answers: pieces of text, each with whether it was asked for."""

    article: Article
    excerpt: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found. `searched_for` differs from it where a word was taken for misspelled."""

    question: str
    searched_for: str = ""
    results: Sequence[Result] = field(default_factory=tuple)
    any_word: bool = False
    was_cut: bool = False

    @property
    def is_about_danger(self) -> bool:
        return bool(WORDS_OF_DANGER.search(self.question))

    @property
    def said(self) -> str:
        """What was found, in a sentence.

        >>> Found("rsd", "rsd", (None, None)).said, Found("rds", "rsd", (None,)).said
        ('2 articles for “rsd”.', 'Nothing for “rds”. 1 article for “rsd”.')
        """
        count = "1 article" if len(self.results) == 1 else f"{len(self.results)} articles"
        with_what = "with some of these words" if self.any_word else f"for “{self.searched_for}”"
        nothing = (
            f"Nothing for “{self.question}”. " if self.any_word or self.searched_for != self.question else ""
        )
        return f"{nothing}{count} {with_what}."


def find_articles(text: str) -> Found:
    """The articles that answer best, best first. First as asked, then with mended words, then for any of the words."""
    readable = " ".join("".join(c if c.isprintable() else " " for c in text[: 10 * LONGEST_QUESTION]).split())
    question = readable[:LONGEST_QUESTION].strip()
    was_cut = len(readable) > LONGEST_QUESTION
    if not question:
        return Found(question="")
    names = same_things()
    if results := results_for(question, names):
        return Found(question, question, results, was_cut=was_cut)
    mended = mended_question(question)
    if mended != question and (results := results_for(mended, names)):
        return Found(question, mended, results, was_cut=was_cut)
    results = results_for(" or ".join(WORD.findall(mended)), names)
    return Found(question, mended if results else question, results, any_word=True, was_cut=was_cut)


def results_for(question: str, names: Iterable[Sequence[str]]) -> tuple[Result, ...]:
    variants = list(variants_of(question, names))
    query: Any = reduce(or_, (search_query(variant) for variant in variants))
    articles = (
        Article.objects.published()
        .filter(search_vector=query)
        .annotate(rank=SearchRank(F("search_vector"), query, normalization=1))
        .defer("body", "rendered_body", "search_vector", "contents")
        .order_by("-rank", "order")[:MOST_RESULTS]
    )
    excerpts = SearchHeadline(
        "search_text",
        query,
        config=SEARCH_LANGUAGE,
        start_sel=HIT,
        stop_sel=END_OF_HIT,
        max_words=35,
        min_words=15,
        max_fragments=2,
        fragment_delimiter=" … ",
    )
    found: list[Any] = list(articles.annotate(excerpt=excerpts))
    return tuple(Result(article, tuple(pieces(article.excerpt))) for article in found)


def search_query(text: str) -> SearchQuery:
    return SearchQuery(text, search_type="websearch", config=SEARCH_LANGUAGE)


def pieces(excerpt: str) -> Iterator[tuple[str, bool]]:
    """An excerpt cut at its marks.

    >>> list(pieces("It \\x02fades\\x03 soon."))
    [('It ', False), ('fades', True), (' soon.', False)]
    """
    if excerpt[:1].islower():
        yield "… ", False
    for part in re.split(f"({HIT}[^{END_OF_HIT}]*{END_OF_HIT})", excerpt):
        if part:
            yield part.strip(HIT + END_OF_HIT), part.startswith(HIT)


def same_things() -> list[Sequence[str]]:
    """Groups of names that mean the same: of each condition, and those above."""
    of_conditions = [
        [name for written in (name, *others) for name in names_in(written)]
        for name, others in Condition.objects.values_list("name", "also_known_as")
    ]
    return [*of_conditions, *SAME_THING]


def names_in(written: str) -> list[str]:
    """A name, and the short name in brackets behind it.

    >>> names_in("Complex regional pain syndrome (CRPS)")
    ['complex regional pain syndrome', 'crps']
    """
    names = [IN_BRACKETS.sub("", written), *IN_BRACKETS.findall(written)]
    return [name.strip().lower() for name in names if name.strip()]


def variants_of(question: str, groups: Iterable[Sequence[str]]) -> Iterator[str]:
    """The question, and the question with one name in it replaced by another for the same thing.

    >>> list(variants_of("Does RSD spread?", [("crps", "rsd")]))
    ['Does RSD spread?', 'does "crps" spread?']
    """
    yield question
    asked = question.lower()
    made = {asked}
    for group in groups:
        for name in group:
            if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", asked):
                continue
            for other in (other for other in group if other != name):
                phrase = other.replace("\\", "")
                if '"' not in asked:  # the words of a name stand together
                    phrase = f'"{phrase}"'
                variant = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", phrase, asked)
                if variant not in made and len(made) < MOST_VARIANTS:
                    made.add(variant)
                    yield variant


NEAREST_WORDS = """
WITH known AS (
    SELECT DISTINCT word FROM treatments_article,
        regexp_split_to_table(lower(title || ' ' || search_text), '[^[:alpha:]]+') AS word
    WHERE published_at <= now() AND length(word) BETWEEN 4 AND 40
    UNION
    SELECT DISTINCT word FROM treatments_condition,
        regexp_split_to_table(lower(name || ' ' || array_to_string(also_known_as, ' ')), '[^[:alpha:]]+') AS word
    WHERE length(word) BETWEEN 3 AND 40
)
SELECT DISTINCT ON (asked) asked, word FROM unnest(%s::text[]) AS asked
JOIN known ON similarity(word, asked) >= %s
WHERE NOT EXISTS (SELECT FROM known WHERE word = asked)
ORDER BY asked, similarity(word, asked) DESC, word
"""


def mended_question(question: str) -> str:
    """The question with each word that no article knows replaced by the nearest that one does."""
    words = [word.lower() for word in WORD.findall(question) if 4 <= len(word) <= 40][:MOST_WORDS_MENDED]
    if not words or not typos_are_forgiven():
        return question
    with connection.cursor() as cursor:
        cursor.execute(NEAREST_WORDS, [words, NEAR_ENOUGH])
        nearest = dict(cursor.fetchall())
    return WORD.sub(lambda match: nearest.get(match[0].lower(), match[0]), question)


def typos_are_forgiven() -> bool:
    """Whether this database has pg_trgm."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('similarity(text, text)') IS NOT NULL")
        return bool(cursor.fetchone()[0])


@register(Tags.database)
def misspelled_words_are_found(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases or typos_are_forgiven():
        return []
    return [
        Warning(
            "The database has no pg_trgm, so the search finds no misspelled words.",
            hint="Install PostgreSQL's contrib package, then run as the owner of the database: "
            "CREATE EXTENSION pg_trgm;",
            id="treatments.W001",
        )
    ]

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from treatments.content import CONTENT_FOLDER, ArticleFile, ContentRefused, read_content
from treatments.markdown import render, text_blocks
from treatments.readability import flesch_kincaid_grade, words
from treatments.standards import FEWEST_SOURCES, HIGHEST_GRADE, WORDS


class Command(BaseCommand):
    help = "Print how long and how hard to read each shipped article is, and fail where one is out of bounds."
    requires_system_checks = []  # reads files alone, no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=CONTENT_FOLDER)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            articles = read_content(options["folder"]).articles
        except ContentRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{'words':>5}  {'grade':>5}  {'sources':>7}  article")
        out_of_bounds = [article.slug for article in articles if not self.within_bounds(article)]
        if out_of_bounds:
            raise CommandError(
                f"Out of bounds ({WORDS[0]} to {WORDS[-1]} words, grade at most {HIGHEST_GRADE}, "
                f"at least {FEWEST_SOURCES} sources): {', '.join(out_of_bounds)}"
            )

    def within_bounds(self, article: ArticleFile) -> bool:
        length = sum(len(words(block)) for block in text_blocks(article.body, tables=True))
        # Table cells are no sentences: counted as such, they would make any text look easy.
        grade = flesch_kincaid_grade(text_blocks(article.body, tables=False))
        sources = len(render(article.body).citations)
        self.stdout.write(f"{length:>5}  {grade:>5.1f}  {sources:>7}  {article.slug}")
        return length in WORDS and grade <= HIGHEST_GRADE and sources >= FEWEST_SOURCES

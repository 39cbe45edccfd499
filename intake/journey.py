"""Where a person is in the screening: which pages are theirs, what comes next, how much is left."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from intake.actions import all_problems
from intake.models import QuestionnaireVersion
from intake.questionnaires.answers import Answers, Problem, asked, kept
from intake.questionnaires.definition import Item, ItemType, Page
from intake.questionnaires.items import descendants
from intake.questionnaires.pages import is_there, questions_on
from intake.questionnaires.triage import Flag, Level, triage

SECONDS_PER_QUESTION = {
    ItemType.TEXT: 40,
    ItemType.STRING: 15,
    ItemType.DATE: 15,
}  # our estimate, not measured yet
SECONDS_PER_CHOICE = 8
CRISIS_LEVELS = (Level.CRISIS_NOW, Level.CRISIS)


@dataclass(frozen=True)
class Detour:
    """From the check page to an answer, and back by way of the pages that a changed answer opened.

    It goes from page to page as a text: "check" and the slugs of the pages that are still to be seen, between dots.
    """

    to_see: tuple[str, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> "Detour | None":
        """None for somebody who walks from page to page.

        >>> Detour.from_text("check.eyes"), Detour.from_text("")
        (Detour(to_see=('eyes',)), None)
        """
        first, *slugs = text.split(".")
        return cls(tuple(slugs)) if first == "check" else None

    def __str__(self) -> str:
        return ".".join(("check", *self.to_see))


@dataclass(frozen=True)
class Journey:
    """One version and one person's answers so far, on one day."""

    version: QuestionnaireVersion
    answers: Answers
    today: datetime.date

    @cached_property
    def asked(self) -> frozenset[str]:
        return asked(self.version.definition, self.answers)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """The pages with at least one question for this person, and those that are words alone."""
        return tuple(page for page in self.version.definition.pages if is_there(page, self.asked))

    @property
    def of_the_site(self) -> Answers:
        """The answers to hidden questions that the site gives itself."""
        link_ids = set(self.version.rules.site.values())
        return {link_id: values for link_id, values in self.answers.items() if link_id in link_ids}

    def questions(self, page: Page) -> list[Item]:
        return questions_on(page, self.asked)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is missing or wrong before this can be sent."""
        answers = kept(self.version.definition, self.answers)
        return all_problems(self.version, answers, today=self.today)

    def has_problem(self, page: Page) -> bool:
        link_ids = {item.link_id for item in self.questions(page)}
        return any(problem.link_id in link_ids for problem in self.problems)

    def place_to_resume(self) -> Page | None:
        """Where somebody goes on who comes back: the first open page, or the one after the last that was answered.

        The second, because a page of optional questions is never unfinished and would be passed over unseen.
        """
        answered = [
            page for page in self.pages if any(item.link_id in self.answers for item in self.questions(page))
        ]
        unseen = self.after(answered[-1]) if answered else None
        places = [page for page in (self.next_to_see(Detour()), unseen) if page]
        return min(places, key=lambda page: page.number, default=None)

    def after(self, page: Page) -> Page | None:
        """The page that follows, None when the answers can be checked."""
        return next((later for later in self.pages if later.number > page.number), None)

    def after_change(self, page: Page, detour: Detour, earlier: "Journey") -> Detour:
        """The detour of somebody who has just saved this page; `earlier` is how things stood before."""
        opened = {
            one.slug
            for one in self.pages
            if any(item.link_id not in earlier.asked for item in self.questions(one))
        }
        to_see = (opened | set(detour.to_see)) - {page.slug}
        return Detour(tuple(one.slug for one in self.pages if one.slug in to_see))

    def next_to_see(self, detour: Detour) -> Page | None:
        """The next page of a detour, None to go back to the check page. An optional page is never unfinished."""
        return next(
            (page for page in self.pages if page.slug in detour.to_see or self.has_problem(page)), None
        )

    def before(self, page: Page) -> Page | None:
        return next((earlier for earlier in reversed(self.pages) if earlier.number < page.number), None)

    def place_in_words(self, page: Page) -> str:
        """The section and the time left: "Section 2 of 9 · about 6 minutes left"."""
        counted = {one.number for one in (*self.pages, *self.undecided)}
        every = [one for one in self.version.definition.pages if one.number in counted]
        sections = list(dict.fromkeys(self.section(one).source_link_id for one in every))
        own = self.section(page).source_link_id
        questions = [item for one in self.pages if one.number >= page.number for item in self.questions(one)]
        questions += [item for one in self.undecided for item in questions_of_everybody(one)]
        return _("Section {place} of {sections} · {time} left").format(
            place=sections.index(own) + 1 if own in sections else 1,
            sections=len(sections),
            time=minutes_in_words(sum(map(seconds_for, questions))),
        )

    @cached_property
    def undecided(self) -> tuple[Page, ...]:
        """The pages of sections that a question still to be answered may open.

        They count until it is answered: a way that gets longer while one walks it is not believed.
        """

        def may_open(section: Item) -> bool:
            return section.link_id not in self.asked and any(
                one.question in self.asked and one.question not in self.answers for one in section.enable_when
            )

        return tuple(page for page in self.version.definition.pages if may_open(self.section(page)))

    def length_in_words(self) -> str:
        """How long it takes: from the questions that everybody is asked to all that there are."""
        everything = sum(
            seconds_for(item)
            for page in self.version.definition.pages
            for item in descendants(page.item)
            if item.is_question and not item.hidden and item.is_in_file
        )
        shortest = sum(seconds_for(item) for page in self.pages for item in self.questions(page))
        return _("about {least} to {most} minutes").format(least=minutes(shortest), most=minutes(everything))

    def section(self, page: Page) -> Item:
        """The top-level group that the page stands in."""
        item = page.item
        while parent := self.version.definition.parent(item.link_id):
            item = parent
        return item

    @cached_property
    def crisis_flags(self) -> tuple[Flag, ...]:
        definition = self.version.definition
        result = triage(definition, self.version.rules, self.answers, today=self.today)
        return tuple(flag for flag in result.flags if flag.level in CRISIS_LEVELS)

    @property
    def crisis_level(self) -> str:
        """ "crisis_now", "crisis" or "": which panel with 988 and 911 the person is shown."""
        return self.crisis_flags[0].level.value if self.crisis_flags else ""

    def calls_for_support(self, page: Page) -> bool:
        """Whether an answer on this page is one of those that call for the crisis panel."""
        link_ids = {item.link_id for item in self.questions(page)}
        return any(link_ids & set(flag.evidence) for flag in self.crisis_flags)


def questions_of_everybody(page: Page) -> list[Item]:
    """Those of its questions that hang on no answer."""
    return [
        item
        for item in descendants(page.item)
        if item.is_question and not item.hidden and not item.enable_when
    ]


def seconds_for(item: Item) -> int:
    return SECONDS_PER_QUESTION.get(item.type, SECONDS_PER_CHOICE)


def minutes(seconds: int) -> int:
    return max(1, -(-seconds // 60))


def minutes_in_words(seconds: int) -> str:
    """An honest, rounded-up estimate.

    >>> minutes_in_words(20), minutes_in_words(61), minutes_in_words(600)
    ('about 1 minute', 'about 2 minutes', 'about 10 minutes')
    """
    whole = minutes(seconds)
    return ngettext("about {minutes} minute", "about {minutes} minutes", whole).format(minutes=whole)

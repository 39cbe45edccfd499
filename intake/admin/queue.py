"""The queue's tabs and pages. Each page is read from the start of an index, so a million rows cost what ten do."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.fields.tuple_lookups import (  # type: ignore[import-untyped]
    TupleGreaterThan,
    TupleLessThan,
)
from django.utils import timezone
from django.utils.timesince import timesince

from intake.models import Note, Priority, Status, Submission
from intake.models.submission import CLOSED, SET_ASIDE, SubmissionQuerySet
from intake.one_query import Questions, answers

ROWS = 50
MOST_COUNTED = 500  # more is shown as "500+": counting a million takes seconds and tells nobody anything
MOST_URGENT_FIRST = ("priority", "received_at", "id")
NEWEST_FIRST = ("-received_at", "-id")
DONE = tuple(status for status in CLOSED if status != Status.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved filter. `chosen` takes all submissions of patients and the account that asks."""

    key: str
    label: str
    chosen: Callable[[SubmissionQuerySet, str], SubmissionQuerySet]
    order: tuple[str, ...] = MOST_URGENT_FIRST
    nothing: str = "Nothing is waiting here."


def call_again(rows: SubmissionQuerySet, me: str) -> SubmissionQuerySet:
    """Where somebody reached nobody and wrote down to try again, today or before."""
    due = Note.objects.calls_due(on=timezone.localdate())
    return rows.open().filter(pk__in=due.values("submission"))


TABS = {
    tab.key: tab
    for tab in (
        Tab(
            "open",
            "All open",
            lambda rows, me: rows.open().filter(~SET_ASIDE | Q(priority__lte=Priority.CRISIS)),
            nothing="No submission is open. All are answered.",
        ),
        Tab("urgent", "Urgent", lambda rows, me: rows.open().filter(priority__lte=Priority.CRISIS)),
        Tab(
            "mine",
            "Mine",
            lambda rows, me: rows.open().filter(assigned_to=me),
            nothing="Nothing is assigned to you.",
        ),
        Tab("call", "Call again", call_again, nothing="Nobody is to be called again today."),
        Tab("new", "New", lambda rows, me: rows.filter(status=Status.NEW, quarantined=False)),
        Tab("waiting", "Waiting for patient", lambda rows, me: rows.filter(status=Status.NEEDS_INFORMATION)),
        Tab(
            "done",
            "Done",
            lambda rows, me: rows.filter(status__in=DONE),
            NEWEST_FIRST,
            "No submission is decided yet.",
        ),
        # In no other tab, no list of the same person and no search but by the reference.
        Tab(
            "withdrawn",
            "Withdrawn",
            lambda rows, me: rows.filter(status=Status.WITHDRAWN),
            NEWEST_FIRST,
            "Nobody has withdrawn.",
        ),
        # An urgent one is in its own tab all the same: a robot's form is a smaller harm than a person who waits.
        Tab(
            "quarantine",
            "Quarantine",
            lambda rows, me: rows.set_aside(),
            nothing="Nothing looks as if a robot had sent it.",
        ),
    )
}
FIRST_TAB = TABS["open"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a tab, and where the pages beside it begin; None where there is none."""

    rows: list[Submission]
    after: UUID | None
    before: UUID | None


class NoSuchPlace(Exception):
    """An address of the queue that no page of it made."""


def of_tab(tab: Tab, me: str) -> SubmissionQuerySet:
    return tab.chosen(Submission.objects.of_patients(), me)


def counts(me: str) -> Questions:
    """How many each tab holds, as questions; `in_tab` says the answers."""
    return {
        key: ("count", of_tab(tab, me).order_by().values("pk")[: MOST_COUNTED + 1])
        for key, tab in TABS.items()
    }


def in_tab(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def place(asked: Mapping[str, str]) -> tuple[Tab, UUID | None, UUID | None]:
    """What an address asks for: the tab, and the row after or before which its page begins. Raises NoSuchPlace."""
    if not set(asked) <= {"tab", "after", "before"} or asked.get("tab", FIRST_TAB.key) not in TABS:
        raise NoSuchPlace
    try:
        after, before = (UUID(asked[name]) if name in asked else None for name in ("after", "before"))
    except ValueError:
        raise NoSuchPlace from None
    return TABS[asked.get("tab", FIRST_TAB.key)], after, before


def page_of(tab: Tab, me: str, *, after: UUID | None = None, before: UUID | None = None) -> Page:
    """Raises NoSuchPlace where the row that it should begin at is gone."""
    rows = of_tab(tab, me).with_version().defer("body")
    if before is not None:
        found = list(beyond(rows, tab.order, before, backwards=True)[: ROWS + 1])
        page = found[:ROWS][::-1]
        return Page(
            page, after=page[-1].pk if page else None, before=page[0].pk if len(found) > ROWS else None
        )
    chosen = beyond(rows, tab.order, after) if after is not None else rows.order_by(*tab.order)
    found = list(chosen[: ROWS + 1])
    page = found[:ROWS]
    return Page(
        page,
        after=page[-1].pk if len(found) > ROWS else None,
        before=page[0].pk if page and after is not None else None,
    )


def beyond(
    rows: SubmissionQuerySet, order: tuple[str, ...], row: UUID, *, backwards: bool = False
) -> SubmissionQuerySet:
    """What comes after a row in this order, or before it, the nearest first. Read from the index at that place."""
    columns = [name.removeprefix("-") for name in order]
    here = Submission.objects.filter(pk=row).values_list(*columns).first()
    if here is None:
        raise NoSuchPlace
    descends = order[0].startswith("-") is not backwards
    compared = TupleLessThan if descends else TupleGreaterThan
    return rows.filter(compared(tuple(columns), here)).order_by(
        *(f"-{name}" if descends else name for name in columns)
    )


def neighbours(submission: Submission) -> tuple[UUID | None, UUID | None]:
    """The open submissions before and after this one in the queue."""
    rows = Submission.objects.of_patients().open().values_list("pk", flat=True)
    before = beyond(rows, MOST_URGENT_FIRST, submission.pk, backwards=True)[:1]  # type: ignore[arg-type]
    after = beyond(rows, MOST_URGENT_FIRST, submission.pk)[:1]  # type: ignore[arg-type]
    found = answers(before=("value", before), after=("value", after))
    return found["before"], found["after"]


def waiting(submission: Submission, *, at: datetime.datetime, target: int | None) -> dict[str, Any]:
    """How long it waits, beside the clinic's target in hours; nothing where somebody has decided."""
    if submission.is_closed:
        return {"words": "", "target": "", "is_late": False}
    due = submission.received_at + datetime.timedelta(hours=target or 0)
    is_late = target is not None and at > due
    return {
        "words": timesince(submission.received_at, at, depth=1),
        "target": ""
        if target is None
        else f"{timesince(due, at, depth=1)} late"
        if is_late
        else f"due in {timesince(at, due, depth=1)}",
        "is_late": is_late,
    }


def ticked(asked: list[str]) -> list[UUID]:
    """Raises NoSuchPlace where something was ticked that is no submission."""
    try:
        return [UUID(one) for one in dict.fromkeys(asked)]
    except ValueError:
        raise NoSuchPlace from None


def those(pks: list[UUID]) -> SubmissionQuerySet:
    """Of patients, whole, most urgent first."""
    return Submission.objects.of_patients().with_version().filter(Q(pk__in=pks)).most_urgent_first()

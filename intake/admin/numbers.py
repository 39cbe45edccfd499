"""How far people come with the form, and how long they wait: counts alone, small ones left out."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from intake.actions.counting import SENT
from intake.models import PageCount, Priority, QuestionnaireVersion, Submission
from intake.views.shared import SCREENING

FEWEST = 10  # what fewer people did is not shown: it could be told of one of them
STRETCH = datetime.timedelta(days=30)
FEW = f"fewer than {FEWEST}"


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page: how many answered it, in words, and as a share of those who began. None where they were few."""

    title: str
    count: str
    share: int | None
    lost: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    label: str
    count: str
    median: str
    slowest_tenth: str


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont, of a duration."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    if not (
        request.user.has_perm("intake.view_submission") or request.user.has_perm("clinic_site.change_clinic")
    ):
        raise PermissionDenied
    at = timezone.now()
    version = QuestionnaireVersion.objects.current(SCREENING)
    context = {
        **admin.site.each_context(request),
        "title": "Numbers of the last 30 days",
        "version": version,
        "pages": page_rows(version, at=at) if version else [],
        "waiting": waiting_rows(at=at),
        "fewest": FEWEST,
    }
    return TemplateResponse(request, "admin/intake/numbers.html", context)


def page_rows(version: QuestionnaireVersion, *, at: datetime.datetime) -> list[PageRow]:
    """In the order of the form. A page that not everybody is asked is lower without anybody having left."""
    since = timezone.localdate(at - STRETCH)
    counted = PageCount.objects.filter(questionnaire_version=version, day__gte=since).order_by()
    counts = dict(counted.values_list("page").annotate(people=Sum("count")))
    titles = [(page.slug, page.title) for page in version.definition.pages] + [(SENT, "Sent")]
    began = counts.get(titles[0][0], 0)
    rows, before = [], None
    for slug, title in titles:
        if slug in counts:
            count = counts[slug]
            rows.append(page_row(title, count, began, before))
            before = count
    return rows


def page_row(title: str, count: int, began: int, before: int | None) -> PageRow:
    if count < FEWEST or began < FEWEST:
        return PageRow(title, FEW, None, "")
    lost = before - count if before is not None else 0
    words = "" if lost <= 0 else FEW if lost < FEWEST else str(lost)
    return PageRow(title, str(count), min(100, round(100 * count / began)), words)


def waiting_rows(*, at: datetime.datetime) -> list[WaitingRow]:
    recent = Submission.objects.of_patients().filter(received_at__gte=at - STRETCH)
    crises = recent.filter(priority__lte=Priority.CRISIS)
    return [
        waiting_row(
            "From a crisis to its acknowledgement", crises.exclude(acknowledged_at=None), "acknowledged_at"
        ),
        waiting_row(
            "From sending to the present status", recent.exclude(status_changed_at=None), "status_changed_at"
        ),
    ]


def waiting_row(label: str, rows: Any, until: str) -> WaitingRow:
    took = ExpressionWrapper(F(until) - F("received_at"), output_field=DurationField())
    found = (
        rows.order_by()
        .annotate(took=took)
        .aggregate(
            count=Count("pk"),
            median=Percentile("took", share="0.5"),
            tenth=Percentile("took", share="0.9"),
        )
    )
    if found["count"] < FEWEST:
        return WaitingRow(label, FEW, "", "")
    return WaitingRow(label, str(found["count"]), in_words(found["median"]), in_words(found["tenth"]))


def in_words(took: datetime.timedelta) -> str:
    """Rounded, as it is said.

    >>> in_words(datetime.timedelta(minutes=12, seconds=31)), in_words(datetime.timedelta(hours=30))
    ('13 minutes', '30 hours')
    >>> in_words(datetime.timedelta(days=4))
    '4 days'
    """
    minutes = took.total_seconds() / 60
    if minutes < 90:
        return f"{round(minutes)} minutes"
    return f"{round(minutes / 60)} hours" if minutes < 72 * 60 else f"{round(minutes / 60 / 24)} days"

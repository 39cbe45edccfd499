"""Before the first patient: what a clinic must have done, and how far this site can see that it has."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.contrib import admin
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic_site.accounts.groups import active_administrators
from clinic_site.audit import Action, AuditEvent
from clinic_site.clinic import Clinic, current_clinic
from intake.models import QuestionnaireVersion, RetentionClock

OLDEST_DRILL = datetime.timedelta(days=180)
FACTS = "admin:clinic_site_clinic_changelist"
NOTICES = "admin:clinic_site_noticeversion_changelist"
OF_THE_FACTS = ("clinic_site.E002", "clinic_site.W001", "clinic_site.E031")
OF_TEXTS = ("clinic_site.E030", "clinic_site.W032", "intake.E007", "intake.E008", "intake.E009")
OF_SIGN_IN_KEYS = ("clinic_site.E050", "clinic_site.E051", "clinic_site.E052")


class State(StrEnum):
    DONE = "done"
    OPEN = "to do"
    UNSEEN = "the site cannot see this"


@dataclass(frozen=True)
class Step:
    title: str
    state: State
    words: Sequence[str] = field(default_factory=tuple)
    """What is missing, or what to do."""
    page: str = ""
    """The name of the admin's page where it is done."""


@require_safe
def first_run(request: HttpRequest) -> HttpResponse:
    """For administrators. What it reads is about the site; nothing of a patient."""
    if not request.user.has_perm("clinic_site.change_clinic"):
        raise PermissionDenied
    found = run_checks(include_deployment_checks=True, databases=["default"])
    listed = list(steps(found, current_clinic(), at=timezone.now()))
    context = {
        **admin.site.each_context(request),
        "title": "Before the first patient",
        "steps": listed,
        "left": sum(step.state is not State.DONE for step in listed),
    }
    return TemplateResponse(request, "admin/clinic_site/first_run.html", context)


def steps(found: Sequence[CheckMessage], clinic: Clinic, *, at: datetime.datetime) -> Iterator[Step]:
    """In the order in which they are done. `found` is what the deployment check says."""
    told = Told(found)
    yield step("Clinic facts", told.of(*OF_THE_FACTS), FACTS)
    yield step("Opening hours", [] if clinic.hours_in_words else ["No hours are entered."], FACTS)
    yield step("On call", [*on_call(clinic), *told.of("clinic_site.E001")], FACTS)
    yield step("Texts that somebody answers for", [*told.of(*OF_TEXTS), *unsigned()], NOTICES)
    yield step("Whom to tell of a weakness", told.of("clinic_site.W041"), FACTS)
    yield step("People who can let others in", people(), "admin:auth_user_changelist")
    yield step("Keys", [*told.of("intake.W001", *OF_SIGN_IN_KEYS), *told.beginning_with("intake.E")])
    yield step("Escrow drill", escrow_drill(at))
    yield Step(
        "Backup",
        State.UNSEEN,
        [
            "A backup of the database every day, kept where this site's own login cannot delete it, and one brought "
            "back on another machine. Without the private keys it is of no use: keep those elsewhere, twice.",
        ],
    )
    yield step("How long forms are kept", retention())
    yield step("What else the deployment check says", told.the_rest())
    yield Step(
        "The other processes",
        State.UNSEEN,
        [
            "This page speaks for the process that shows it. Run manage.py check --deploy --database default in the "
            "environment of the public one and of the worker too.",
        ],
    )


def step(title: str, missing: Sequence[str], page: str = "") -> Step:
    return Step(title, State.OPEN if missing else State.DONE, missing, page)


class Told:
    """What the checks say, each sentence under one step alone."""

    def __init__(self, found: Sequence[CheckMessage]) -> None:
        self.left = list(found)

    def of(self, *ids: str) -> list[str]:
        return self.taken([problem for problem in self.left if problem.id in ids])

    def beginning_with(self, beginning: str) -> list[str]:
        return self.taken([problem for problem in self.left if str(problem.id).startswith(beginning)])

    def the_rest(self) -> list[str]:
        return self.taken(list(self.left))

    def taken(self, problems: list[CheckMessage]) -> list[str]:
        self.left = [problem for problem in self.left if problem not in problems]
        return [f"{problem.msg} {problem.hint or ''}".strip() for problem in problems]


def on_call(clinic: Clinic) -> Iterator[str]:
    if not clinic.on_call_name or not clinic.on_call_phone:
        yield "Nobody is named who is called when a person may be in danger."
    if not clinic.alert_email:
        yield "No e-mail address is entered for alerts: a crisis would stand in the queue until somebody looks."


def unsigned() -> Iterator[str]:
    for version in QuestionnaireVersion.objects.exclude(published_at=None).filter(retired_at=None):
        if not version.signed_off_by:
            yield (
                f"No clinician answers for the questions and rules of “{version.title}”, version {version.version}. "
                "A clinician publishes it under their name, under Questionnaire versions."
            )


def people() -> list[str]:
    if active_administrators().count() >= 2:
        return []
    return [
        "There is one administrator. Name a second: whoever loses a phone needs somebody who can let them in."
    ]


def escrow_drill(at: datetime.datetime) -> list[str]:
    drilled = AuditEvent.objects.filter(action=Action.KEY, detail="escrow drill").order_by("-id").first()
    if drilled and drilled.at > at - OLDEST_DRILL:
        return []
    when = f"The last was on {timezone.localdate(drilled.at)}." if drilled else "There was none yet."
    return [f"{when} Take the key from the safe and run manage.py escrow_drill, twice a year."]


def retention() -> list[str]:
    if RetentionClock.objects.exists():
        return []
    return [
        "No time is set, so every form is kept for ever. The privacy officer sets the times, under "
        "“How long submissions are kept”."
    ]

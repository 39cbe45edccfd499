"""Before the first patient: the list that an administrator works through, read from the site itself."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import Warning, run_checks
from django.test import Client
from django.utils import timezone

from clinic_site import audit
from clinic_site.clinic import Clinic, current_clinic
from clinic_site.first_run import State, steps
from intake.models import RetentionClock, Status

pytestmark = pytest.mark.django_db
PAGE = "/admin/first-run/"
REAL = {"name": "A Clinic", "phone": "(410) 234-5678"}


def listed(**changes: Any) -> dict[str, Any]:
    Clinic.objects.update(**changes)
    found = run_checks(include_deployment_checks=True, databases=["default"])
    return {step.title: step for step in steps(found, current_clinic(), at=timezone.now())}


def test_it_names_everything_that_a_new_site_lacks(staff_client: Client) -> None:
    page = staff_client.get(PAGE)
    assert page.status_code == 200
    for words in (
        "fictional demonstration clinic",
        "Not approved yet: Privacy on this site.",
        "There is one administrator",
        "There was none yet",
        "kept for ever",
        "A backup of the database every day",
        "the site cannot see this",
        "makes trial keys",
    ):
        assert words in page.text, words


def test_each_sentence_stands_once_and_under_its_own_step(staff_client: Client) -> None:
    found = listed()
    for title, words in (
        ("Clinic facts", "still hold the text of the demonstration"),
        ("Texts that somebody answers for", "Not approved yet: Consent to ketamine infusions."),
        ("Texts that somebody answers for", "not reviewed by a clinician"),
        ("Keys", "second step was made for a trial"),
    ):
        told = [step for step, one in found.items() if any(words in sentence for sentence in one.words)]
        assert told == [title], words
    page = staff_client.get(PAGE)
    assert page.text.count("Consent to ketamine infusions") == 1
    assert page.text.count("/admin/clinic_site/noticeversion/") >= 1


def test_no_two_checks_share_an_id() -> None:
    """Else one of them is silenced, or put under a step, in the name of the other."""
    where: dict[str, set[str]] = {}
    for app in ("clinic_site", "intake", "treatments"):
        for path in Path(app).rglob("*.py"):
            for one in re.findall(r'id="((?:clinic_site|intake|treatments)\.[EWI]\d{3})"', path.read_text()):
                where.setdefault(one, set()).add(path.as_posix())
    assert len(where) > 20
    assert [paths for paths in where.values() if len(paths) > 1] == []


@pytest.mark.parametrize(
    ("title", "facts", "state"),
    [
        ("Clinic facts", {"is_demonstration": True}, State.OPEN),
        ("Clinic facts", {"is_demonstration": False}, State.OPEN),  # its name and number are still made up
        ("Clinic facts", {"is_demonstration": False, **REAL}, State.DONE),
        ("Clinic facts", {"is_demonstration": False, "phone": ""}, State.OPEN),
        ("Opening hours", {}, State.DONE),
        ("On call", {"alert_email": "alerts@clinic.example"}, State.DONE),
        ("On call", {"alert_email": ""}, State.OPEN),
        ("On call", {"alert_email": "alerts@clinic.example", "on_call_phone": ""}, State.OPEN),
        ("Whom to tell of a weakness", {}, State.DONE),
        ("Whom to tell of a weakness", {"security_email": ""}, State.OPEN),
        ("Backup", {}, State.UNSEEN),
    ],
)
def test_a_step_is_done_when_the_facts_are_there(title: str, facts: dict[str, Any], state: State) -> None:
    assert listed(**facts)[title].state is state


def test_a_second_administrator_a_drill_and_a_retention_time_tick_theirs() -> None:
    User.objects.create_superuser("one", password="a long enough password")
    User.objects.create_superuser("two", password="a long enough password")
    audit.write(audit.Action.KEY, by="shell:test", detail="escrow drill")
    RetentionClock.objects.create(status=Status.DECLINED, days=90, set_by="one", set_at=timezone.now())
    found = listed()
    for title in ("People who can let others in", "Escrow drill", "How long forms are kept"):
        assert found[title].state is State.DONE, title
    later = timezone.now() + datetime.timedelta(days=181)
    old = {step.title: step for step in steps([], current_clinic(), at=later)}
    assert old["Escrow drill"].state is State.OPEN


def test_what_no_step_asks_about_is_told_all_the_same() -> None:
    unknown = Warning("Something new.", hint="Mend it.", id="other.W099")
    found = {step.title: step for step in steps([unknown], current_clinic(), at=timezone.now())}
    assert found["What else the deployment check says"].words == ["Something new. Mend it."]

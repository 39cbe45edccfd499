"""A made-up applicant who fills in the shipped screening through the pages, as a browser without JavaScript would."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinic_site.roles import Role
from intake import actions, storage
from intake.actions.drafts import end_of_day
from intake.cookies import NAME, keep_secret
from intake.models import Draft, QuestionnaireVersion
from intake.models.draft import DRAFT_LIFETIME
from intake.questionnaires.answers import Answers
from intake.same_day import site_answers
from intake.secret import Secret
from tests.opened import secret_of
from tests.serving_roles import acting_as

SCREENING = "/screening/"
FIRST_PAGE = f"{SCREENING}age/"

# What "Test Patient 17" answers, by linkId; every yes/no question that is not listed is answered with no.
ANSWERS: dict[str, Any] = {
    "adult": "yes",
    "respondent": "patient",
    "name": "Test Patient 17",
    "birth-date": ("March", "9", "1982"),
    "phone": "(410) 555-0117",
    "best-time": ["morning", "evening"],
    "email": "patient17@clinic.example",
    "voicemail": "yes",
    "emergency-name": "Test Friend 17",
    "emergency-phone": "(410) 555-0118",
    "pain-where": ["foot", "__other__"],
    "pain-where-other": "behind the left knee",
    "pain-duration": "1-to-5-years",
    "pain-diagnosis": ["crps"],
    "peg-pain": "6",
    "peg-enjoyment": "7",
    "peg-activity": "8",
    "treatments-tried": ["nerve-pain-medicine", "physical-therapy"],
    "treatments-notes": "Stretching helps a little.",
    "height-feet": "5",
    "height-inches": "7",
    "weight-pounds": "160",
    "medicines-sleepy": ["none"],
    "medicines-mixing": ["none"],
    "medicine-names": "Vitamin D",
    "allergies": "Penicillin",
    "escort": "yes",
    "no-driving": "yes",
    "consent-storage": "agree",
    "consent-limits": "understand",
    "worry-nervous": "LA6569-3",
}
NOT_AT_ALL = "LA6568-5"


def page_fields(response: Any, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What is posted for the page that was shown: an answer for each question on it."""
    posted: dict[str, Any] = {}
    form = response.context["form"]
    for link_id, name in form.names.items():
        item = form.fields[name].item
        answer = answers.get(link_id, default_answer(item))
        if isinstance(answer, tuple):
            posted |= {
                f"{name}-{part}": text for part, text in zip(("month", "day", "year"), answer, strict=True)
            }
        elif answer is not None:
            posted[name] = answer
        if f"{link_id}-other" in answers:
            posted[f"{name}-other"] = answers[f"{link_id}-other"]
    return posted


def default_answer(item: Any) -> str | None:
    keys = [option.key for option in item.options]
    for calm in ("no", NOT_AT_ALL):
        if calm in keys:
            return calm
    return keys[0] if keys and item.required else None


def walk(
    client: Client, *, until: str | None = None, at: str = SCREENING, is_whole: bool = False, **answers: Any
) -> Any:
    """Fill in page after page; returns the first response that is not a page of questions, or the page `until`.

    `at` is where the screening stands in a language. The other keyword names are linkIds with underscores for
    hyphens. The crisis page is left with its "go on" link. What was walked once with the same answers is put into the
    database the next time, unless it `is_whole`: most tests only want to stand somewhere.
    """
    given = ANSWERS | {link_id.replace("_", "-"): answer for link_id, answer in answers.items()}
    version = QuestionnaireVersion.objects.current("ketamine-screening")
    begins_anew = NAME not in client.cookies and not is_whole and version is not None
    way = repr((until, at, version and (version.pk, version.definition_hash, site_answers(version)), given))
    if begins_anew and version and way in walked:
        return walked[way].stand(client, version)
    response = walk_every_page(client, until, at, given)
    if begins_anew and NAME in client.cookies and response.status_code == 200:
        draft = actions.find_draft(secret_of(client), at=timezone.now())
        if draft:
            walked[way] = Walked(
                response.request["PATH_INFO"], draft.language, draft.revision, draft.answers, draft.changed
            )
    return response


@dataclass
class Walked:
    """Where a walk ended, and the draft that it left."""

    path: str
    language: str
    revision: int
    answers: Answers
    changed: Mapping[str, int]

    def stand(self, client: Client, version: QuestionnaireVersion) -> Any:
        secret, now = Secret.new(), timezone.now()
        times = {"started_at": now, "saved_at": now, "expires_at": end_of_day(now + DRAFT_LIFETIME)}
        draft = Draft(id=secret.draft_id, questionnaire_version=version, language=self.language, **times)
        draft.revision = self.revision
        storage.seal_draft(draft, secret, answers=self.answers, changed=self.changed)
        with acting_as(Role.PUBLIC):
            draft.save(force_insert=True)
        answer = HttpResponse()
        keep_secret(answer, secret)
        client.cookies.update(answer.cookies)
        return client.get(self.path)


walked: dict[str, Walked] = {}


def walk_every_page(client: Client, until: str | None, at: str, given: Mapping[str, Any]) -> Any:
    response = client.get(f"{at}age/")
    for _ in range(80):
        path = response.request["PATH_INFO"]
        if until is not None and path == f"{at}{until}/":
            return response
        if response.context is None or "form" not in response.context or response.status_code != 200:
            if path != f"{at}support/":
                assert until is None, f"The page {until} was never shown."
                return response
            response = client.get(response.context["following"])
            continue
        response = client.post(path, page_fields(response, given), follow=True)
    raise AssertionError("The screening never ends.")


def send(client: Client, *, at: str = SCREENING, is_whole: bool = False, **answers: Any) -> Any:
    """Fill in everything and press Send: the page that follows."""
    response = walk(client, at=at, is_whole=is_whole, **answers)
    assert response.request["PATH_INFO"] == f"{at}check/", response.content.decode()[:4000]
    return client.post(f"{at}check/", follow=True)

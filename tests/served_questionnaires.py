"""Any questionnaire as the screening of the site, filled in through its pages as a browser without JavaScript would."""

from typing import Any

from django.test import Client
from django.utils import timezone

from intake import actions
from intake.models import QuestionnaireVersion, Submission
from tests.filled_forms import Posted, fields_of, fields_to_post
from tests.opened import secret_of

SLUG = "ketamine-screening"  # what the site serves under /screening/
MOST_PAGES = 60
HIDDEN = ("shown", "revision", "return")  # what a page gives itself along


def serve(source: bytes, rules: bytes | None = None) -> QuestionnaireVersion:
    """Import and publish it; from now on /screening/ asks this questionnaire."""
    draft = actions.import_questionnaire(source, rules, slug=SLUG, at=timezone.now())
    return actions.publish(draft, signed_off_by="Dr. Test", at=timezone.now())


def open_first_page(client: Client) -> Any:
    start = client.get("/screening/")
    return client.get(f"/screening/{start.context['first_page'].slug}/")


def continue_with(client: Client, response: Any, posted: Posted) -> Any:
    """Answer the page that is shown and press Continue: the page that follows."""
    on_page = fields_of(response.content.decode())
    fields = fields_to_post(response.context["form"], posted)
    assert fields.keys() <= on_page.names
    hidden = {name: values for name, values in on_page.values.items() if name in HIDDEN}
    return client.post(response.request["PATH_INFO"], {**fields, **hidden}, follow=True)


def fill_in(client: Client, posted: Posted) -> Any:
    """Page after page, as the pages come; returns the check page, or the page that refuses an answer."""
    response = open_first_page(client)
    for _ in range(MOST_PAGES):
        if response.status_code != 200 or response.request["PATH_INFO"] == "/screening/check/":
            return response
        response = continue_with(client, response, posted)
    raise AssertionError(f"{response.request['PATH_INFO']} comes again and again.")


def send_in(client: Client, posted: Posted) -> Submission:
    """Everything filled in and sent: what the clinic has then."""
    response = fill_in(client, posted)
    assert response.request["PATH_INFO"] == "/screening/check/", response.content.decode()[:4000]
    done = client.post("/screening/check/", follow=True)
    assert done.request["PATH_INFO"] == "/screening/done/", done.content.decode()[:4000]
    return Submission.objects.get(pk=secret_of(client).submission_id)

"""Two submissions of one person side by side: what changed between them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from intake.admin import charts, looks
from intake.models import Submission
from intake.sealing import CannotOpen

Row = tuple[str, str, str]  # question, answer before, answer now


def context(request: HttpRequest, pair: Sequence[Submission]) -> dict[str, Any]:
    """The older one on the left. Each look is written into the trail before it is opened."""
    before, now = sorted(pair, key=lambda one: one.received_at)
    found: dict[str, Any] = {
        "title": f"{before.reference} and {now.reference} side by side",
        "submission": pair[0],
        "before": before,
        "now": now,
    }
    try:
        opened = [(one, *looks.look_at(request, one)) for one in (before, now)]
    except CannotOpen as refusal:
        return found | {"unopenable": str(refusal)}
    sides = [looks.masked_unless_revealed(request, one, body.pages) for one, _, body in opened if body]
    rows = differences(*sides)
    scores = [(one.received_at, head.scores) for one, head, _ in opened if head]
    return found | {
        "changed": [row for row in rows if row[1] != row[2]],
        "same": sum(row[1] == row[2] for row in rows),
        "trends": charts.trends(scores),
    }


def differences(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every question of either, in the order of the newer one; matched by its name, worded as it was seen last."""
    old, new = questions(before), questions(now)
    wording = {link_id: item["text"] for link_id, item in (old | new).items()}
    return [
        (wording[link_id], in_words(old.get(link_id)), in_words(new.get(link_id)))
        for link_id in [*new, *(link_id for link_id in old if link_id not in new)]
    ]


def questions(pages: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["link_id"]: item for page in pages for item in page["items"] if item["is_question"]}


def in_words(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "not asked"
    return "\n".join(item["answers_in_words"]) or "not answered"

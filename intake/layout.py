"""Crispy layout objects of our own."""

from typing import Any

from django.template.loader import render_to_string

from intake.questionnaires.definition import Item


class Words:
    """Text between questions: a display item, or the heading of a group inside a page."""

    def __init__(self, item: Item) -> None:
        self.item = item

    def render(self, form: Any, context: Any, template_pack: str = "clinic", **kwargs: Any) -> str:
        return render_to_string("clinic/words.html", {"item": self.item})

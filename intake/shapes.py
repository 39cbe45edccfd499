"""What an opened head or body must look like, so that no row, whoever sealed it, breaks a page that shows it. Pure."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any


def is_text(value: object) -> bool:
    return isinstance(value, str)


def are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def are_parts(value: object) -> bool:
    return isinstance(value, list)


def is_part(value: object) -> bool:
    return isinstance(value, dict)


def is_yes_or_no(value: object) -> bool:
    return isinstance(value, bool)


def are_points(value: object) -> bool:
    return value is None or (isinstance(value, str) and Decimal(value).is_finite())


Shape = Mapping[str, Callable[[object], bool]]
SCORE: Shape = {
    **dict.fromkeys(("instrument", "name", "unit", "band", "source"), is_text),
    **{"points": are_points, "items": are_texts, "missing": are_texts},
}
FLAG: Shape = {
    **dict.fromkeys(("rule_id", "level", "reason", "source", "row"), is_text),
    "evidence": are_texts,
}
PAGE: Shape = {"title": is_text, "slug": is_text, "items": are_parts}
SEEN_ITEM: Shape = {
    **dict.fromkeys(("link_id", "prefix", "text"), is_text),
    **{"is_question": is_yes_or_no, "answers_in_words": are_texts},
}


def parsed(opened: bytes) -> Any:
    """Raises ValueError also for text that no page could show, such as half of a pair of surrogates."""
    found = json.loads(opened)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def check_shape(part: Mapping[str, Any], shape: Shape) -> None:
    for name, fits in shape.items():
        if not fits(part[name]):
            raise TypeError(name)

"""Any answers come back from their response, and no JSON whatever upsets the check."""

import copy
import datetime
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import Other, Value
from intake.questionnaires.fhir import questionnaire_response, to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from tests.engine_builders import CODES, URL
from tests.responses import FORM, answered, sound

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=2, max_size=5).filter(
    str.strip
)


def zone(hours: int) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(hours=hours))


ANY_ANSWERS = {
    "b": st.booleans(),
    "i": st.integers(0, 10),
    "f": st.decimals("-1e12", "1e12", allow_nan=False, places=3),
    "d": st.dates(min_value=datetime.date(1000, 1, 1)),
    "s": TEXTS,
    "t": TEXTS,
    "many": TEXTS,
    "c": st.sampled_from(["yes", "no"]),
    "n": st.sampled_from(["0", "a few", "2026-01-31"]),
    "o": st.sampled_from(["yes", "no"]) | st.builds(Other, TEXTS),
    "at": st.times().map(lambda clock: clock.replace(microsecond=0)),
    "moment": st.builds(
        lambda day, hours: datetime.datetime.combine(day, datetime.time(9, 5, 30), zone(hours)),
        st.dates(min_value=datetime.date(1000, 1, 2)),
        st.integers(-12, 14),
    ),
    "weight": st.decimals(0, 500, places=1),
    "outer": TEXTS,
    "inside": TEXTS,
    "last": TEXTS,
}
SEVERAL = {"many": 2, "c": 2, "n": 3}


@given(
    st.fixed_dictionaries(
        {"b": st.tuples(st.booleans())},
        optional={
            link_id: st.lists(one, min_size=1, max_size=SEVERAL.get(link_id, 1), unique=True).map(tuple)
            for link_id, one in ANY_ANSWERS.items()
            if link_id != "b"
        },
    ),
    st.sampled_from([Decimal, float]),
)
@settings(deadline=None, max_examples=200)
def test_any_answers_come_back_from_the_response_as_they_were(
    answers: dict[str, tuple[Value, ...]], parse_float: Callable[[str], object]
) -> None:
    response = questionnaire_response(
        FORM,
        answers,
        response_id="r-1",
        authored=datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        subject="Patient/1",
    )
    parsed = json.loads(to_bytes(response), parse_float=parse_float)
    back = to_answers(FORM, parsed)
    assert back == answers
    assert {k: list(map(type, v)) for k, v in back.items()} == {
        k: list(map(type, v)) for k, v in answers.items()
    }


ANY_NUMBER = st.integers() | st.floats() | st.decimals()
ANY_TEXT = st.text(max_size=5) | st.sampled_from(
    [*FORM.by_link_id, "completed", URL, f"{URL}|1.0.0", "\ud800"]
)
NAMES = st.text(max_size=5) | st.sampled_from(
    [
        "item",
        "answer",
        "linkId",
        "status",
        "questionnaire",
        "valueString",
        "valueCoding",
        "valueDecimal",
        "code",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | ANY_NUMBER | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(ANY_JSON)
@settings(deadline=None, max_examples=300)
def test_no_json_whatever_makes_the_check_raise(response: object) -> None:
    assert check_response(FORM, response)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, name or index) inside."""
    names = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ()
    for name in names:
        yield value, name
        yield from places(value[name])


@given(st.data(), ANY_JSON)
@settings(deadline=None, max_examples=500)
def test_no_json_in_any_place_of_a_sound_response_makes_the_check_raise(
    data: st.DataObject, hostile: object
) -> None:
    response = copy.deepcopy(sound())
    holder, name = data.draw(st.sampled_from(list(places(response))))
    holder[name] = hostile
    for complaint in check_response(FORM, response):
        str(complaint).encode()  # can be printed, whatever the response holds


def test_depth_and_length_are_no_trouble() -> None:
    deep: dict[str, Any] = {"linkId": "page"}
    for _ in range(100_000):
        deep = {"linkId": "page", "item": [deep]}
    assert "it stands in another place" in check_response(FORM, sound() | {"item": [deep]})[0].reason
    long = answered("c", *([{"valueCoding": {"system": CODES, "code": "yes"}}] * 100_000))
    assert len(check_response(FORM, long)) == 1
    for link_id, name in [("i", "valueInteger"), ("f", "valueDecimal"), ("s", "valueString")]:
        assert len(check_response(FORM, answered(link_id, {name: 10**5000}))) == 1

"""Questionnaires that nobody would write, and what might be typed into their pages: for Hypothesis.

Most of them are valid, so that what comes after the reading is tried too; a few are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.engine_builders import CODES, STRUCTURE, extension, option, questionnaire_json

# Names of parts of fields, names that the page uses itself, and characters that mean something elsewhere.
LIKE_PARTS_OF_FIELDS = (
    *("birth", "birth-month", "birth-day", "birth-year", "birth-time", "x", "x-other", "x-other-text"),
    *("x-1", "x:2", "x#2", "item-0", "item-1", "q-x", "x-1-other", "é"),
)
LINK_IDS = (
    *(
        "a",
        "b",
        "x",
        "birth",
        "a:2",
        "a::2",
        "a#1.more",
        "shown",
        "return",
        "Ä é",
        "日本",
        "/44250-9",
        "a.b",
        "a b",
    ),
    *("A", "__other__", "<script>", 'say "hi"', "it's", "{{ x }}", "%2F", "..", "🙂", "constructor", "id"),
    *("csrfmiddlewaretoken", "x" * 255, "name", "email", "phone", "birth-date"),
)
WORDS = st.sampled_from(
    ["How are you?", "<b>bold</b>", "{% now %}", "{name}", "%s", "a\nb", "“quoted”", "é", "🙂", "x" * 300]
)
CODES_OF_OPTIONS = ("yes", "no", "0", "1", "10", "a b", "<i>", "true", "é", "x,y")
KINDS = (
    *("boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url", "quantity"),
    *("choice", "open-choice"),
)
TIMES = ["00:00:00", "12:00:00", "23:59:59"]
DATES = ["1000-01-01", "2020-02-29", "9999-12-31"]
MOMENTS = ["2020-02-29T12:00:00Z", "1000-01-01T00:00:00-05:00", "9999-12-31T23:59:59+14:00"]
VALUES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "boolean": ("Boolean", st.booleans()),
    "decimal": ("Decimal", st.sampled_from([0, 1.5, -3, 100, 0.001])),
    "integer": ("Integer", st.sampled_from([0, 1, -3, 100, 2**31 - 1])),
    "date": ("Date", st.sampled_from(DATES)),
    "dateTime": ("DateTime", st.sampled_from(MOMENTS)),
    "time": ("Time", st.sampled_from(TIMES)),
    "string": ("String", st.sampled_from(["a", "é", "<b>", "x" * 50])),
    "text": ("String", st.sampled_from(["a", "two\nlines"])),
    "url": ("Uri", st.just("https://clinic.example/?a=b&c")),
    "quantity": ("Quantity", st.sampled_from([0, 1.5, 72]).map(lambda value: {"value": value, "code": "kg"})),
}
BOUNDED = ("decimal", "integer", "date", "dateTime", "time")
ORDERED = (*BOUNDED, "quantity")
CONTROLS = ["", "help", "lower", "upper", "prompt", "unit", "flyover", "inline"]


@dataclass
class _Sketch:
    """What is drawn so far."""

    free: list[str]
    questions: list[dict[str, Any]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    group_of: dict[str, tuple[str, ...]] = field(default_factory=dict)


@st.composite
def questionnaires(draw: st.DrawFn, most_items: int = 12) -> bytes:
    """The bytes of a questionnaire."""
    pool = draw(st.sampled_from([LINK_IDS, LIKE_PARTS_OF_FIELDS]))
    sketch = _Sketch(draw(st.permutations(pool))[:most_items])
    items = _items(draw, sketch, depth=0, inside=())
    for one in items:
        _add_conditions(draw, sketch, one, ())
    title = draw(st.sampled_from([{}, {"title": None}]))
    return questionnaire_json(item=items, language=draw(st.sampled_from([None, "en", "es-US"])), **title)


def _items(draw: st.DrawFn, sketch: _Sketch, depth: int, inside: tuple[str, ...]) -> list[dict[str, Any]]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        if not sketch.free:
            break
        kind = draw(st.sampled_from((*KINDS, "display", *("group",) * (5 if depth < 4 else 0))))
        made.append(_item(draw, sketch, kind, depth, inside))
    return made or [
        {"linkId": f"words {depth} {draw(st.integers(0, 10**6))}", "type": "display", "text": "Words"}
    ]


def _item(draw: st.DrawFn, sketch: _Sketch, kind: str, depth: int, inside: tuple[str, ...]) -> dict[str, Any]:
    link_id = sketch.free.pop()
    sketch.order.append(link_id)
    one: dict[str, Any] = {"linkId": link_id, "type": kind, "text": draw(WORDS)}
    one |= draw(st.sampled_from([{}, {}, {"prefix": "1."}]))
    extensions = draw(_sometimes([extension("questionnaire-hidden", valueBoolean=True)], one_in=10))
    if kind == "group":
        if draw(st.booleans()):
            del one["text"]
        one |= draw(_sometimes({"repeats": True}, one_in=3))
        extensions += draw(_sometimes([_control("page")], one_in=6))
        if one.get("repeats"):
            extensions += draw(_occurrences())
        around = (*inside, link_id) if one.get("repeats") else inside
        one["item"] = _items(draw, sketch, depth + 1, around)
    elif kind == "display":
        extensions += [_control(code) for code in draw(st.sampled_from([[], [], CONTROLS[1:2]]))]
    else:
        extensions += _make_question(draw, sketch, one, kind, depth, inside)
    return one | ({"extension": extensions} if extensions else {})


def _make_question(
    draw: st.DrawFn, sketch: _Sketch, one: dict[str, Any], kind: str, depth: int, inside: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Fills in what a question of that kind may have; returns its extensions."""
    one |= draw(_sometimes({"required": True}, one_in=3))
    one |= draw(_sometimes({"repeats": True}, one_in=4))
    one |= draw(_sometimes({"readOnly": True}, one_in=10))
    extensions: list[dict[str, Any]] = []
    if kind in ("choice", "open-choice"):
        one["answerOption"] = draw(_options())
    elif draw(st.integers(0, 3)) == 0:
        name, values = VALUES[kind]
        one["initial"] = [{f"value{name}": draw(values)}]
    if kind == "quantity":
        extensions.append(extension("questionnaire-unit", valueCoding={"code": "kg", "display": "kilos"}))
    if kind in ("decimal", "quantity"):
        extensions += draw(_sometimes([extension("maxDecimalPlaces", valueInteger=1)]))
    if kind in BOUNDED:
        name, values = VALUES[kind]
        extensions += [extension(bound, **{f"value{name}": draw(values)}) for bound in draw(_one_bound())]
    if kind in ("string", "text", "url", "open-choice"):
        one |= draw(_sometimes({"maxLength": 60}))
        extensions += draw(_sometimes([extension("minLength", valueInteger=2)]))
    if kind == "string":
        extensions += draw(_sometimes([extension("regex", valueString="[a-z]*"), _format("a-z")]))
    if one.get("repeats"):
        extensions += draw(_occurrences())
    elif depth < 4 and sketch.free and draw(st.integers(0, 4)) == 0:
        one["item"] = _items(draw, sketch, depth + 1, inside)
    sketch.questions.append(one)
    sketch.group_of[one["linkId"]] = inside
    return extensions


def _add_conditions(draw: st.DrawFn, sketch: _Sketch, one: dict[str, Any], inside: tuple[str, ...]) -> None:
    around = (*inside, one["linkId"]) if one["type"] == "group" and one.get("repeats") else inside
    may_look_anywhere = draw(st.integers(0, 15)) == 0  # and so in a circle, which is refused
    here = sketch.order.index(one["linkId"]) if one["linkId"] in sketch.order else 0
    seen = [
        question
        for question in sketch.questions
        if set(sketch.group_of[question["linkId"]]) <= set(inside)
        and (may_look_anywhere or sketch.order.index(question["linkId"]) < here)
    ]
    if seen and draw(st.integers(0, 1)):
        looked_at = draw(st.lists(st.sampled_from(seen), min_size=1, max_size=2))
        one["enableWhen"] = [_condition(draw, question) for question in looked_at]
        one["enableBehavior"] = draw(st.sampled_from(["all", "any"]))
    for child in one.get("item", ()):
        _add_conditions(draw, sketch, child, around)


def _condition(draw: st.DrawFn, question: dict[str, Any]) -> dict[str, Any]:
    kind = question["type"]
    operators = ["exists", "=", "!=", *((">", "<", ">=", "<=") if kind in ORDERED else ())]
    how = draw(st.sampled_from(operators))
    if how == "exists":
        answer: dict[str, Any] = {"answerBoolean": draw(st.booleans())}
    elif "answerOption" in question:
        chosen = draw(st.sampled_from(question["answerOption"]))
        answer = {f"answer{name[5:]}": value for name, value in chosen.items() if name.startswith("value")}
    else:
        name, values = VALUES[kind]
        answer = {f"answer{name if name != 'Uri' else 'String'}": draw(values)}
    return {"question": question["linkId"], "operator": how} | answer


def _options() -> st.SearchStrategy[list[dict[str, Any]]]:
    points = [extension("ordinalValue", valueDecimal=2)]
    alone = [extension("questionnaire-optionExclusive", valueBoolean=True)]
    coded = st.builds(
        lambda code, more: option(code) | more,
        st.sampled_from(CODES_OF_OPTIONS),
        st.sampled_from([{}, {}, {"extension": points}, {"extension": alone}, {"initialSelected": True}]),
    )
    plain = st.sampled_from(
        [{"valueInteger": number} for number in range(11)]
        + [{"valueString": "a few"}, {"valueDate": "2026-01-31"}, {"valueTime": "14:30:00"}]
    )
    other_system = st.just({"valueCoding": {"system": f"{CODES}/other", "code": "other", "display": "<u>"}})

    def key(one: dict[str, Any]) -> str:
        value = next(value for name, value in one.items() if name.startswith("value"))
        return str(value["code"] if isinstance(value, dict) else value)

    return st.lists(coded | plain | other_system, min_size=1, max_size=9, unique_by=key)


def _occurrences() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.sampled_from(
        [
            [],
            [],
            [extension("questionnaire-maxOccurs", valueInteger=3)],
            [
                extension("questionnaire-minOccurs", valueInteger=2),
                extension("questionnaire-maxOccurs", valueInteger=2),
            ],
        ]
    )


def _one_bound() -> st.SearchStrategy[list[str]]:
    return st.sampled_from([[], [], ["minValue"], ["maxValue"]])


def _sometimes(what: Any, one_in: int = 4) -> st.SearchStrategy[Any]:
    return st.sampled_from([what, *[type(what)()] * (one_in - 1)])


def _control(code: str) -> dict[str, Any]:
    return extension("questionnaire-itemControl", valueCodeableConcept={"coding": [{"code": code}]})


def _format(written: str) -> dict[str, Any]:
    return {"url": STRUCTURE + "entryFormat", "valueString": written}


# ---- What is posted ----

TYPED = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                "true",
                "false",
                "yes",
                "no",
                "0",
                "1",
                "10",
                "-3",
                "1.5",
                "72.5",
                "1e5",
                "9" * 21,
                "NaN",
            ),
            *("March", "2", "29", "31", "2020", "2024", "9999", "1000", "0000", "12", "٣", "²"),
            *("2:30 pm", "14:30", "23:59", "12 am", "24:00", "2020-02-29", "2020-02-29T12:00:00Z"),
            *("https://clinic.example/", "javascript:alert(1)", "a", "ab", "a few", "é", "<i>", "a b", "x,y"),
            *("__other__", "other", "2026-01-31", "14:30:00", "two\r\nlines", "\x00", "\ud800", "x" * 5_000),
        ]
    ),
    st.text(max_size=20),
)
"""What a person, or a program, puts into one field."""


def posts(offered: Mapping[str, Sequence[str]]) -> st.SearchStrategy[dict[str, list[str]]]:
    """What may come back from a page with these fields and what they offer to tick; now and then, others."""
    names = sorted(offered) or ["nothing"]
    strange = [f"{names[0]}:2", f"{names[0]}:101", f"{names[-1]}-month", "q-", "shown", "return", ""]
    ticks = sorted({value for values in offered.values() for value in values}) or ["nothing"]
    return st.dictionaries(
        st.one_of(*[st.sampled_from(names)] * 9, st.sampled_from(strange)),
        st.lists(st.sampled_from(ticks) | TYPED, max_size=3),
        max_size=len(names) + 3,
    )

"""The files that cost most to judge: every limit of the reader is met once, from just below or from above."""

from collections.abc import Callable
from typing import Any

from intake.questionnaires.item_reader import MAX_PARTS
from intake.questionnaires.json_source import MAX_BYTES
from tests.engine_builders import choice, control, extension, group, item, option, questionnaire_json, when

MOST_ITEMS = MAX_PARTS // 3  # an item counts as three
NEARLY = MOST_ITEMS - 10
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
POINTS = [option(key, extension=[extension("ordinalValue", valueDecimal=1)]) for key in ("a", "b")]


def total(link_id: str, expression: str) -> dict[str, Any]:
    worked_out = {"url": CALCULATED, "valueExpression": {"expression": expression}}
    return item(link_id, "decimal", extension=[worked_out])


def nested(depth: int, inside: dict[str, Any]) -> dict[str, Any]:
    for level in range(depth):
        inside = group(f"group-{level}", inside)
    return inside


def quantity(link_id: str) -> dict[str, Any]:
    unit = extension("questionnaire-unit", valueCoding={"code": "kg"})
    decimals = extension("maxDecimalPlaces", valueInteger=1)
    initial = [{"valueQuantity": {"value": 1, "code": "kg"}}]
    return item(link_id, "quantity", extension=[unit, decimals], initial=initial)


def open_brackets() -> bytes:
    return b"[" * MAX_BYTES


def short_lists() -> bytes:
    return b"[" + b"[]," * 600_000 + b"[]]"


def quotation_marks() -> bytes:
    return b'"' * MAX_BYTES


def as_many_items_as_allowed() -> bytes:
    return questionnaire_json(item=[item(f"q{number}") for number in range(NEARLY)])


def as_many_quantities_as_allowed() -> bytes:
    return questionnaire_json(item=[quantity(f"q{number}") for number in range(NEARLY)])


def as_many_pages_as_allowed() -> bytes:
    pages = [
        group(f"page {number}", item(f"q{number}"), extension=[control("page")])
        for number in range(NEARLY // 2)
    ]
    return questionnaire_json(item=[group("all", *pages)])


def each_item_waits_for_the_one_before() -> bytes:
    rest = [item(f"q{number}", **when(f"q{number - 1}")) for number in range(1, MAX_PARTS // 4 - 10)]
    return questionnaire_json(item("q0"), *rest)


def one_long_list_of_answers_for_many_questions() -> bytes:
    concepts = [{"code": f"code-{number}"} for number in range(MAX_PARTS - 10)]
    answers = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}
    questions = [item(f"q{number}", "choice", answerValueSet="#v") for number in range(MOST_ITEMS)]
    return questionnaire_json(*questions, contained=[answers])


def one_answer_in_many_languages_for_many_questions() -> bytes:
    spoken = [{"language": "es", "value": "x"}] * 10_000
    concept = {"code": "c", "designation": spoken}
    answers = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": [concept]}]}}
    questions = [item(f"q{number}", "choice", answerValueSet="#v") for number in range(MAX_PARTS // 4 - 10)]
    return questionnaire_json(*questions, contained=[answers])


def groups_that_repeat_inside_each_other() -> bytes:
    inside = item("q")
    for level in range(20):
        inside = group(f"group-{level}", inside, repeats=True)
    return questionnaire_json(inside)


def patterns_that_are_long_to_read() -> bytes:
    patterns = (f"{'(' * 90}a{')' * 90}{number}" for number in range(MAX_PARTS))
    return fitting(
        item(f"q{number}", "string", maxLength=200, extension=[extension("regex", valueString=pattern)])
        for number, pattern in enumerate(patterns)
    )


def totals_of_totals_without_end() -> bytes:
    """Each step finds again what the step before found: without a limit, more than there are atoms."""
    steps = "%resource" + ".repeat(item)" * 30 + ".answer.value.ordinal().sum()"
    return questionnaire_json(nested(25, choice("q", answerOption=POINTS)), total("t", steps))


def many_totals_of_many_items() -> bytes:
    questions = [choice(f"q{number}", answerOption=POINTS) for number in range(MAX_PARTS // 10)]
    everything = "%resource.repeat(item).answer.value.ordinal().sum()"
    totals = (total(f"t{number}", everything) for number in range(MAX_PARTS // 7))
    return questionnaire_json(*questions, *totals)


def totals_written_with_wide_spaces() -> bytes:
    written = " " * 240 + "'" + " " * 240
    return fitting(total(f"t{number}", written) for number in range(MAX_PARTS))


def fitting(items: Any) -> bytes:
    """As many of them as a file may hold."""
    kept, size = [], 1_000
    for one in items:
        size += len(questionnaire_json(one)) - len(questionnaire_json()) + 2
        if size > MAX_BYTES or len(kept) == NEARLY:
            break
        kept.append(one)
    return questionnaire_json(*kept)


HOSTILE: tuple[Callable[[], bytes], ...] = (
    open_brackets,
    short_lists,
    quotation_marks,
    as_many_items_as_allowed,
    as_many_quantities_as_allowed,
    as_many_pages_as_allowed,
    each_item_waits_for_the_one_before,
    one_long_list_of_answers_for_many_questions,
    one_answer_in_many_languages_for_many_questions,
    groups_that_repeat_inside_each_other,
    patterns_that_are_long_to_read,
    totals_of_totals_without_end,
    many_totals_of_many_items,
    totals_written_with_wide_spaces,
)

"""Whoever signs off a new version reads what is different from the one before, and nothing is left out."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from intake.management.commands.load_questionnaires import SHIPPED
from intake.questionnaires.changes import changes, condition_in_words, question_changes, rule_in_words
from intake.questionnaires.definition import Item, Questionnaire, read_questionnaire
from intake.questionnaires.items import Option
from intake.questionnaires.rules import Derived, Gate, Rule, Rules, Threshold
from intake.questionnaires.triage import read_rules
from tests.engine_builders import choice, coded, extension, group, item, option, read, when
from tests.engine_rules import FORM, THRESHOLD, ask, rule, rules_of

KIDNEYS = choice("kidneys", "yes", "no")
RULES = (THRESHOLD, rule(f"when = {ask('systolic >= @systolic_stop')}"))


def told(before: tuple[Any, ...], after: tuple[Any, ...]) -> list[str]:
    """What is said when the items of a page are exchanged."""
    return list(question_changes(read(*before), read(*after, version="1.1.0")))


def rules_told(*after: str, before: tuple[str, ...] = RULES) -> list[str]:
    return list(changes(FORM, rules_of(*before), FORM, rules_of(*after)))


def reworded(code: str, label: str) -> dict[str, Any]:
    changed: dict[str, Any] = option(code)
    changed["valueCoding"] = changed["valueCoding"] | {"display": label}
    return changed


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ([KIDNEYS], [KIDNEYS, item("liver")], "New question: “About liver?” (liver), always asked."),
        ([KIDNEYS, item("liver")], [KIDNEYS], "Taken out, a question: “About liver?” (liver)."),
        (
            [KIDNEYS],
            [KIDNEYS | {"text": "Are your kidneys ill?"}],
            "kidneys: the wording is now “Are your kidneys ill?”; it was “About kidneys?”.",
        ),
        ([item("a")], [item("a", "string")], "a: the type is now string; it was boolean."),
        (
            [item("a")],
            [item("a", required=True)],
            "a: whether an answer is required is now yes; it was no.",
        ),
        ([KIDNEYS], [choice("kidneys", "yes", "no", "both")], "kidneys: new answer “Both” (both)."),
        ([KIDNEYS], [choice("kidneys", "yes")], "kidneys: the answer “No” (no) was taken out."),
        (
            [KIDNEYS],
            [item("kidneys", "choice", answerOption=[reworded("yes", "Yes, often"), option("no")])],
            "kidneys: the answer yes is now worded “Yes, often”; it was “Yes”.",
        ),
        ([KIDNEYS], [choice("kidneys", "no", "yes")], "kidneys: the order of its answers changed."),
        (
            [KIDNEYS, item("b")],
            [KIDNEYS, item("b", **when("kidneys", **coded("yes")))],
            "b: it is now asked when kidneys is “Yes”; it was always asked.",
        ),
        ([item("a"), item("b")], [item("b"), item("a")], "page: the order of what stands in it changed."),
    ],
)
def test_each_change_of_a_question_is_one_sentence(
    before: list[Any], after: list[Any], sentence: str
) -> None:
    assert told(tuple(before), tuple(after)) == [sentence]


def test_a_question_that_moves_to_another_group_is_told() -> None:
    before = (group("first", item("a"), item("b")), group("second", item("c")))
    after = (group("first", item("a")), group("second", item("c"), item("b")))
    assert told(before, after) == ["b: it now stands in second; it stood in first."]


def test_pages_in_another_order_are_told() -> None:
    pages = [group("first", item("a")), group("second", item("b"))]
    assert list(question_changes(read(item=pages), read(item=pages[::-1]))) == [
        "The questionnaire: the order of its groups changed."
    ]


def test_a_hint_that_is_reworded_is_told_once() -> None:
    def with_hint(text: str) -> dict[str, Any]:
        return item("a", item=[{"linkId": "a-hint", "type": "display", "text": text}])

    before, after = read(with_hint("Look at the label.")), read(with_hint("Ask your pharmacist."))
    assert before.item("a").hint == "Look at the label."
    assert list(question_changes(before, after)) == [
        "a-hint: the wording is now “Ask your pharmacist.”; it was “Look at the label.”."
    ]


def test_another_title_is_told() -> None:
    assert list(question_changes(read(KIDNEYS), read(KIDNEYS, title="Your kidneys"))) == [
        "The questionnaire: the title is now “Your kidneys”; it was “A test”."
    ]


MADE_FROM_OTHERS = {
    *("link_id", "items", "hint", "why"),
    *("occurrence", "repeat_of", "asks_for_more"),  # from `repeats` and the limits of the group
}
OTHER_VALUES: dict[str, Any] = {  # where a text would not be told from what stands there
    "options": (Option("k", "K", "k"),),
    "enable_when": (read(KIDNEYS, item("b", **when("kidneys", **coded("yes")))).item("b").enable_when),
}


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Item) if field.name not in MADE_FROM_OTHERS | {"enable_behavior"}]
)
def test_no_field_of_an_item_changes_untold(name: str) -> None:
    """Also the fields that nobody wrote a sentence for, and those that are added one day."""
    before = read(item("a"))
    changed = replace(before.item("a"), **{name: OTHER_VALUES.get(name, "something else")})
    after = replace(
        before, all_items=(before.all_items[0], changed), by_link_id=before.by_link_id | {"a": changed}
    )
    assert len(list(question_changes(before, after))) == 1


@pytest.mark.parametrize("name", [field.name for field in fields(Option) if field.name != "key"])
def test_no_field_of_an_answer_changes_untold(name: str) -> None:
    before = read(KIDNEYS)
    kidneys = before.item("kidneys")
    options = (replace(kidneys.options[0], **{name: "something else"}), *kidneys.options[1:])
    changed = replace(kidneys, options=options)
    after = replace(
        before, all_items=(before.all_items[0], changed), by_link_id=before.by_link_id | {"kidneys": changed}
    )
    assert len(list(question_changes(before, after))) == 1


def test_all_of_several_conditions_is_not_the_same_as_any_of_them() -> None:
    both = [when("kidneys", **coded(code))["enableWhen"][0] for code in ("yes", "no")]
    dependent = item("b", enableWhen=both, enableBehavior="all")
    assert told((KIDNEYS, dependent), (KIDNEYS, dependent | {"enableBehavior": "any"})) == [
        "b: it is now asked when kidneys is “Yes” or kidneys is “No”; "
        "it was asked when kidneys is “Yes” and kidneys is “No”."
    ]


@pytest.mark.parametrize(
    ("after", "sentences"),
    [
        (
            [THRESHOLD.replace("160", "170"), RULES[1]],
            [
                "Threshold systolic_stop: the value is now 170; it was 160.",
                "Rule r: the condition is now systolic is at least 170; it was systolic is at least 160.",
            ],
        ),
        (
            [*RULES, rule(f"when = {ask('smoker = true')}", rule_id="smokes", level="note")],
            ["New rule smokes, level note: when smoker is yes. Reason: Because."],
        ),
        (
            [THRESHOLD, rule(f"when = {ask('systolic >= @systolic_stop')}", level="caution")],
            ["Rule r: the level is now caution; it was stop."],
        ),
        (
            [*RULES, '[[gate]]\npage = "adults-only"\nwhen = ' + ask("derived:age_years < 18")],
            [
                "New gate to adults-only, number 1: the page “adults-only”; the condition age_years is below 18."
            ],
        ),
    ],
)
def test_each_change_of_a_rule_is_one_sentence(after: list[str], sentences: list[str]) -> None:
    assert rules_told(*after) == sentences


def test_a_rule_and_a_threshold_that_are_taken_out_are_told() -> None:
    assert rules_told() == [
        "Threshold systolic_stop was taken out.",
        "Rule r was taken out, level stop. Its reason was: Because.",
    ]


def test_rules_in_another_order_are_told() -> None:
    pair = [rule(f"when = {ask('smoker = true')}", rule_id=name) for name in ("one", "two")]
    assert rules_told(*pair[::-1], before=tuple(pair)) == ["The order of the rules changed."]


def test_a_derived_value_with_other_bounds_is_told() -> None:
    before = rules_of(*RULES)
    bmi = replace(before.derived[1], maximum=Decimal(90))
    after = replace(before, derived=(before.derived[0], bmi))
    assert list(changes(FORM, before, FORM, after)) == [
        "Derived value bmi: the highest that can be true is now 90; it was 100."
    ]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *((Rule, field.name) for field in fields(Rule) if field.name != "id"),
        *((Threshold, field.name) for field in fields(Threshold) if field.name != "name"),
        *((Derived, field.name) for field in fields(Derived) if field.name != "name"),
        *((Gate, field.name) for field in fields(Gate) if field.name != "page"),
    ],
)
def test_no_field_of_a_rule_changes_untold(part: Any, name: str) -> None:
    gate = '[[gate]]\npage = "adults-only"\nwhen = ' + ask("derived:age_years < 18")
    before = rules_of(*RULES, gate)

    def spoil(value: Any) -> Any:
        return replace(value, **{name: "something else"})

    after: Rules = {
        Rule: lambda: replace(before, rules=(spoil(before.rules[0]),)),
        Threshold: lambda: replace(
            before, thresholds={"systolic_stop": spoil(before.thresholds["systolic_stop"])}
        ),
        Derived: lambda: replace(before, derived=(spoil(before.derived[0]), before.derived[1])),
        Gate: lambda: replace(before, gates=(spoil(before.gates[0]),)),
    }[part]()
    assert len(changes(FORM, before, FORM, after)) == 1


@pytest.mark.parametrize("name", ["site", "identity", "contact", "helper"])
def test_who_is_asked_and_what_the_site_answers_do_not_change_untold(name: str) -> None:
    before = rules_of(*RULES)
    assert len(changes(FORM, before, FORM, replace(before, **{name: {"something": "else"}}))) == 1


def test_the_same_files_have_no_changes() -> None:
    definition = read_questionnaire((SHIPPED / "ketamine-screening.json").read_bytes())
    rules = read_rules((SHIPPED / "ketamine-screening.rules.toml").read_bytes(), definition)
    assert changes(definition, rules, definition, rules) == ()


def test_conditions_read_as_a_person_would_say_them() -> None:
    (nested,) = rules_of(
        rule(
            "all = [{}, {{ any = [{}, {}] }}]".format(
                ask('heart = "yes"'), ask("derived:age_years >= 65"), ask("score:phq2 > 2")
            )
        )
    ).rules
    assert (
        rule_in_words(nested.condition, FORM)
        == "heart is “Yes” and (age_years is at least 65 or PHQ-2 score is above 2)"
    )
    (unknown,) = rules_of(rule(f"when = {ask('derived:bmi exists false')}")).rules
    assert rule_in_words(unknown.condition, FORM) == "bmi is not known"
    form = read(
        item("a", "integer", extension=[extension("minValue", valueInteger=0)]),
        item("b", **when("a", "exists", answerBoolean=False)),
    )
    assert condition_in_words(form.item("b"), form) == "asked when a is not answered"


def test_a_questionnaire_without_rules_in_common_can_still_be_compared() -> None:
    """A version whose questions all went away: old conditions name items that the new one has not."""
    other: Questionnaire = read(item("x"))
    empty = rules_of(head=f'questionnaire = "{FORM.url}"\nversion = "1.0.0"\n')
    sentences = changes(FORM, rules_of(*RULES), other, empty)
    assert "New question: “About x?” (x), always asked." in sentences
    assert "Rule r was taken out, level stop. Its reason was: Because." in sentences

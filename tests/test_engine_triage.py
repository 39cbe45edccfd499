"""Rules become flags and a priority, derived values keep their bounds, and gates lead elsewhere."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.answers import Answers, Problem, ProblemKind
from intake.questionnaires.triage import (
    Level,
    Priority,
    Rules,
    age_in_years,
    bound_problems,
    derive,
    gate,
    read_rules,
    triage,
)
from tests.engine_builders import (
    PHQ,
    URL,
    item,
    read,
    when,
)
from tests.engine_rules import BORN, DERIVED, FORM, HEAD, THRESHOLD, TODAY, ask, rule, rules_of


def fires(condition: str, *more: str, **answers: Any) -> bool:
    rules = rules_of(*more, rule(condition))
    given_answers = {name.replace("_", "-"): values for name, values in answers.items()}
    result = triage(FORM, rules, given_answers, today=TODAY)
    assert (result.priority is Priority.STOP) == bool(result.flags)
    return bool(result.flags)


# ---- Conditions ----


@pytest.mark.parametrize(
    ("condition", "answers", "expected"),
    [
        ('heart = "yes"', {"heart": ("yes",)}, True),
        ('heart = "yes"', {"heart": ("no",)}, False),
        ('heart = "yes"', {}, False),
        ('heart != "yes"', {"heart": ("no",)}, True),
        ('heart != "yes"', {}, True),
        ("heart exists true", {"heart": ("no",)}, True),
        ("heart exists true", {}, False),
        ("heart exists false", {}, True),
        ('medicines = "opioid"', {"medicines": ("sedative", "opioid")}, True),
        ('medicines != "opioid"', {"medicines": ("sedative", "opioid")}, False),
        ("smoker = true", {"smoker": (True,)}, True),
        ("smoker = true", {"smoker": (False,)}, False),
        ("systolic >= 160", {"systolic": (159,)}, False),
        ("systolic >= 160", {"systolic": (160,)}, True),
        ("systolic > 160", {"systolic": (160,)}, False),
        ("systolic < 160", {"systolic": (159,)}, True),
        ("systolic <= 160", {"systolic": (161,)}, False),
        ("systolic >= 160", {}, False),
        ("drinks > 2.5", {"drinks": (Decimal("2.6"),)}, True),
        ("born < 1962-03-10", {"born": (BORN,)}, True),
        ("born < 1962-03-09", {"born": (BORN,)}, False),
        ('notes = "x"', {"notes": ("x",)}, True),
        ("derived:age_years >= 64", {"born": (BORN,)}, True),
        ("derived:age_years > 64", {"born": (BORN,)}, False),
        ("derived:age_years > 64", {}, False),
        ("derived:age_years != 64", {}, False),
        ("derived:age_years != 65", {"born": (BORN,)}, True),
        ("derived:age_years exists false", {}, True),
        ("derived:bmi >= 40", {"feet": (5,), "inches": (10,), "pounds": (Decimal(279),)}, True),
        ("derived:bmi >= 40", {"feet": (5,), "inches": (10,), "pounds": (Decimal(278),)}, False),
        ("score:phq2 >= 3", dict(zip(PHQ, (("1",), ("2",)), strict=False)), True),
        ("score:phq2 >= 3", dict(zip(PHQ, (("1",), ("1",)), strict=False)), False),
        ("score:phq2 >= 0", {PHQ[0]: ("3",)}, False),
        ("score:phq2 != 6", {PHQ[0]: ("3",)}, False),
        ("score:phq2 exists false", {PHQ[0]: ("3",)}, True),
    ],
)
def test_a_condition_holds_exactly_when_it_says_so(condition: str, answers: Answers, expected: bool) -> None:
    result = triage(FORM, rules_of(rule(f"when = {ask(condition)}")), answers, today=TODAY)
    assert bool(result.flags) is expected


def test_all_any_and_nested_conditions_are_followed() -> None:
    both = f"all = [ {ask('smoker = true')}, {ask('systolic > 160')} ]"
    either = f"any = [ {ask('smoker = true')}, {ask('systolic > 160')} ]"
    nested = f"all = [ {ask('smoker = true')}, {{ any = [ {ask('systolic > 160')}, {{ {both} }} ] }} ]"
    assert not fires(both, smoker=(True,), systolic=(160,))
    assert fires(both, smoker=(True,), systolic=(161,))
    assert fires(either, smoker=(True,))
    assert not fires(either, smoker=(False,))
    assert fires(nested, smoker=(True,), systolic=(161,))
    assert not fires(nested, smoker=(False,), systolic=(161,))


def test_a_threshold_stands_for_its_value() -> None:
    assert fires(f"when = {ask('systolic >= @systolic_stop')}", THRESHOLD, systolic=(160,))
    assert not fires(f"when = {ask('systolic >= @systolic_stop')}", THRESHOLD, systolic=(159,))


def test_an_answer_to_a_question_that_is_not_asked_raises_nothing() -> None:
    recent = f"when = {ask('heart-when = ' + repr('recent').replace(chr(39), chr(34)))}"
    assert fires(recent, heart=("yes",), heart_when=("recent",))
    assert not fires(recent, heart=("no",), heart_when=("recent",))


# ---- Flags and priority ----


def test_a_flag_says_why_and_on_what() -> None:
    smoker_and_old = (
        f"all = [ {ask('smoker = true')}, {ask('derived:age_years > 18')}, {ask('smoker exists true')} ]"
    )
    scored = f"when = {ask('score:phq2 exists false')}"
    rules = rules_of(
        rule(smoker_and_old, level="caution", rule_id="a"), rule(scored, level="note", rule_id="b")
    )
    first, second = triage(FORM, rules, {"smoker": (True,), "born": (BORN,)}, today=TODAY).flags
    assert (first.rule_id, first.level, first.row) == ("a", Level.CAUTION, "A row")
    assert (first.reason, first.source) == ("Because.", "A paper")
    assert first.evidence == ("smoker", "born")
    assert second.evidence == PHQ[:2]


@pytest.mark.parametrize(
    ("condition", "answers", "evidence"),
    [
        (f"any = [ {ask('smoker = true')}, {ask('systolic > 160')} ]", {"systolic": (161,)}, ("systolic",)),
        (
            f"any = [ {ask('smoker = true')}, {ask('systolic > 160')} ]",
            {"smoker": (True,), "systolic": (161,)},
            ("smoker", "systolic"),
        ),
        (
            f"all = [ {ask('smoker = true')}, {{ any = [ {ask('systolic > 160')}, {ask('drinks > 2')} ] }} ]",
            {"smoker": (True,), "systolic": (120,), "drinks": (Decimal(3),)},
            ("smoker", "drinks"),
        ),
        # One of the two ways within `any` is met only in part: nothing of it counts.
        (
            f"any = [ {ask('drinks > 2')}, {{ all = [ {ask('smoker = true')}, {ask('systolic > 160')} ] }} ]",
            {"smoker": (True,), "systolic": (120,), "drinks": (Decimal(3),)},
            ("drinks",),
        ),
        (f"when = {ask('derived:age_years >= 64')}", {"born": (BORN,)}, ("born",)),
        (f"when = {ask('derived:bmi exists false')}", {"feet": (5,)}, ("feet", "inches", "pounds")),
        # A high total comes from the items above zero, a low one from all of them.
        (f"when = {ask('score:phq2 >= 3')}", {PHQ[0]: ("0",), PHQ[1]: ("3",)}, (PHQ[1],)),
        (f"when = {ask('score:phq2 > 3')}", {PHQ[0]: ("1",), PHQ[1]: ("3",)}, PHQ[:2]),
        (f"when = {ask('score:phq2 >= 0')}", {PHQ[0]: ("0",), PHQ[1]: ("0",)}, PHQ[:2]),
        (f"when = {ask('score:phq2 < 4')}", {PHQ[0]: ("0",), PHQ[1]: ("3",)}, PHQ[:2]),
        (f"when = {ask('score:phq2 exists true')}", {PHQ[0]: ("0",), PHQ[1]: ("3",)}, PHQ[:2]),
        (f"when = {ask('score:phq2 exists false')}", {PHQ[0]: ("3",)}, (PHQ[1],)),
    ],
)
def test_the_evidence_of_a_flag_is_what_made_it_fire(
    condition: str, answers: Answers, evidence: tuple[str, ...]
) -> None:
    (flag,) = triage(FORM, rules_of(rule(condition)), answers, today=TODAY).flags
    assert flag.evidence == evidence


def test_flags_come_most_urgent_first_and_then_in_the_order_of_the_file() -> None:
    levels = ["note", "caution", "crisis", "stop", "crisis_now", "caution"]
    always = f"when = {ask('smoker = true')}"
    rules = rules_of(*(rule(always, level=level, rule_id=str(n)) for n, level in enumerate(levels)))
    flags = triage(FORM, rules, {"smoker": (True,)}, today=TODAY).flags
    assert [flag.rule_id for flag in flags] == ["4", "2", "3", "1", "5", "0"]


@pytest.mark.parametrize(
    ("levels", "priority"),
    [
        ([], Priority.ROUTINE),
        (["note"], Priority.ROUTINE),
        (["note", "caution"], Priority.CAUTION),
        (["caution", "stop"], Priority.STOP),
        (["stop", "crisis"], Priority.CRISIS),
        (["crisis", "note", "crisis_now"], Priority.CRISIS_NOW),
    ],
)
def test_the_most_urgent_flag_sets_the_priority(levels: list[str], priority: Priority) -> None:
    always = f"when = {ask('smoker = true')}"
    rules = rules_of(*(rule(always, level=level, rule_id=str(n)) for n, level in enumerate(levels)))
    assert triage(FORM, rules, {"smoker": (True,)}, today=TODAY).priority is priority


def test_triage_carries_the_scores_that_it_looked_at() -> None:
    answers: Answers = {PHQ[0]: ("1",), PHQ[1]: ("2",)}
    assert [
        (score.instrument, score.points) for score in triage(FORM, rules_of(), answers, today=TODAY).scores
    ] == [
        ("phq2", Decimal(3)),
        ("peg", None),
    ]


# ---- Gates ----


def test_a_gate_leads_to_the_first_page_whose_condition_holds() -> None:
    gates = (
        f'[[gate]]\npage = "adults-only"\nany = [ {ask("smoker = false")}, {ask("derived:age_years < 18")} ]\n'
        f'[[gate]]\npage = "call-us"\nwhen = {ask("systolic > 200")}\n'
    )
    rules = rules_of(gates)
    young = {"born": (datetime.date(2008, 11, 23),)}
    assert gate(FORM, rules, young, today=TODAY) == "adults-only"
    assert gate(FORM, rules, young, today=TODAY + datetime.timedelta(days=1)) is None
    assert gate(FORM, rules, {"smoker": (False,), "systolic": (201,)}, today=TODAY) == "adults-only"
    assert gate(FORM, rules, {"systolic": (201,)}, today=TODAY) == "call-us"
    assert gate(FORM, rules, {}, today=TODAY) is None


# ---- Derived values ----


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ((2008, 11, 22), (2026, 11, 22), 18),
        ((2008, 11, 23), (2026, 11, 22), 17),
        ((2008, 2, 29), (2026, 2, 28), 17),
        ((2008, 2, 29), (2026, 3, 1), 18),
        ((2026, 11, 22), (2026, 11, 22), 0),
        ((2026, 11, 23), (2026, 11, 22), -1),
    ],
)
def test_age_counts_whole_years(born: tuple[int, int, int], today: tuple[int, int, int], age: int) -> None:
    assert age_in_years(datetime.date(*born), datetime.date(*today)) == age


@pytest.mark.parametrize(
    ("feet", "inches", "pounds", "bmi"),
    [
        (5, 10, "170", "24.4"),
        (6, 0, "250.5", "34.0"),
        (5, 0, "128", "25.0"),
        (0, 0, "170", None),
        (0, 1, "1000000000000", "1000000"),
    ],
)
def test_bmi_is_from_feet_inches_and_pounds(feet: int, inches: int, pounds: str, bmi: str | None) -> None:
    answers: Answers = {"feet": (feet,), "inches": (inches,), "pounds": (Decimal(pounds),)}
    assert derive(rules_of(), answers, today=TODAY)["bmi"] == (None if bmi is None else Decimal(bmi))


def test_a_value_that_lacks_an_answer_is_not_derived() -> None:
    assert derive(rules_of(), {"feet": (5,), "pounds": (Decimal(170),)}, today=TODAY) == {
        "age_years": None,
        "bmi": None,
    }


def test_an_answer_of_another_type_derives_nothing() -> None:
    mistaken: Answers = {"born": ("1962",), "feet": ("5",), "inches": (10,), "pounds": (Decimal(170),)}
    assert set(derive(rules_of(), mistaken, today=TODAY).values()) == {None}


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (datetime.date(2026, 11, 22), None),
        (datetime.date(2026, 11, 23), ProblemKind.OUT_OF_BOUNDS_LOW),
        (datetime.date(1905, 11, 23), None),
        (datetime.date(1905, 11, 22), ProblemKind.OUT_OF_BOUNDS_HIGH),
    ],
)
def test_an_age_that_cannot_be_is_told_at_the_birth_date(
    born: datetime.date, expected: ProblemKind | None
) -> None:
    limit = 0 if expected is ProblemKind.OUT_OF_BOUNDS_LOW else 120
    found = bound_problems(rules_of(), FORM, {"born": (born,)}, today=TODAY)
    assert found == (() if expected is None else (Problem("born", expected, limit),))


def test_a_weight_that_cannot_be_is_told_at_the_weight() -> None:
    answers: Answers = {"feet": (5,), "inches": (10,), "pounds": (Decimal(69),)}
    assert bound_problems(rules_of(), FORM, answers, today=TODAY) == (
        Problem("pounds", ProblemKind.OUT_OF_BOUNDS_LOW, 10),
    )


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({"inches": (10,)}, ("feet",)),
        ({"inches": (0,), "pounds": (Decimal(170),)}, ("feet",)),
        ({"feet": (5,)}, ()),
        ({"pounds": (Decimal(170),)}, ()),
        ({"feet": (5,), "inches": (10,)}, ()),
        ({}, ()),
    ],
)
def test_inches_want_their_feet(answers: Answers, missing: tuple[str, ...]) -> None:
    found = bound_problems(rules_of(), FORM, answers, today=TODAY)
    assert found == tuple(Problem(link_id, ProblemKind.MISSING) for link_id in missing)


def test_feet_that_are_not_asked_are_not_wanted() -> None:
    sizes = [item("feet", "integer", **when("a")), item("inches", "integer"), item("pounds", "decimal")]
    form = read(item("a"), item("born", "date"), *sizes)
    rules = read_rules((HEAD + DERIVED).encode(), form)
    assert bound_problems(rules, form, {"inches": (10,)}, today=TODAY) == ()
    assert bound_problems(rules, form, {"a": (True,), "inches": (10,)}, today=TODAY) == (
        Problem("feet", ProblemKind.MISSING),
    )


def test_an_answer_that_is_not_kept_breaks_no_bound() -> None:
    form = read(item("a"), item("born", "date", **when("a")))
    source = HEAD + DERIVED.split("[derived.bmi]")[0]
    rules = read_rules(source.encode(), form)
    future: Answers = {"born": (datetime.date(2030, 1, 1),)}
    assert bound_problems(rules, form, future, today=TODAY) == ()
    assert len(bound_problems(rules, form, {**future, "a": (True,)}, today=TODAY)) == 1


# ---- What the rules say of the questionnaire ----


def test_the_rules_say_who_is_asked_and_what_the_site_answers() -> None:
    rules = rules_of(
        '[site]\nsame_day_review = "same-day"\n',
        '[identity]\nbirth_date = "born"\nphone = "called"\ncontact = ["notes", "pain"]\n',
        '[helper]\nname = "called"\nrelationship = "pain"\n',
        THRESHOLD,
        rule(f"when = {ask('systolic >= @systolic_stop')}"),
    )
    assert rules.site == {"same_day_review": "same-day"}
    assert (rules.identity, rules.contact) == (
        {"birth_date": "born", "phone": "called"},
        ("notes", "pain"),
    )
    assert rules.helper == {"name": "called", "relationship": "pain"}
    assert (rules.questionnaire, rules.version) == (URL, "1.0.0")
    assert rules.thresholds["systolic_stop"].value == 160
    assert rules.thresholds["systolic_stop"].source == "A trial"
    assert [derived.unit for derived in rules.derived] == ["a", "kg/m2"]
    assert len(rules.rules_hash) == 64


def test_rules_without_anything_are_rules() -> None:
    rules = read_rules(HEAD.encode(), FORM)
    assert (rules.rules, rules.gates, rules.site, rules.contact, rules.helper) == ((), (), {}, (), {})
    assert triage(FORM, rules, {}, today=TODAY).priority is Priority.ROUTINE


def one_rule_each(conditions: list[str]) -> Rules:
    return rules_of(*(rule(f"when = {ask(text)}", rule_id=str(n)) for n, text in enumerate(conditions)))


PLAIN_CONDITIONS = [
    'heart = "yes"',
    'heart-when = "recent"',
    "smoker = true",
    "systolic > 160",
    "notes exists true",
]
SOME_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "heart": st.sampled_from([("yes",), ("no",)]),
        "heart-when": st.sampled_from([("recent",), ("long-ago",)]),
        "smoker": st.sampled_from([(True,), (False,)]),
        "systolic": st.integers(50, 300).map(lambda value: (value,)),
        "notes": st.just(("x",)),
    },
)


@given(SOME_ANSWERS)
@settings(deadline=None)
def test_the_order_of_the_rules_changes_no_flag(answers: Answers) -> None:
    forwards = triage(FORM, one_rule_each(PLAIN_CONDITIONS), answers, today=TODAY)
    backwards = triage(FORM, one_rule_each(PLAIN_CONDITIONS[::-1]), answers, today=TODAY)
    last = len(PLAIN_CONDITIONS) - 1
    assert {flag.rule_id for flag in forwards.flags} == {str(last - int(f.rule_id)) for f in backwards.flags}
    assert forwards.priority is backwards.priority

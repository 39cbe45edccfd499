"""Rules become flags and a priority; a rule that cannot be followed as written is refused by its name."""

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
    RulesRefused,
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
    choice,
    extension,
    frequency_item,
    group,
    item,
    peg_item,
    read,
    when,
)

TODAY = datetime.date(2026, 11, 22)
BORN = datetime.date(1962, 3, 9)


def bounded(link_id: str, kind: str, low: int, high: int) -> dict[str, Any]:
    bounds = [extension("minValue", valueInteger=low), extension("maxValue", valueInteger=high)]
    return item(link_id, kind, extension=bounds)


FORM = read(
    choice("heart"),
    choice("heart-when", "recent", "long-ago", **when("heart", answerCoding={"code": "yes"})),
    choice("medicines", "opioid", "sedative", repeats=True),
    choice("pain", "back", kind="open-choice"),
    item("smoker"),
    item("born", "date", extension=[extension("minValue", valueDate="1900-01-01")]),
    bounded("systolic", "integer", 50, 300),
    item("drinks", "decimal"),
    item("notes", "text"),
    bounded("feet", "integer", 0, 8),
    bounded("inches", "integer", 0, 11),
    bounded("pounds", "decimal", 1, 1_500),
    item("same-day", extension=[extension("questionnaire-hidden", valueBoolean=True)]),
    *map(frequency_item, PHQ[:2]),
    group("peg", *map(peg_item, ("75893-8", "91145-3", "91146-1"))),
)

HEAD = f'questionnaire = "{URL}"\nversion = "1.0.0"\n'
DERIVED = """
[derived.age_years]
kind = "age"
from = "born"
item = "born"
unit = "a"
minimum = 0
maximum = 120

[derived.bmi]
kind = "bmi_us"
feet = "feet"
inches = "inches"
pounds = "pounds"
item = "pounds"
unit = "kg/m2"
minimum = 10
maximum = 100

"""
THRESHOLD = '[thresholds.systolic_stop]\nvalue = 160\nunit = "mm[Hg]"\nsource = "G39"\n'


def rule(condition: str, *, level: str = "stop", rule_id: str = "r") -> str:
    return (
        f'[[rule]]\nid = "{rule_id}"\nrow = "A row"\nlevel = "{level}"\n'
        f'reason = "Because."\nsource = "A paper"\n{condition}\n'
    )


def rules_of(*parts: str, head: str = HEAD) -> Rules:
    return read_rules((head + DERIVED + "\n".join(parts)).encode(), FORM)


def fires(condition: str, *more: str, **answers: Any) -> bool:
    rules = rules_of(*more, rule(condition))
    given_answers = {name.replace("_", "-"): values for name, values in answers.items()}
    result = triage(FORM, rules, given_answers, today=TODAY)
    assert (result.priority is Priority.STOP) == bool(result.flags)
    return bool(result.flags)


def ask(text: str) -> str:
    """A rule's condition from its short form: `heart = "yes"`, `score:phq2 >= 3`, `derived:bmi > 40`."""
    subject, operator, answer = text.split(" ", 2)
    kind, _, name = subject.rpartition(":")
    return f'{{ {kind or "question"} = "{name}", operator = "{operator}", {answer_of(answer)} }}'


def answer_of(answer: str) -> str:
    return f'threshold = "{answer[1:]}"' if answer.startswith("@") else f"answer = {answer}"


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
        '[identity]\nbirth_date = "born"\ncontact = ["notes", "pain"]\n',
        THRESHOLD,
        rule(f"when = {ask('systolic >= @systolic_stop')}"),
    )
    assert rules.site == {"same_day_review": "same-day"}
    assert (rules.identity, rules.contact) == ({"birth_date": "born"}, ("notes", "pain"))
    assert (rules.questionnaire, rules.version) == (URL, "1.0.0")
    assert rules.thresholds["systolic_stop"].value == 160
    assert rules.thresholds["systolic_stop"].source == "G39"
    assert [derived.unit for derived in rules.derived] == ["a", "kg/m2"]
    assert len(rules.rules_hash) == 64


def test_rules_without_anything_are_rules() -> None:
    rules = read_rules(HEAD.encode(), FORM)
    assert (rules.rules, rules.gates, rules.site, rules.contact) == ((), (), {}, ())
    assert triage(FORM, rules, {}, today=TODAY).priority is Priority.ROUTINE


# ---- What is refused ----

REFUSED_CONDITIONS = [
    ('nobody = "yes"', "no item 'nobody'"),
    ("page = true", "'page' is a group and has no answer"),
    ('heart = "maybe"', "'maybe' is no answer to heart; write one of its options' codes"),
    ("heart = true", "write one of its options' codes"),
    ('heart > "no"', "heart is of type choice and has no order"),
    ('heart ~ "yes"', "operator '~' is unknown"),
    ('heart exists "yes"', "needs true or false"),
    ('smoker = "yes"', "'yes' is no answer to smoker; write true or false"),
    ("smoker > true", "has no order"),
    ('notes > "a"', "notes is of type text and has no order"),
    ("notes = 5", "write a text"),
    ('born < "1962-03-09"', "write a date such as"),
    ("born < 1962-03-09T00:00:00", "an answer must be a text, number, date"),
    ("born < 1900-01-01", "goes from 1900-01-01 to None"),
    ('systolic > "160"', "'160' is no answer to systolic; write a number"),
    ("systolic > true", "write a number"),
    ("systolic = 160.5", "has whole numbers only"),
    ("systolic != 160.5", "has whole numbers only"),
    ("systolic > 300", "systolic > 300 says nothing: it goes from 50 to 300"),
    ("systolic >= 301", "says nothing"),
    ("systolic < 50", "says nothing"),
    ("systolic <= 49", "says nothing"),
    ("systolic = 301", "says nothing"),
    ("systolic != 49", "says nothing"),
    ("systolic = [160]", "an answer must be a text"),
    ("drinks > nan", "is no number that a clinic asks for"),
    ("drinks > -inf", "is no number"),
    ("drinks > 1000000000000000000", "is no number"),
    ("drinks > 0x" + "f" * 400_000, "is no number"),
    ("drinks > [0x" + "f" * 400_000 + "]", "an answer must be a text"),
    ('notes = ""', "answer must be a text that is not empty"),
    ('notes = "\\u0000"', "control character"),
    ("score:phq >= 3", "'phq' is no score"),
    ("score:gad7 >= 3", "GAD-7 needs a question with the LOINC code 69725-0"),
    ("score:phq2 >= 7", "goes from 0 to 6"),
    ("score:phq2 > 6", "goes from 0 to 6"),
    ("score:phq2 < 0", "goes from 0 to 6"),
    ("score:peg = 11", "goes from 0 to 10"),
    ('score:phq2 = "high"', "phq2 is a number; write a number"),
    ("score:phq2 exists 1", "needs true or false"),
    ("derived:height > 3", "no derived value is named 'height'; declare it"),
    ("derived:age_years > 120", "goes from 0 to 120"),
    ("derived:bmi < 10", "goes from 10 to 100"),
    ("derived:bmi = true", "bmi is a number"),
    ("systolic > @nobody", "no threshold is named 'nobody'; declare it"),
]


@pytest.mark.parametrize(
    ("condition", "reason"), REFUSED_CONDITIONS, ids=[row[0][:30] for row in REFUSED_CONDITIONS]
)
def test_a_condition_that_cannot_be_followed_is_refused_by_its_rule(condition: str, reason: str) -> None:
    with pytest.raises(RulesRefused) as refused:
        rules_of(rule(f"when = {ask(condition)}", rule_id="my-rule"))
    assert refused.value.rule_id == "my-rule"
    assert reason in refused.value.reason
    assert str(refused.value).startswith("my-rule: ")


@pytest.mark.parametrize(
    "condition",
    [
        *("systolic > 299", "systolic >= 300", "systolic < 51", "systolic <= 50", "systolic = 300"),
        *("systolic = 160.0", "score:phq2 >= 6", "derived:bmi <= 10", "born <= 1900-01-01", "drinks > -5"),
        *('pain = "back"', "pain exists true"),
    ],
)
def test_a_condition_at_the_very_bound_is_taken(condition: str) -> None:
    assert rules_of(rule(f"when = {ask(condition)}")).rules


SMOKER = ask("smoker = true")
REFUSED_PARTS = [
    ("no condition", rule(""), "r", "0 of when, all and any"),
    ("two conditions", rule(f"when = {SMOKER}\nall = [ {SMOKER} ]"), "r", "2 of when, all and any"),
    ("all of nothing", rule("all = []"), "r", "all must be a list of conditions"),
    ("any of one that is no list", rule(f"any = {SMOKER}"), "r", "any must be a list of conditions"),
    ("a text for a condition", rule('when = "smoker"'), "r", "a condition must be a table"),
    (
        "a condition on nothing",
        rule('when = { operator = "=", answer = true }'),
        "r",
        "one question, one score",
    ),
    (
        "a condition on two things",
        rule('when = { question = "smoker", score = "phq2", operator = "=", answer = true }'),
        "r",
        "one question, one score or one derived value",
    ),
    (
        "a condition without an answer",
        rule('when = { question = "smoker", operator = "=" }'),
        "r",
        "either an answer",
    ),
    (
        "an answer and a threshold",
        rule('when = { question = "systolic", operator = ">", answer = 1, threshold = "t" }'),
        "r",
        "either an answer or a threshold",
    ),
    (
        "an unknown key in a condition",
        rule('when = { question = "smoker", operator = "=", answer = true, unit = "a" }'),
        "r",
        "the key 'unit' is not understood",
    ),
    ("no operator", rule('when = { question = "smoker", answer = true }'), "r", "operator must be a text"),
    (
        "conditions too deep",
        rule("all = [ " + "{ all = [ " * 9 + SMOKER + " ] }" * 9 + " ]"),
        "r",
        "more than 8 deep; split the rule",
    ),
    ("a rule without an id", "[[rule]]\nlevel = 'stop'\n", "a rule", "id must be a text"),
    (
        "a rule without a reason",
        rule(f"when = {SMOKER}").replace("reason", "#"),
        "r",
        "reason must be a text",
    ),
    ("an unknown key in a rule", rule(f"when = {SMOKER}\nnote = 'x'"), "r", "the key 'note'"),
    (
        "an unknown level",
        rule(f"when = {SMOKER}", level="panic"),
        "r",
        "level 'panic' is unknown; write one of crisis_now",
    ),
    ("two rules with one id", rule(f"when = {SMOKER}") * 2, "r", "two rules have this id"),
    ("a rule that is no list", "[rule]\nid = 'r'\n", "", "write [[rule]]"),
    ("an unknown table", "[bands]\n", "", "the key 'bands' is not understood"),
    ("a threshold that nobody uses", THRESHOLD, "systolic_stop", "no rule uses this threshold"),
    (
        "a threshold without a source",
        THRESHOLD.replace("source", "#"),
        "systolic_stop",
        "source must be a text",
    ),
    (
        "a threshold that is a text",
        THRESHOLD.replace("160", "'160'"),
        "systolic_stop",
        "value must be a number",
    ),
    ("a threshold that is true", THRESHOLD.replace("160", "true"), "systolic_stop", "value must be a number"),
    ("a threshold that is no table", "[thresholds]\na = 160\n", "a", "a must be a table; write [a]"),
    (
        "a name that cannot be printed",
        '[thresholds."a\\u0000"]\nvalue = 1\n',
        "thresholds",
        "control character",
    ),
    (
        "a threshold off the scale",
        THRESHOLD.replace("160", "301") + rule(f"when = {ask('systolic > @systolic_stop')}"),
        "r",
        "says nothing",
    ),
    ("a gate without a page", f"[[gate]]\nwhen = {SMOKER}\n", "gate", "page must be a text"),
    (
        "a gate with a level",
        f"[[gate]]\npage = 'p'\nlevel = 'stop'\nwhen = {SMOKER}\n",
        "gate p",
        "the key 'level'",
    ),
    (
        "a gate on nobody",
        f"[[gate]]\npage = 'p'\nwhen = {ask('nobody = true')}\n",
        "gate p",
        "no item 'nobody'",
    ),
    ("a site question on nobody", "[site]\na = 'nobody'\n", "site.a", "no item 'nobody'"),
    ("a site question that is shown", "[site]\na = 'smoker'\n", "site.a", "not a hidden yes-or-no question"),
    (
        "a name that is a date",
        "[identity]\nname = 'born'\n",
        "identity",
        "name names born of type date; name a string",
    ),
    ("an unknown identity", "[identity]\naddress = 'notes'\n", "identity", "the key 'address'"),
    ("contacts that are no list", "[identity]\ncontact = 'notes'\n", "identity", "must be a list of linkIds"),
    ("contacts that are numbers", "[identity]\ncontact = [1]\n", "identity", "must be a list of linkIds"),
    ("a contact that is nobody", "[identity]\ncontact = ['nobody']\n", "identity", "no item 'nobody'"),
    (
        "an unknown derived kind",
        "[derived.x]\nkind = 'sum'\n",
        "x",
        "kind 'sum' is unknown; write one of age, bmi_us",
    ),
    (
        "an age from a number",
        "[derived.x]\nkind = 'age'\nfrom = 'systolic'\nitem = 'born'\nunit = 'a'\nminimum = 0\nmaximum = 1\n",
        "x",
        "from names systolic of type integer; name one of type date",
    ),
    (
        "bounds that cross",
        "[derived.x]\nkind = 'age'\nfrom = 'born'\nitem = 'born'\nunit = 'a'\nminimum = 2\nmaximum = 1\n",
        "x",
        "minimum is above maximum",
    ),
    (
        "feet of an age",
        "[derived.x]\nkind = 'age'\nfrom = 'born'\nfeet = 'feet'\n",
        "x",
        "the key 'feet' is not understood",
    ),
]


@pytest.mark.parametrize(
    ("part", "rule_id", "reason"), [row[1:] for row in REFUSED_PARTS], ids=[row[0] for row in REFUSED_PARTS]
)
def test_a_wrong_part_is_refused_by_its_name(part: str, rule_id: str, reason: str) -> None:
    with pytest.raises(RulesRefused) as refused:
        rules_of(part)
    assert (refused.value.rule_id, reason in refused.value.reason) == (rule_id, True), refused.value


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "questionnaire must be a text"),
        (f'questionnaire = "{URL}"'.encode(), "version must be a text"),
        (
            b'questionnaire = "https://other.example"\nversion = "1"',
            "the rules are for 'https://other.example', not for",
        ),
        (b"a = ", "the file is not TOML"),
        (b"\xff", "the file is not TOML"),
        (b"a = 1e99999999999999999999", "the file is not TOML"),
        (b"a = " + b"9" * 5_000, "the file is not TOML"),
        (b"a = " + b"[" * 10_000, "too deep inside each other"),
        (b"#" * 500_001, "more than 500,000 bytes"),
        (b"a." * 200_000 + b"b = 1", "a line has more than 50 dots"),
        (HEAD.encode() + b"site = 1", "site must be a table"),
        (HEAD.encode() + b"rule = 1", "rule must be a list of tables"),
    ],
    ids=lambda value: repr(value[:25]) if isinstance(value, bytes) else "",
)
def test_a_file_that_holds_no_rules_is_told_why(source: bytes, reason: str) -> None:
    with pytest.raises(RulesRefused) as refused:
        read_rules(source, FORM)
    assert reason in str(refused.value)


def test_a_score_rule_needs_points_on_every_option() -> None:
    form = read(frequency_item(PHQ[0]), choice(PHQ[1], code=[{"system": "http://loinc.org", "code": PHQ[1]}]))
    with pytest.raises(RulesRefused, match="give each option an ordinalValue"):
        read_rules((HEAD + rule(f"when = {ask('score:phq2 >= 3')}")).encode(), form)


TOML_VALUES = st.sampled_from(
    [
        "1",
        "-1.5",
        "nan",
        "true",
        '"yes"',
        '"heart"',
        '"smoker"',
        '"="',
        '">"',
        "1962-03-09",
        "[]",
        "[1]",
        "{}",
    ]
    + ['"exists"', '"phq2"', '"age"', '"born"', '"stop"', f"[ {SMOKER} ]", SMOKER, '"\\u0001"', "00:00:00"]
)
TOML_KEYS = st.sampled_from(
    ["id", "row", "level", "reason", "source", "when", "all", "any", "page", "question", "score", "derived"]
    + [
        "operator",
        "answer",
        "threshold",
        "kind",
        "from",
        "item",
        "unit",
        "minimum",
        "maximum",
        "value",
        "name",
    ]
)
TOML_TABLES = st.sampled_from(
    ["[[rule]]", "[[gate]]", "[derived.x]", "[thresholds.x]", "[site]", "[identity]"]
)


@given(st.lists(st.tuples(TOML_TABLES, st.dictionaries(TOML_KEYS, TOML_VALUES, max_size=8)), max_size=3))
@settings(deadline=None, max_examples=200)
def test_no_rules_raise_anything_but_a_refusal(tables: list[tuple[str, dict[str, str]]]) -> None:
    parts = [
        f"{head}\n" + "".join(f"{key} = {value}\n" for key, value in body.items()) for head, body in tables
    ]
    try:
        rules = read_rules((HEAD + "\n".join(parts)).encode(), FORM)
    except RulesRefused:
        return
    triage(FORM, rules, {}, today=TODAY)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_raise_anything_but_a_refusal(source: bytes) -> None:
    with pytest.raises(RulesRefused):
        read_rules(source, FORM)


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

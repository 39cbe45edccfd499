"""A rules file that cannot be followed as written is refused by the name of the part that is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.questionnaires.triage import (
    RulesRefused,
    read_rules,
    triage,
)
from tests.engine_builders import (
    PHQ,
    URL,
    choice,
    frequency_item,
    read,
)
from tests.engine_rules import FORM, HEAD, THRESHOLD, TODAY, ask, rule, rules_of

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
    ("drinks > 0x" + "f" * 100_000, "is no number"),
    ("drinks > [0x" + "f" * 100_000 + "]", "an answer must be a text"),
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
    (
        "a phone that is a paragraph",
        "[identity]\nphone = 'notes'\n",
        "identity",
        "phone names notes of type text; name a string",
    ),
    ("an email that is nobody", "[identity]\nemail = 'nobody'\n", "identity", "no item 'nobody'"),
    ("a birth date as the helper", "[helper]\nname = 'born'\n", "helper", "name a string"),
    (
        "a number as the relationship",
        "[helper]\nrelationship = 'systolic'\n",
        "helper",
        "relationship names systolic of type integer; name a string or choice or open-choice",
    ),
    ("a helper's phone", "[helper]\nphone = 'notes'\n", "helper", "the key 'phone' is not understood"),
    ("a helper that is a group", "[helper]\nname = 'peg'\n", "helper", "name a question"),
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
        (b"#" * 150_001, "more than 150,000 bytes"),
        (b"a." * 70_000 + b"b = 1", "a line has more than 50 dots"),
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
    ["[[rule]]", "[[gate]]", "[derived.x]", "[thresholds.x]", "[site]", "[identity]", "[helper]"]
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

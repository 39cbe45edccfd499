"""What a clinic may hand in as a questionnaire: items, options, conditions, pages, warnings."""

import dataclasses
import datetime
from decimal import Decimal

import pytest

from intake.questionnaires.definition import (
    Coding,
    Condition,
    Operator,
    read_questionnaire,
)
from tests.engine_builders import (
    CODES,
    choice,
    coded,
    control,
    extension,
    group,
    item,
    option,
    questionnaire_json,
    read,
    when,
)

# ---- What is read ----


def test_a_questionnaire_is_read_in_document_order() -> None:
    questionnaire = read(item("a"), group("inner", item("b"), item("c", "date")), item("d", "text"))
    assert [one.link_id for one in questionnaire.all_items] == ["page", "a", "inner", "b", "c", "d"]
    assert questionnaire.parent("b") == questionnaire.item("inner")
    assert questionnaire.parent("page") is None
    assert (questionnaire.title, questionnaire.version) == ("A test", "1.0.0")
    with pytest.raises(KeyError):
        questionnaire.item("nobody")


def test_the_hash_is_of_the_original_bytes_and_makes_two_readings_equal() -> None:
    source = questionnaire_json(item("a"))
    same, other = read_questionnaire(source), read_questionnaire(source + b"\n")
    assert read_questionnaire(source) == same
    assert len({read_questionnaire(source), same}) == 1
    assert other != same
    assert len(same.definition_hash) == 64


def test_a_questionnaire_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(item("a")).item("a").required = True  # type: ignore[misc]


def test_each_kind_of_option_is_read_with_its_key_and_label() -> None:
    options = [
        option("often"),
        {"valueCoding": {"code": "bare"}},
        {"valueString": " A bit "},
        {"valueInteger": 7},
        {"valueDate": "2026-03-09"},
    ]
    read_options = read(item("a", "choice", answerOption=options)).item("a").options
    assert [(one.key, one.label) for one in read_options] == [
        ("often", "Often"),
        ("bare", "bare"),
        ("A bit", "A bit"),
        ("7", "7"),
        ("2026-03-09", "2026-03-09"),
    ]
    assert read_options[0].value == Coding(CODES, "often", "Often")
    assert read_options[4].value == datetime.date(2026, 3, 9)


@pytest.mark.parametrize("name", ["ordinalValue", "itemWeight"])
def test_points_are_read_beside_the_option_and_inside_its_coding(name: str) -> None:
    points = [extension(name, valueDecimal=1.5)]
    beside = option("a", extension=points)
    inside = {"valueCoding": {"code": "b", "extension": points}}
    read_options = read(item("q", "choice", answerOption=[beside, inside, option("c")])).item("q").options
    assert [one.ordinal for one in read_options] == [Decimal("1.5"), Decimal("1.5"), None]


def test_an_exclusive_option_is_marked() -> None:
    none = option("none", extension=[extension("questionnaire-optionExclusive", valueBoolean=True)])
    assert [
        o.exclusive for o in read(item("q", "choice", answerOption=[none, option("a")])).item("q").options
    ] == [
        True,
        False,
    ]


def test_answers_are_taken_from_a_list_inside_the_file() -> None:
    points = [extension("ordinalValue", valueDecimal=2)]
    concepts = [{"code": "a", "display": "An A", "extension": points}, {"code": "b"}]
    composed = {
        "resourceType": "ValueSet",
        "id": "v",
        "compose": {"include": [{"system": "s", "concept": concepts}]},
    }
    expanded = {
        "resourceType": "ValueSet",
        "id": "v",
        "expansion": {"contains": [{"system": "s"} | c for c in concepts]},
    }
    for value_set in (composed, expanded):
        questionnaire = read(item("q", "choice", answerValueSet="#v"), contained=[value_set])
        first, second = questionnaire.item("q").options
        assert (first.key, first.label, first.ordinal) == ("a", "An A", Decimal(2))
        assert second.value == Coding("s", "b", "")


def test_words_under_a_question_become_its_hint_and_its_why() -> None:
    category = {"coding": [{"code": "instructions"}]}
    question = item(
        "q",
        item=[
            item(
                "q-hint",
                "display",
                extension=[extension("questionnaire-displayCategory", valueCodeableConcept=category)],
            ),
            item("q-more", "display"),
            item("q-why", "display", extension=[control("help")]),
            item("q-low", "display", extension=[control("lower")]),
        ],
    )
    read_item = read(question).item("q")
    assert (read_item.hint, read_item.why) == ("About q-hint? About q-more?", "About q-why?")
    assert len(read_item.items) == 4


def test_bounds_lengths_units_and_controls_are_read() -> None:
    questionnaire = read(
        item(
            "weight",
            "decimal",
            extension=[
                extension("minValue", valueInteger=20),
                extension("maxValue", valueDecimal=400.5),
                extension("questionnaire-unit", valueCoding={"code": "kg"}),
                extension("entryFormat", valueString="72.5"),
            ],
        ),
        item("born", "date", extension=[extension("minValue", valueDate="1900-01-01")]),
        item("words", "text", maxLength=50, extension=[extension("minLength", valueInteger=3)]),
        choice(
            "many",
            repeats=True,
            extension=[extension("questionnaire-maxOccurs", valueInteger=2), control("check-box")],
        ),
        choice("row", extension=[extension("questionnaire-choiceOrientation", valueCode="horizontal")]),
    )
    weight, words, many = (questionnaire.item(name) for name in ("weight", "words", "many"))
    assert (weight.min_value, weight.max_value, weight.unit) == (Decimal(20), Decimal("400.5"), "kg")
    assert weight.entry_format == "72.5"
    assert questionnaire.item("born").min_value == datetime.date(1900, 1, 1)
    assert (words.min_length, words.max_length) == (3, 50)
    assert (many.max_answers, many.control, many.repeats) == (2, "check-box", True)
    assert questionnaire.item("row").orientation == "horizontal"


def test_initial_answers_are_read_by_type() -> None:
    marked = [option("yes", initialSelected=True), option("no")]
    questionnaire = read(
        item("a", initial=[{"valueBoolean": True}]),
        item("b", "date", initial=[{"valueDate": "2026-01-02"}]),
        item("c", "string", initial=[{"valueString": "x"}]),
        item("d", "decimal", initial=[{"valueDecimal": 1.5}]),
        item("e", "choice", answerOption=marked),
    )
    assert [questionnaire.item(name).initial for name in "abcde"] == [
        (True,),
        (datetime.date(2026, 1, 2),),
        ("x",),
        (Decimal("1.5"),),
        ("yes",),
    ]


def test_a_condition_on_a_choice_holds_the_key_of_its_option() -> None:
    numbers = item("n", "choice", answerOption=[{"valueInteger": 1}, {"valueString": "two"}])
    questionnaire = read(
        choice("q"),
        numbers,
        item("a", **when("q", **coded("no"))),
        item("b", **when("q", "!=", answerCoding={"code": "no"})),
        item("c", **when("n", answerInteger=1)),
        item("d", **when("n", answerString="two")),
        item("e", **when("q", "exists", answerBoolean=False)),
    )
    assert [questionnaire.item(name).enable_when[0] for name in "abcde"] == [
        Condition("q", Operator.EQUAL, "no"),
        Condition("q", Operator.NOT_EQUAL, "no"),
        Condition("n", Operator.EQUAL, "1"),
        Condition("n", Operator.EQUAL, "two"),
        Condition("q", Operator.EXISTS, False),
    ]


def test_a_condition_may_look_ahead() -> None:
    questionnaire = read(item("first", **when("second")), item("second"))
    order = [one.link_id for one in questionnaire.evaluation_order]
    assert order.index("page") < order.index("second") < order.index("first")


def test_hidden_reaches_everything_inside() -> None:
    hidden = [extension("questionnaire-hidden", valueBoolean=True)]
    questionnaire = read(item("a"), group("g", item("b"), extension=hidden))
    assert [one.hidden for one in questionnaire.all_items] == [False, False, True, True]


# ---- Pages ----


def test_groups_marked_as_pages_are_the_pages_wherever_they_stand() -> None:
    pages = [group(f"Page {n}!", item(f"q{n}"), extension=[control("page")]) for n in (1, 2)]
    questionnaire = read(item=[group("section", group("part", *pages))])
    assert [(page.slug, page.number, page.title) for page in questionnaire.pages] == [
        ("page-1", 1, "About Page 1!?"),
        ("page-2", 2, "About Page 2!?"),
    ]
    assert questionnaire.page_of("q2") == questionnaire.pages[1]
    assert questionnaire.page_of("section") is None


def test_without_marked_pages_each_group_of_the_first_level_is_one() -> None:
    questionnaire = read(item=[group("a", group("inner", item("q"))), group("b", item("r"))])
    assert [page.slug for page in questionnaire.pages] == ["a", "b"]
    assert questionnaire.page_of("q") == questionnaire.pages[0]


def test_a_page_with_nothing_to_see_is_none() -> None:
    hidden = [extension("questionnaire-hidden", valueBoolean=True)]
    questionnaire = read(item=[group("a", item("q", extension=hidden)), group("b", item("r"))])
    assert [page.slug for page in questionnaire.pages] == ["b"]


def test_slugs_stay_apart_where_link_ids_nearly_match() -> None:
    questionnaire = read(item=[group(name, item(f"q{name}")) for name in ("A b", "a-b", "a-b-2", "!", "?")])
    slugs = [page.slug for page in questionnaire.pages]
    assert slugs[0] == "a-b"
    assert len(set(slugs)) == 5
    assert all(slug.replace("-", "").isalnum() and slug.isascii() for slug in slugs)


def test_a_page_without_text_takes_the_title_of_the_questionnaire() -> None:
    assert read(item=[{"linkId": "p", "type": "group", "item": [item("q")]}]).pages[0].title == "A test"


# ---- What is accepted with a warning ----


def test_what_changes_no_meaning_is_accepted_with_a_warning() -> None:
    endless = [extension("regex", valueString="([0-9]+)+")]
    questionnaire = read(
        item("q", "string", extension=endless),
        item("long", "text", extension=[extension("regex", valueString="[0-9]+")]),
        group("g", item("r"), required=True),
        title="A test",
        _title={"extension": [extension("translation", extension=[])]},
    )
    assert questionnaire.warnings == (
        "translation: translations are kept in the file and not shown",
        "q: regex: the pattern is not checked",
        "long: regex: the pattern is not checked",
        "g: a group cannot be required; mark the questions themselves",
    )
    assert not questionnaire.item("g").required


def test_what_is_about_the_file_alone_is_no_warning() -> None:
    algorithm = [extension("artifact-versionAlgorithm", valueCoding={"code": "semver"})]
    assert read(item("q"), extension=algorithm, publisher="A clinic").warnings == ()

"""Groups that repeat: asked again when the person says that there is another one, exported as the file has them."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from intake.questionnaires.answers import Answers, as_seen, asked, kept, problems
from intake.questionnaires.changes import question_changes
from intake.questionnaires.definition import Questionnaire, QuestionnaireRefused, read_questionnaire
from intake.questionnaires.fhir import questionnaire_response, to_bytes
from intake.questionnaires.response_check import check_response, to_answers
from intake.questionnaires.scoring import scores
from intake.questionnaires.triage import RulesRefused, read_rules, triage
from tests.filled_forms import TODAY, fields_of, html_of, page_form

FILE = Path(__file__).parent / "questionnaires" / "medicines-and-visits.json"
MAX_OCCURS = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"
MIN_OCCURS = "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs"
QUESTION = {"linkId": "name", "text": "What is it called?", "type": "string", "required": True}


def questionnaire() -> Questionnaire:
    return read_questionnaire(FILE.read_bytes())


def read(*items: dict[str, Any]) -> Questionnaire:
    return read_questionnaire(
        json.dumps({"resourceType": "Questionnaire", "status": "active", "item": items}).encode()
    )


def group(link_id: str, *items: dict[str, Any], most: int | None = 3, **more: Any) -> dict[str, Any]:
    limits = [{"url": MAX_OCCURS, "valueInteger": most}] if most else []
    return (
        {"linkId": link_id, "text": f"The {link_id}", "type": "group", "repeats": True, "item": items}
        | ({"extension": limits} if limits else {})
        | more
    )


def exported(answers: Answers) -> Any:
    authored = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
    return json.loads(
        to_bytes(
            questionnaire_response(
                questionnaire(), answers, response_id="r1", authored=authored, subject="Patient/p1"
            )
        )
    )


def items_named(link_id: str, around: Any) -> list[Any]:
    return [item for item in around["item"] if item["linkId"] == link_id]


def test_the_second_is_asked_only_after_the_person_said_that_there_is_one() -> None:
    form = questionnaire()
    assert "medicine.name#2" not in asked(form, {})
    assert "medicine.name#2" in asked(form, {"medicine#1.more": (True,)})
    assert "medicine.name#2" not in asked(form, {"medicine#1.more": (False,)})
    assert "medicine.name#3" not in asked(form, {"medicine#2.more": (True,)})  # without a second no third


def test_taking_the_second_back_takes_its_answers_and_its_questions_away() -> None:
    answers: Answers = {"medicine#1.more": (True,), "medicine.name#2": ("Test medicine",)}
    assert "medicine.name#2" in kept(questionnaire(), answers)
    assert "medicine.name#2" not in kept(questionnaire(), answers | {"medicine#1.more": (False,)})
    missing = {problem.link_id for problem in problems(questionnaire(), answers)}
    assert missing == {"medicine.name", "medicine.daily", "medicine.daily#2"}


def test_a_condition_in_a_repetition_looks_at_the_answers_of_that_repetition() -> None:
    answers: Answers = {
        "medicine.daily": (True,),
        "medicine#1.more": (True,),
        "medicine.daily#2": (False,),
    }
    found = asked(questionnaire(), answers)
    assert "medicine.times" in found
    assert "medicine.times#2" not in found


def test_a_group_that_must_be_there_twice_is_asked_twice_at_once() -> None:
    found = asked(questionnaire(), {})
    assert {"clinic.town", "clinic.town#2", "clinic#2.more"} <= found
    assert "clinic.town#3" not in found


def test_the_last_repetition_offers_no_further_one() -> None:
    assert "medicine#2.more" in questionnaire().by_link_id
    assert "medicine#3.more" not in questionnaire().by_link_id


def test_each_repetition_of_a_page_is_a_page_with_its_number() -> None:
    pages = [(page.slug, page.title) for page in questionnaire().pages]
    assert pages == [
        ("medicine", "Medicine"),
        ("medicine-2", "Medicine, number 2"),
        ("medicine-3", "Medicine, number 3"),
        ("visits", "Visits"),
    ]


def test_the_question_for_another_one_stands_at_the_end_of_the_page() -> None:
    first = questionnaire().pages[0]
    form = page_form(questionnaire(), first, {})
    assert list(form.names) == ["medicine.name", "medicine.daily", "medicine#1.more"]
    assert "Do you want to add another one under “Medicine”?" in html_of(form)


def test_every_field_of_a_page_with_repetitions_has_a_name_and_a_label_of_its_own() -> None:
    answers: Answers = {"clinic.town": ("Laurel",), "treatment##1.more": (True,), "clinic#2.more": (True,)}
    fields = fields_of(html_of(page_form(questionnaire(), questionnaire().pages[-1], answers)))
    assert len(fields.ids) == len(set(fields.ids))
    assert {"q-clinic.town", "q-clinic.town::2", "q-treatment.what::::2", "q-clinic.town::3"} <= set(
        fields.labelled
    )


def test_the_question_stands_on_the_last_page_of_a_group_that_holds_pages() -> None:
    page = {
        "type": "group",
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
                "valueCodeableConcept": {
                    "coding": [{"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "page"}]
                },
            }
        ],
    }
    first = page | {"linkId": "p1", "text": "One", "item": [QUESTION]}
    second = page | {"linkId": "p2", "text": "Two", "item": [QUESTION | {"linkId": "dose"}]}
    pages = read(group("medicine", first, second, most=2)).pages
    assert [page.item.link_id for page in pages] == ["p1", "p2", "p1#2", "p2#2"]
    assert [item.link_id for item in pages[1].item.items] == ["dose", "medicine#1.more"]


def test_what_was_seen_names_each_repetition() -> None:
    answers: Answers = {"medicine.name": ("A",), "medicine#1.more": (True,), "medicine.name#2": ("B",)}
    first, second, *_ = as_seen(questionnaire(), answers)
    assert (first.title, second.title) == ("Medicine", "Medicine, number 2")
    assert second.items[0].answers_in_words == ("B",)


def test_a_response_has_the_group_once_for_each_repetition_under_the_files_linkid() -> None:
    answers: Answers = {
        "medicine.name": ("A",),
        "medicine#1.more": (True,),
        "medicine.name#2": ("B",),
        "medicine.daily#2": (True,),
        "medicine.times#2": (3,),
    }
    medicines = items_named("medicine", exported(answers))
    assert [item["item"][0]["answer"][0]["valueString"] for item in medicines] == ["A", "B"]
    assert {item["text"] for item in medicines} == {"Medicine"}
    assert "more" not in json.dumps(medicines)


def test_a_response_is_read_back_to_the_same_answers() -> None:
    answers: Answers = {
        "clinic.town": ("Laurel",),
        "treatment.what": ("an injection",),
        "treatment##1.more": (True,),
        "treatment.what##2": ("exercises",),
        "clinic.town#2": ("Bowie",),
        "clinic#2.more": (True,),
        "clinic.town#3": ("Olney",),
        "treatment.helped#3": ("no",),
    }
    response = exported(answers)
    response["status"] = "in-progress"  # the medicines are missing
    assert check_response(questionnaire(), response) == ()
    assert to_answers(questionnaire(), response) == answers


def test_a_group_more_often_than_allowed_is_told() -> None:
    response = exported({})
    response["item"] = [
        {"linkId": "medicine", "item": [{"linkId": "medicine.name", "answer": [{"valueString": "A"}]}]}
    ] * 4
    response["status"] = "in-progress"
    (complaint,) = check_response(questionnaire(), response)
    assert str(complaint) == "medicine: the group stands there more often than it may"


@pytest.mark.parametrize("link_id", ["medicine#2", "medicine#1.more", "medicine.name#2"])
def test_our_own_linkids_are_unknown_in_a_response(link_id: str) -> None:
    response = exported({})
    response["item"] = [{"linkId": link_id, "answer": [{"valueBoolean": True}]}]
    response["status"] = "in-progress"
    (complaint,) = check_response(questionnaire(), response)
    assert complaint.reason == "the questionnaire has no item of this linkId"


def test_a_group_without_an_end_is_accepted_with_a_warning() -> None:
    form = read(group("medicine", QUESTION, most=None))
    assert form.warnings == ("medicine: the group repeats; it is asked at most 10 times",)
    assert len(form.pages) == 10


def test_a_condition_from_outside_on_a_question_that_may_stand_there_several_times_is_refused() -> None:
    outside = {"linkId": "why", "text": "Why?", "type": "string"} | {
        "enableWhen": [{"question": "name", "operator": "exists", "answerBoolean": True}]
    }
    with pytest.raises(
        QuestionnaireRefused, match="why: enableWhen looks at 'name', which may stand there several"
    ):
        read(
            group("medicine", QUESTION), {"linkId": "end", "text": "End", "type": "group", "item": [outside]}
        )


def test_groups_inside_groups_that_would_be_too_many_are_refused_and_not_written_out() -> None:
    inner = QUESTION
    for depth in range(8):
        inner = group(f"g{depth}", inner, most=None)
    with pytest.raises(QuestionnaireRefused, match="more than 10,000 items"):
        read(inner)


def test_a_linkid_that_a_repetition_would_have_is_refused() -> None:
    with pytest.raises(QuestionnaireRefused, match="name#2: a repetition of a group has this linkId"):
        read(group("medicine", QUESTION), QUESTION | {"linkId": "name#2"})


def test_a_score_that_may_stand_there_several_times_is_told_and_not_counted() -> None:
    codes = ("75893-8", "91145-3", "91146-1")
    peg = [
        {
            "linkId": code,
            "text": code,
            "type": "integer",
            "code": [{"system": "http://loinc.org", "code": code}],
        }
        for code in codes
    ]
    form = read(group("site", *peg, most=2))
    assert [warning.partition(":")[0] for warning in form.warnings] == list(codes)
    assert scores(form, dict.fromkeys(codes, (5,))) == ()


def test_a_change_of_how_often_it_is_asked_is_told_once() -> None:
    before, after = (read(group("medicine", QUESTION, most=most)) for most in (2, 5))
    assert list(question_changes(before, after)) == ["medicine: the most answers is now 5; it was 2."]


def test_a_hidden_group_is_not_written_out() -> None:
    hidden = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "valueBoolean": True}
    form = read(group("site", QUESTION, most=None, extension=[hidden]), QUESTION | {"linkId": "seen"})
    assert [item.link_id for item in form.all_items] == ["site", "name", "seen"]


MEDICINE_RULES = b"""
questionnaire = "https://clinic.example/fhir/Questionnaire/medicines-and-visits"
version = "1.0.0"

[[rule]]
id = "many-a-day"
row = "Medicines"
level = "caution"
reason = "Takes a medicine more than three times a day."
source = "A test"
all = [{ question = "medicine.times", operator = ">", answer = 3 }]
"""


@pytest.mark.parametrize(
    ("condition", "daily", "fires"),
    [
        ('operator = "!=", answer = true', (True, False), True),
        ('operator = "!=", answer = true', (True, True), False),
        ('operator = "exists", answer = false', (True, None), True),
        ('operator = "exists", answer = false', (True, False), False),
        ('operator = "=", answer = false', (True, False), True),
    ],
)
def test_a_rule_looks_at_each_repetition_for_itself(
    condition: str, daily: tuple[bool | None, ...], fires: bool
) -> None:
    form = questionnaire()
    of_rule = f'{{ question = "medicine.daily", {condition} }}'
    source = MEDICINE_RULES.decode().replace(
        '{ question = "medicine.times", operator = ">", answer = 3 }', of_rule
    )
    names = ("medicine.daily", "medicine.daily#2")
    answers: Answers = {name: (value,) for name, value in zip(names, daily, strict=True) if value is not None}
    rules = read_rules(source.encode(), form)
    result = triage(form, rules, {**answers, "medicine#1.more": (True,)}, today=TODAY)
    assert bool(result.flags) is fires
    if fires:
        assert result.flags[0].evidence == ("medicine.daily#2",)


@pytest.mark.parametrize(
    "table", ['[identity]\nname = "medicine.name"', '[identity]\ncontact = ["medicine.name"]']
)
def test_who_somebody_is_cannot_be_asked_several_times(table: str) -> None:
    """Else only the first answer would be hidden from staff until they say why they look."""
    head = 'questionnaire = "https://clinic.example/fhir/Questionnaire/medicines-and-visits"\nversion = "1.0.0"\n'
    with pytest.raises(RulesRefused, match="'medicine.name' may be asked several times"):
        read_rules(f"{head}{table}\n".encode(), questionnaire())


def test_a_rule_misses_no_repetition_and_names_the_one_that_it_means() -> None:
    form = questionnaire()
    rules = read_rules(MEDICINE_RULES, form)
    answers: Answers = {
        "medicine.daily": (True,),
        "medicine.times": (1,),
        "medicine#1.more": (True,),
        "medicine.daily#2": (True,),
        "medicine.times#2": (4,),
    }
    (flag,) = triage(form, rules, answers, today=TODAY).flags
    assert flag.evidence == ("medicine.times#2",)
    assert triage(form, rules, answers | {"medicine#1.more": (False,)}, today=TODAY).flags == ()

"""What users of other systems report of definitions and versions, each tried here. The name is the thread's."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class

from intake import actions
from intake.definition_files import DefinitionRefused, check_definition
from intake.exports import submission_bundle
from intake.models import QuestionnaireVersion, Submission
from intake.questionnaires.fhir import to_bytes
from intake.questionnaires.response_check import check_response
from tests.engine_builders import (
    PHQ,
    URL,
    choice,
    coded,
    control,
    extension,
    frequency_item,
    group,
    item,
    questionnaire_json,
    read,
    when,
)
from tests.filled_forms import fields_of, html_of, page_form
from tests.opened import opened_body, opened_head, saved_answers
from tests.served_questionnaires import continue_with, fill_in, open_first_page, send_in, serve

pytestmark = pytest.mark.django_db

RULES = f"""
questionnaire = "{URL}"
version = "VERSION"
[[rule]]
id = "kidneys-yes"
row = "Kidney disease"
level = "caution"
when = {{ question = "kidneys", operator = "=", answer = "yes" }}
reason = "Kidney disease."
source = "A test"
"""


def rules(version: str = "1.0.0") -> bytes:
    return RULES.replace("VERSION", version).encode()


def response_of(submission: Submission) -> dict[str, Any]:
    bundle = json.loads(to_bytes(submission_bundle(submission)))
    kinds = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    found: dict[str, Any] = kinds["QuestionnaireResponse"]
    return found


def refusal_of(*items: dict[str, Any]) -> str:
    with pytest.raises(DefinitionRefused) as refused:
        check_definition(questionnaire_json(*items), None)
    return str(refused.value)


def screen(client: Client, submission: Submission) -> str:
    html: str = client.get(f"/admin/intake/submission/{submission.pk}/change/").content.decode()
    return html


# ---- Rules and wording ----


def test_mavis_2480_a_rule_does_not_rot_when_a_question_is_worded_anew(client: Client) -> None:
    """A rule looked for a question by its text; the text was edited, and the rule never fired again."""
    serve(questionnaire_json(choice("kidneys", text="Do your kidneys work?")), rules())
    first = send_in(client, {"kidneys": "yes"})
    reworded = choice("kidneys", text="Has a doctor found kidney disease?")
    reworded["answerOption"][0]["valueCoding"]["display"] = "Yes, one did"
    serve(questionnaire_json(reworded, version="2.0.0"), rules("2.0.0"))
    second = send_in(Client(), {"kidneys": "yes"})
    for submission in (first, second):
        assert [flag["rule_id"] for flag in opened_head(submission).flags] == ["kidneys-yes"]
    by_text = rules().replace(b'question = "kidneys"', b'question = "Do your kidneys work?"')
    with pytest.raises(DefinitionRefused, match="no item 'Do your kidneys work"):
        check_definition(questionnaire_json(choice("kidneys")), by_text)


# ---- Importing ----


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (item("a", "chioce"), "a: type 'chioce' is none of FHIR's; write one of"),
        (item("a", **when("b")), "a: enableWhen looks at 'b', which is no item; name a question"),
        (item("a", "choice"), "a: a choice needs answers to choose from; give it answerOption"),
        (group("a"), "a: item lists 0"),
        (item("a", enableWhen="b"), "a: enableWhen must be a list, not the text 'b'"),
    ],
)
def test_lforms_94_a_broken_questionnaire_says_where_it_is_wrong_and_what_to_do(
    broken: dict[str, Any], said: str
) -> None:
    """It failed with a script error that nobody who writes questionnaires could read."""
    assert refusal_of(item("first"), broken).startswith(said)


CONDITIONS = [
    ("boolean", "exists", {"answerBoolean": True}),
    ("boolean", "=", {"answerBoolean": False}),
    ("integer", ">", {"answerInteger": 3}),
    ("decimal", "<=", {"answerDecimal": 1.5}),
    ("date", ">=", {"answerDate": "2026-01-01"}),
    ("time", "<", {"answerTime": "12:00:00"}),
    ("string", "!=", {"answerString": "no"}),
    ("choice", "=", coded("yes")),
    ("open-choice", "!=", coded("no")),
]


@pytest.mark.parametrize(("kind", "operator", "answer"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_lforms_27_conditions_of_every_kind_are_imported_as_written(
    kind: str, operator: str, answer: dict[str, Any]
) -> None:
    """Importing a form with skip logic failed or lost the logic."""
    asked_first = choice("q", kind=kind) if "choice" in kind else item("q", kind)
    questionnaire, _ = check_definition(
        questionnaire_json(asked_first, item("later", **when("q", operator, **answer))), None
    )
    (condition,) = questionnaire.item("later").enable_when
    assert (condition.question, condition.operator) == ("q", operator)
    assert questionnaire.warnings == ()


def test_formbuilder_lhcforms_1_a_condition_on_a_question_that_stands_later_is_imported(
    client: Client,
) -> None:
    """A builder could not take in a form whose condition looks ahead, or at a question in another group."""
    first = group("first", item("why", "string", **when("sure", answerBoolean=False)), item("a"))
    serve(questionnaire_json(item=[first, group("second", item("sure"))]))
    checked = fill_in(client, {"a": "true", "sure": "false"})
    assert checked.request["PATH_INFO"] == "/screening/check/"
    assert "why" in client.get("/screening/first/").context["form"].names


def test_openemr_5998_a_scored_questionnaire_with_skip_logic_is_imported_and_scored(client: Client) -> None:
    """Each worked alone; together they broke the import."""
    worked_out = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
        "valueExpression": {
            "language": "text/fhirpath",
            "expression": "%resource.item.item.answer.value.ordinal().sum()",
        },
    }
    items = [
        item("low"),
        *(frequency_item(code, required=True, **when("low")) for code in PHQ),
        item("total", "decimal", extension=[worked_out], **when("low")),
    ]
    serve(questionnaire_json(*items))
    submission = send_in(client, {"low": "true"} | dict.fromkeys(PHQ, "2"))
    assert [(score["instrument"], score["points"]) for score in opened_head(submission).scores] == [
        ("phq9", "18")
    ]
    passed_over = send_in(Client(), {"low": "false"})
    assert [score for score in opened_head(passed_over).scores if score["points"] is not None] == []


# ---- Which instrument, which version ----


def test_lforms_68_a_response_names_the_instrument_that_it_answers(client: Client) -> None:
    """Two responses could not be told apart, because neither said which questionnaire it answered."""
    version = serve(questionnaire_json(choice("kidneys"), version="3.1.4", title="Your kidneys"))
    response = response_of(send_in(client, {"kidneys": "no"}))
    assert response["questionnaire"] == f"{URL}|3.1.4"
    assert response["_questionnaire"]["extension"][0]["valueString"] == "Your kidneys"
    without = {name: value for name, value in response.items() if name != "questionnaire"}
    told = [complaint.reason for complaint in check_response(version.definition, without)]
    assert told == ["it does not name the questionnaire that it answers"]


def test_care_fe_11490_an_edited_questionnaire_is_a_new_version_beside_the_old_one(client: Client) -> None:
    """Editing changed the one questionnaire that there was, and with it what had been answered."""
    old = serve(questionnaire_json(choice("kidneys", text="As it was")))
    with pytest.raises(DefinitionRefused, match=r"1\.0\.0 is already published with another text"):
        serve(questionnaire_json(choice("kidneys", text="Edited")))
    open_first_page(client)
    begun = continue_with(client, open_first_page(client), {"kidneys": "yes"})
    assert begun.request["PATH_INFO"] == "/screening/check/"
    new = serve(questionnaire_json(choice("kidneys", text="As it is now"), version="1.1.0"))
    assert "As it was" in client.get("/screening/page/").content.decode()
    assert "As it is now" in open_first_page(Client()).content.decode()
    client.post("/screening/check/")
    submission = Submission.objects.get()
    assert (submission.questionnaire_version, new.version) == (old, "1.1.0")


def test_care_fe_14230_a_version_is_retired_whatever_its_number_and_however_often_it_was_answered(
    client: Client,
) -> None:
    """The status could not be changed: the server took it for an edit without a new version."""
    versions = [
        serve(questionnaire_json(item("a"), version=number)) for number in ("2.0.0", "1.9-beta", "10")
    ]
    send_in(client, {"a": "true"})
    for version in versions:
        assert actions.retire(version, at=timezone.now()).retired_at
    assert QuestionnaireVersion.objects.filter(url=URL, retired_at=None).count() == 0
    assert response_of(Submission.objects.get())["questionnaire"] == f"{URL}|10"


def test_hapi_fhir_7354_a_response_is_judged_by_the_version_that_it_names_and_no_other(
    client: Client,
) -> None:
    """The server looked up `url|version` and took the first version that it had."""
    first = serve(questionnaire_json(choice("kidneys"), item("old", "string")))
    second = serve(questionnaire_json(choice("kidneys"), item("new", "string"), version="2.0.0"))
    submission = send_in(client, {"kidneys": "yes", "new": "only the second asks this"})
    response = response_of(submission)
    assert submission.questionnaire_version == second
    assert check_response(second.definition, response) == ()
    told = [complaint.reason for complaint in check_response(first.definition, response)]
    assert "it answers version '2.0.0' and not 1.0.0" in told


def test_fhir_resources_157_what_is_exported_is_plain_r4(client: Client) -> None:
    """A library reads R4B or R5 only, so that R5's names slip into what is called R4."""
    serve(questionnaire_json(choice("kidneys"), *map(frequency_item, PHQ)))
    submission = send_in(client, {"kidneys": "no"} | dict.fromkeys(PHQ, "1"))
    bundle = json.loads(to_bytes(submission_bundle(submission)))
    for resource in (bundle, *(entry["resource"] for entry in bundle["entry"])):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert not resource.keys() & {
            "basedOnCanonical",
            "instantiatesCanonical",
            "triggeredBy",
            "bodyStructure",
        }
    r5 = questionnaire_json(item("a", "question", answerConstraint="optionsOnly"))
    with pytest.raises(DefinitionRefused, match="FHIR R5, and this site reads R4"):
        check_definition(r5, None)


# ---- Keys, labels and old answers ----


def test_wagtail_8200_a_new_label_leaves_old_answers_under_their_key(staff_client: Client) -> None:
    """The key was made of the label: renaming one orphaned every earlier answer."""
    serve(questionnaire_json(item("pain-since", "string", text="How long?")))
    first = send_in(Client(), {"pain-since": "two years"})
    serve(questionnaire_json(item("pain-since", "string", text="Since when?"), version="2.0.0"))
    assert opened_body(first).answers == {"pain-since": ["two years"]}
    page = screen(staff_client, first)
    assert ("How long?" in page, "Since when?" in page, "two years" in page) == (True, False, True)


def test_wagtail_7640_what_is_not_understood_is_refused_or_listed_and_never_dropped() -> None:
    """After an upgrade most fields were silently gone, and with them what clients sent."""
    unknown = extension("questionnaire-unheard-of", valueBoolean=True)
    assert "is not understood and might change what is asked" in refusal_of(item("a", extension=[unknown]))
    assert "the element 'colour' is not understood" in refusal_of(item("a", colour="red"))
    assert "a display item has items inside it" in refusal_of(item("d", "display", item=[item("e")]))
    width = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-width",
        "valueQuantity": {},
    }
    assert read(item("a", extension=[width])).warnings == (
        "a: sdc-questionnaire-width: widths are not taken over",
    )


def test_wagtail_12480_two_questions_with_the_same_label_stay_two(client: Client) -> None:
    """Fields with one label collapsed into one, and one answer was lost."""
    same = [item(link_id, "string", text="Anything else?") for link_id in ("else-1", "else-2")]
    serve(questionnaire_json(*same))
    submission = send_in(client, {"else-1": "one", "else-2": "two"})
    assert opened_body(submission).answers == {"else-1": ["one"], "else-2": ["two"]}
    assert "two items have this linkId; give each item its own" in refusal_of(item("a"), item("a"))


def test_wagtail_4485_pages_and_conditions_come_with_the_questionnaire(client: Client) -> None:
    """Forms of several steps, with questions that depend on others, were asked for since 2018."""
    marked = {"extension": [control("page")]}
    serve(
        questionnaire_json(
            item=[
                group(
                    "all", group("one", item("a"), **marked), group("two", item("b"), **marked, **when("a"))
                ),
                group("three", item("c"), **marked),
            ]
        )
    )
    second = continue_with(client, open_first_page(client), {"a": "true"})
    assert second.request["PATH_INFO"] == "/screening/two/"
    send_in(other := Client(), {"a": "false", "c": "true"})
    assert saved_answers(other) == {"a": [False], "c": [True]}


def test_iogt_1623_an_answer_is_readable_after_its_question_is_gone(staff_client: Client) -> None:
    """A field was taken out, and what people had answered could no longer be read."""
    serve(questionnaire_json(item("kept"), item("gone", "string", text="What did you hope for?")))
    first = send_in(Client(), {"kept": "true", "gone": "a night of sleep"})
    serve(questionnaire_json(item("kept"), version="2.0.0"))
    page = screen(staff_client, first)
    assert "What did you hope for?" in page
    assert "a night of sleep" in page
    answered = json.dumps(response_of(first))
    assert "What did you hope for?" in answered
    assert "a night of sleep" in answered


# ---- Pages ----


def test_smart_forms_1733_every_input_has_a_label_and_every_group_of_inputs_a_legend() -> None:
    """Inputs had words near them that no program could tie to them."""
    questionnaire = read(
        item("a"),
        item("n", "integer"),
        item("when", "dateTime"),
        item("t", "text"),
        item("many", "date", repeats=True),
        choice("c", kind="open-choice", repeats=True),
        choice("scale", *map(str, range(11))),
        group("g", item("s", "string"), repeats=True),
    )
    html = html_of(page_form(questionnaire, questionnaire.pages[0], {}))
    fields = fields_of(html)
    visible = html.count("<input") + html.count("<textarea")
    assert visible == len(fields.labelled) == len(set(fields.labelled))
    assert set(fields.labelled) <= set(fields.ids)
    assert html.count("<fieldset") == html.count("<legend") >= 5


def test_smart_forms_1183_and_android_fhir_2071_a_large_form_is_asked_a_few_questions_at_a_time(
    client: Client,
) -> None:
    """Every keystroke in a form of hundreds of questions took seconds; `make bench` measures what deciding costs."""
    many = [item(f"q{number}", **(when(f"q{number - 1}") if number else {})) for number in range(400)]
    version = serve(questionnaire_json(item=many))
    assert max(len(page.item.items) for page in version.definition.pages) <= 5
    first = open_first_page(client)
    assert len(first.context["form"].names) == 1
    assert len(first.content) < 100_000
    assert version.definition is QuestionnaireVersion.objects.get(pk=version.pk).definition

"""A questionnaire in another language: other words for the same questions."""

from intake.questionnaires.answers import asked
from intake.questionnaires.definition import read_questionnaire
from intake.questionnaires.items import Item, with_descendants
from intake.questionnaires.languages import in_language, languages, untranslated
from tests.engine_builders import choice, questionnaire_json
from tests.screening_answers import SCREENING, answers_of

SPANISH = in_language(SCREENING, "es")
PEG = {"pain-impact", "peg-pain", "peg-pain-hint", "peg-enjoyment", "peg-enjoyment-hint"} | {
    "peg-activity",
    "peg-activity-hint",
}


def words(item: Item) -> tuple[str, ...]:
    return item.text, item.hint, item.why, item.unit, *(option.label for option in item.options)


def test_the_screening_is_written_in_english_and_spanish() -> None:
    assert languages(SCREENING) == {"en", "es"}
    assert SPANISH.item("pain-where").text == "¿Dónde tiene el dolor?"
    assert SPANISH.item("pain-where").hint == "Elija todas las que correspondan."
    assert [option.label for option in SPANISH.item("adult").options] == ["Sí", "No"]
    assert SPANISH.item("weight-pounds").unit == "libras"


def test_only_the_scale_without_a_published_translation_is_left_in_english() -> None:
    """The PEG has a validated Spanish wording that we could not read; a wording of our own would not be the PEG."""
    assert set(untranslated(SCREENING, "es")) == PEG


def test_a_person_who_reads_spanish_is_asked_everything_but_that_scale() -> None:
    in_english, in_spanish = (
        asked(SPANISH, answers_of({"asked-in-translation": translated})) for translated in (False, True)
    )
    assert in_english - in_spanish == PEG


def test_what_is_asked_and_stored_does_not_depend_on_the_language() -> None:
    assert SPANISH == SCREENING
    assert SPANISH.by_link_id.keys() == SCREENING.by_link_id.keys()
    assert [page.slug for page in SPANISH.pages] == [page.slug for page in SCREENING.pages]
    assert SPANISH.pages_by_item.keys() == SCREENING.pages_by_item.keys()
    for item in SCREENING.all_items:
        other = SPANISH.item(item.link_id)
        assert [option.key for option in other.options] == [option.key for option in item.options]
        assert (other.enable_when, other.required, other.type) == (item.enable_when, item.required, item.type)


def test_every_page_shows_the_translated_words() -> None:
    for shown in SPANISH.pages:
        for item in with_descendants(shown.item):
            assert words(item) == words(SPANISH.item(item.link_id))


def test_a_language_that_the_file_does_not_have_changes_nothing() -> None:
    assert in_language(SCREENING, "fr") is SCREENING
    plain = read_questionnaire(questionnaire_json(choice("liver")))
    assert in_language(plain, "es") is plain

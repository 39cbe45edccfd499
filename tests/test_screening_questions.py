"""What the shipped screening asks, of whom, in which order, and in whose exact words."""

import itertools

import pytest

from intake.questionnaires.answers import Answers, ProblemKind, asked, problems
from intake.questionnaires.definition import Item, ItemType, Operator
from intake.questionnaires.scoring import scores
from tests.screening_answers import (
    EVERY_DAY,
    GAD_7,
    HEALTHY,
    NO,
    NOT_AT_ALL,
    OVER_HALF,
    PHQ_8,
    PHQ_9,
    SCREENING,
    SEVERAL_DAYS,
    YES,
    Changes,
    answers_of,
)

LOINC = "http://loinc.org"
STEM = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"

PHQ_WORDING = [
    ("44250-9", "Little interest or pleasure in doing things"),
    ("44255-8", "Feeling down, depressed, or hopeless"),
    ("44259-0", "Trouble falling or staying asleep, or sleeping too much"),
    ("44254-1", "Feeling tired or having little energy"),
    ("44251-7", "Poor appetite or overeating"),
    (
        "44258-2",
        "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
    ),
    (
        "44252-5",
        "Trouble concentrating on things, such as reading the newspaper or watching television",
    ),
    (
        "44253-3",
        "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so "
        "fidgety or restless that you have been moving around a lot more than usual",
    ),
    ("44260-8", "Thoughts that you would be better off dead or of hurting yourself in some way"),
]
GAD_WORDING = [
    ("69725-0", "Feeling nervous, anxious or on edge"),
    ("68509-9", "Not being able to stop or control worrying"),
    ("69733-4", "Worrying too much about different things"),
    ("69734-2", "Trouble relaxing"),
    ("69735-9", "Being so restless that it is hard to sit still"),
    ("69689-8", "Becoming easily annoyed or irritable"),
    ("69736-7", "Feeling afraid as if something awful might happen"),
]
PEG_WORDING = [
    ("75893-8", "What number best describes your pain on average in the past week?"),
    (
        "91145-3",
        "What number best describes how, during the past week, pain has interfered with your "
        "enjoyment of life?",
    ),
    (
        "91146-1",
        "What number best describes how, during the past week, pain has interfered with your "
        "general activity?",
    ),
]
PEG = ("peg-pain", "peg-enjoyment", "peg-activity")
FREQUENCIES = [
    (NOT_AT_ALL, "Not at all", 0),
    (SEVERAL_DAYS, "Several days", 1),
    (OVER_HALF, "More than half the days", 2),
    (EVERY_DAY, "Nearly every day", 3),
]

PAGES = [
    *("age", "answering", "helper"),
    *("about-you", "contact", "contact-safety", "emergency-contact"),
    *("pain", "diagnosis", "pain-impact", "tried"),
    *(
        "heart",
        "heart-more",
        "blood-pressure",
        "blood-pressure-signs",
        "head-and-nerves",
        "eyes",
        "eyes-more",
    ),
    *("lungs", "organs", "thyroid", "organs-more", "pregnancy", "mind", "mind-more"),
    *("substances", "alcohol", "substances-more", "ketamine", "ketamine-more", "size", "anesthesia"),
    *("medicines", "medicines-other", "medicine-list"),
    *("mood-1", "mood-2", "mood-3", "safety", "worry-1", "worry-2"),
    *("practical", "consent"),
]


def pages_asked(answers: Answers) -> list[str]:
    """The pages with at least one question that is asked."""
    enabled = asked(SCREENING, answers)
    slugs = (SCREENING.page_of(item.link_id) for item in SCREENING.all_items if is_asked(item, enabled))
    return list(dict.fromkeys(page.slug for page in slugs if page))


def is_asked(item: Item, enabled: frozenset[str]) -> bool:
    return item.is_question and item.link_id in enabled


def questions_of(section: str) -> list[Item]:
    def below(item: Item) -> list[Item]:
        return [found for child in item.items for found in ([child] if child.is_question else below(child))]

    return below(SCREENING.item(section))


# ---- Wording and codes ----


@pytest.mark.parametrize(
    ("link_ids", "wording"),
    [(PHQ_9, PHQ_WORDING), (GAD_7, GAD_WORDING), (PEG, PEG_WORDING)],
    ids=["PHQ-9", "GAD-7", "PEG"],
)
def test_an_instrument_is_asked_in_its_exact_words_order_and_codes(
    link_ids: tuple[str, ...], wording: list[tuple[str, str]]
) -> None:
    items = [SCREENING.item(link_id) for link_id in link_ids]

    assert [(item.codings[0].system, item.codings[0].code, item.text) for item in items] == [
        (LOINC, code, text) for code, text in wording
    ]
    places = [SCREENING.all_items.index(item) for item in items]
    assert places == sorted(places)


@pytest.mark.parametrize("link_id", [*PHQ_9, *GAD_7])
def test_the_four_answers_are_not_at_all_to_nearly_every_day(link_id: str) -> None:
    options = SCREENING.item(link_id).options

    assert [(option.key, option.label, option.ordinal) for option in options] == FREQUENCIES
    assert all(option.value.system == LOINC for option in options)


@pytest.mark.parametrize("link_id", PEG)
def test_pain_is_a_whole_number_from_0_to_10_with_words_at_both_ends(link_id: str) -> None:
    item = SCREENING.item(link_id)

    assert [option.value for option in item.options] == list(range(11))
    assert item.hint.startswith('0 means "')
    assert ' 10 means "' in item.hint


@pytest.mark.parametrize("slug", ["mood-1", "mood-2", "mood-3", "worry-1", "worry-2"])
def test_each_page_of_mood_and_worry_repeats_the_two_weeks_before_its_questions(slug: str) -> None:
    children = SCREENING.item(slug).items
    stem = next(place for place, item in enumerate(children) if item.text == STEM)

    assert children[stem].type == ItemType.DISPLAY
    assert stem < next(place for place, item in enumerate(children) if item.is_question)


def test_mood_is_three_pages_of_three_with_item_9_last() -> None:
    pages = [[item.link_id for item in questions_of(slug)] for slug in ("mood-1", "mood-2", "mood-3")]

    assert pages == [list(PHQ_9[:3]), list(PHQ_9[3:6]), list(PHQ_9[6:])]


def test_no_other_instrument_is_in_the_form() -> None:
    codes = {coding.code for item in SCREENING.all_items for coding in item.codings if item.is_question}

    assert codes == {code for code, _ in PHQ_WORDING + GAD_WORDING + PEG_WORDING}


@pytest.mark.parametrize(
    "notice",
    [
        "LOINC is copyright © Regenstrief Institute",
        "http://loinc.org/license",
        "No permission required to reproduce, translate, display or distribute",
        "Krebs EE",
        "10.1007/s11606-009-0981-1",
    ],
)
def test_the_notices_of_the_instruments_travel_with_them(notice: str) -> None:
    assert notice in SCREENING.copyright


def test_a_healthy_patients_answers_make_three_scores() -> None:
    points = {score.instrument: score.points for score in scores(SCREENING, answers_of({}))}

    assert {name: points[name] for name in ("phq9", "gad7", "peg")} == {"phq9": 0, "gad7": 0, "peg": 7}


# ---- Pages ----


def test_the_pages_come_in_this_order() -> None:
    assert [page.slug for page in SCREENING.pages] == PAGES


def test_the_file_is_read_without_a_warning() -> None:
    assert SCREENING.warnings == ()


def test_a_conditional_question_stands_on_a_later_page_than_the_one_it_depends_on() -> None:
    for item in SCREENING.all_items:
        for condition in item.enable_when:
            depends_on = SCREENING.page_of(condition.question)
            for shown in [item] if item.is_question else questions_of(item.link_id):
                page = SCREENING.page_of(shown.link_id)
                assert page is not None
                assert depends_on is None or depends_on.number < page.number, (
                    shown.link_id,
                    condition.question,
                )


def test_a_healthy_patient_sees_no_page_with_more_about_something() -> None:
    skipped = {"helper", "heart-more", "blood-pressure", "blood-pressure-signs", "eyes-more", "organs-more"}
    skipped |= {"mind-more", "substances-more", "ketamine-more", "safety"}

    assert pages_asked(answers_of({})) == [slug for slug in PAGES if slug not in skipped]


@pytest.mark.parametrize(
    ("changes", "page"),
    [
        ({"respondent": "helper"}, "helper"),
        ({"heart-problem": YES}, "heart-more"),
        ({"high-blood-pressure": "not-sure"}, "blood-pressure"),
        ({"high-blood-pressure": YES}, "blood-pressure-signs"),
        ({"eye-recent": YES}, "eyes-more"),
        ({"liver": YES}, "organs-more"),
        ({"overactive-thyroid": YES}, "organs-more"),
        ({"mania": YES}, "mind-more"),
        ({"alcohol-weekly": YES}, "substances-more"),
        ({"ketamine-before": YES}, "ketamine-more"),
        ({"mood-self-harm": SEVERAL_DAYS}, "safety"),
    ],
)
def test_an_answer_opens_the_page_that_asks_more_about_it(changes: Changes, page: str) -> None:
    assert page in pages_asked(answers_of(changes))


def test_how_one_feels_is_asked_only_where_the_blood_pressure_is_not_known() -> None:
    known: Changes = {
        "high-blood-pressure": YES,
        "bp-systolic": 130,
        "bp-diastolic": 85,
        "bp-controlled": YES,
    }

    assert "bp-symptoms" not in asked(SCREENING, answers_of(known))
    for unknown in ({"bp-systolic": None}, {"bp-diastolic": None}, {"bp-controlled": "not-sure"}):
        assert "bp-symptoms" in asked(SCREENING, answers_of({**known, **unknown}))
    assert "bp-symptoms" not in asked(SCREENING, answers_of({"high-blood-pressure": NO}))


@pytest.mark.parametrize(("answer", "expected"), [(YES, True), ("not-sure", True), (NO, False)])
def test_how_much_is_asked_of_everybody_who_may_drink(answer: str, expected: bool) -> None:
    # A yes about drugs opens the same page; it must not bring the questions about alcohol with it.
    enabled = asked(SCREENING, answers_of({"alcohol-weekly": answer, "substance-use": YES}))
    about_alcohol = {"alcohol-days", "alcohol-drinks", "alcohol-now"}

    assert about_alcohol & enabled == (about_alcohol if expected else set())


# ---- Who is asked what ----


@pytest.mark.parametrize("same_day_review", [False, None])
def test_item_9_is_not_asked_where_nobody_reads_forms_the_same_day(same_day_review: bool | None) -> None:
    answers = answers_of({"same-day-review": same_day_review, "mood-self-harm": EVERY_DAY})
    enabled = asked(SCREENING, answers)

    assert set(PHQ_8) <= enabled
    assert not {"mood-self-harm", "risk-now"} & enabled


@pytest.mark.parametrize("answer", [NOT_AT_ALL, SEVERAL_DAYS, OVER_HALF, EVERY_DAY])
def test_risk_right_now_is_asked_after_any_thought_of_self_harm(answer: str) -> None:
    enabled = asked(SCREENING, answers_of({"mood-self-harm": answer}))

    assert ("risk-now" in enabled) == (answer != NOT_AT_ALL)


@pytest.mark.parametrize(
    ("respondent", "present", "expected"),
    [
        ("patient", None, True),
        ("helper", YES, True),
        ("helper", NO, False),
        ("helper", None, False),
        ("legal-representative", YES, True),
        ("legal-representative", NO, False),
    ],
)
def test_mood_and_worry_are_asked_only_where_the_patient_can_answer(
    respondent: str, present: str | None, expected: bool
) -> None:
    answers = answers_of({"respondent": respondent, "patient-present": present, "mood-self-harm": EVERY_DAY})
    personal = {*PHQ_9, *GAD_7, "risk-now"}

    assert personal & asked(SCREENING, answers) == (personal if expected else set())


def test_the_patient_is_not_asked_for_a_helper_even_after_a_helper_was_named() -> None:
    changed_back = answers_of(
        {"respondent": "patient", "patient-present": NO, "helper-name": "Test Helper 3"}
    )

    assert not {"patient-present", "helper-name"} & asked(SCREENING, changed_back)
    assert set(PHQ_9) <= asked(SCREENING, changed_back)


# ---- Options ----


@pytest.mark.parametrize("section", ["section-health", "section-medicines", "section-visit"])
def test_every_question_on_health_offers_not_sure_or_can_be_left_blank(section: str) -> None:
    for item in questions_of(section):
        if item.options:
            assert item.option("not-sure"), item.link_id
            assert item.required, item.link_id
        else:
            assert not item.required, item.link_id


def test_pregnancy_is_asked_of_everybody_and_may_not_apply() -> None:
    for link_id in ("pregnant", "breastfeeding"):
        assert [option.key for option in SCREENING.item(link_id).options] == [
            YES,
            NO,
            "not-sure",
            "does-not-apply",
        ]
        assert SCREENING.item(link_id).enable_when == ()


@pytest.mark.parametrize(
    "link_id", ["medicines-sleepy", "medicines-mixing", "treatments-tried", "pain-diagnosis"]
)
def test_none_of_these_cannot_stand_beside_something_else(link_id: str) -> None:
    none = next(option.key for option in SCREENING.item(link_id).options if option.exclusive)
    other = next(option.key for option in SCREENING.item(link_id).options if not option.exclusive)
    found = problems(SCREENING, answers_of({link_id: (none, other)}))

    assert [(problem.link_id, problem.kind) for problem in found] == [(link_id, ProblemKind.EXCLUSIVE)]


@pytest.mark.parametrize("slug", ["medicines", "medicines-other"])
def test_nobody_is_led_to_stop_a_medicine(slug: str) -> None:
    assert "Do not stop any medicine on your own." in [item.text for item in SCREENING.item(slug).items]


@pytest.mark.parametrize("link_id", ["consent-storage", "consent-limits"])
def test_nothing_is_sent_without_agreement(link_id: str) -> None:
    assert len(SCREENING.item(link_id).options) == 1
    found = problems(SCREENING, answers_of({link_id: None}))
    assert [(problem.link_id, problem.kind) for problem in found] == [(link_id, ProblemKind.MISSING)]


def test_a_question_can_be_understood_away_from_its_page() -> None:
    texts = [item.text for item in SCREENING.all_items if item.is_question]

    assert len(texts) == len(set(texts))


def test_only_what_is_needed_must_be_answered() -> None:
    needed_texts = {"name", "birth-date", "phone", "helper-name", "helper-relationship"}
    texts = {item.link_id for item in SCREENING.all_items if item.required and not item.options}
    free_choices = {item.link_id for item in SCREENING.all_items if item.options and not item.required}

    assert texts == needed_texts
    assert free_choices == {"best-time", "mail-when-arrived"}
    assert problems(SCREENING, answers_of({})) == ()
    assert not {"email", "emergency-name", "medicine-names"} & set(HEALTHY)


def test_the_form_promises_nothing_and_judges_nobody() -> None:
    words = " ".join(item.text.lower() for item in SCREENING.all_items if not item.codings)

    for word in ("eligible", "qualify", "candidate", "addict", "abuse", "we will read", "will call you"):
        assert word not in words


def test_no_condition_wants_the_absence_of_an_answer_but_for_the_blood_pressure_reading() -> None:
    conditions = itertools.chain.from_iterable(item.enable_when for item in SCREENING.all_items)
    absent = {
        one.question
        for one in conditions
        if one.operator is Operator.NOT_EQUAL or (one.operator, one.answer) == (Operator.EXISTS, False)
    }

    assert absent == {"bp-systolic", "bp-diastolic"}

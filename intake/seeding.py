"""Made-up people for the demonstration: plausible, the same at each run, and plainly nobody's."""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass

from intake.questionnaires.answers import Answers, Value, asked, kept
from intake.questionnaires.definition import Item, ItemType, Questionnaire

FIRST_NUMBER = 17  # "Test Patient 17"
NOT_AT_ALL, SEVERAL_DAYS, OVER_HALF, EVERY_DAY = "LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"
FREQUENCIES = (NOT_AT_ALL, SEVERAL_DAYS, OVER_HALF, EVERY_DAY)
ALWAYS: dict[str, tuple[Value, ...]] = {
    "adult": ("yes",),
    "patient-present": ("yes",),
    "helper-name": ("Test Helper",),
    "helper-relationship": ("Family",),
    "emergency-name": ("Test Friend",),
    "emergency-phone": ("(410) 555-0118",),
    "escort": ("yes",),
    "no-driving": ("yes",),
    "consent-storage": ("agree",),
    "consent-limits": ("understand",),
}
LIKELY: dict[str, tuple[str, ...]] = {  # one of these, all as likely
    "respondent": ("patient",) * 9 + ("helper",),
    "voicemail": ("yes", "yes", "no"),
    "text-messages": ("yes", "yes", "no"),
    "say-who": ("no", "no", "yes"),
    "mail-when-arrived": ("no",),  # no letter to anybody who is made up
    "pain-duration": ("3-to-12-months", "1-to-5-years", "1-to-5-years", "over-5-years"),
    "pain-where": ("back", "back", "neck", "leg", "foot", "arm", "all-over"),
    "pain-diagnosis": ("crps", "fibromyalgia", "back-or-neck", "other-nerve-pain", "arthritis"),
    "treatments-tried": ("physical-therapy", "nerve-pain-medicine", "injections", "over-the-counter"),
    "medicines-sleepy": ("none", "none", "none", "gabapentinoids", "opioids", "not-sure"),
    "medicines-mixing": ("none",) * 12 + ("not-sure",),
    "pregnant": ("no", "no", "does-not-apply"),
    "breastfeeding": ("no", "no", "does-not-apply"),
    "risk-now": ("no", "no", "no", "not-sure", "yes"),
    "surgery": ("no", "yes"),
    "high-blood-pressure": ("no", "no", "no", "yes"),
    "bp-controlled": ("yes", "yes", "no"),
}
NUMBERS = {  # from, to
    "bp-systolic": (112, 158),
    "bp-diastolic": (68, 96),
    "alcohol-days": (1, 3),
    "alcohol-drinks": (1, 3),
    "height-feet": (5, 5),
    "height-inches": (0, 11),
    "weight-pounds": (125, 235),
}
TEXTS = {
    "medicine-names": ("Vitamin D", "Gabapentin 300 mg, three times a day", "Ibuprofen when it is bad", ""),
    "allergies": ("Penicillin", "None that I know", ""),
    "treatments-notes": ("Stretching helps a little.", "Warm water helps for an hour.", ""),
    "ketamine-bad-details": ("I felt sick afterwards.",),
}
DECISIONS = (*("accepted",) * 4, *("declined",) * 3, "needs_information", "in_review", "withdrawn")
YES_IN_HUNDRED, NOT_SURE_IN_HUNDRED = 5, 3


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person: what they answer, and how long ago they sent it."""

    number: int
    mood: float  # how low, from 0 to 1
    sent_ago: datetime.timedelta
    took: datetime.timedelta
    waited: datetime.timedelta  # until staff decided
    decided_as: str  # a status

    @property
    def name(self) -> str:
        return f"Test Patient {self.number}"


def people(how_many: int) -> list[Person]:
    """Oldest first. Nearly all of the last six weeks, some of today."""
    found = []
    for number in range(FIRST_NUMBER, FIRST_NUMBER + how_many):
        chance = random.Random(number)  # noqa: S311 - nothing secret: the same people at each run # nosec B311
        hours = 42 * 24 * chance.random() ** 2
        found.append(
            Person(
                number,
                mood=chance.random() ** 1.6,
                sent_ago=datetime.timedelta(hours=hours, minutes=chance.randrange(3, 40)),
                took=datetime.timedelta(minutes=chance.randrange(9, 35)),
                waited=datetime.timedelta(minutes=chance.randrange(8, 30 * 60)),
                decided_as=chance.choice(DECISIONS),
            )
        )
    return sorted(found, key=lambda one: one.sent_ago, reverse=True)


def answers_of(
    person: Person, questionnaire: Questionnaire, site: Answers, *, today: datetime.date
) -> Answers:
    """What this person answers, question by question, with what each answer makes the form ask further."""
    chance = random.Random(person.number * 7919)  # noqa: S311 - the same # nosec B311
    answers: dict[str, tuple[Value, ...]] = dict(site)
    answered = set(answers)
    while True:
        enabled = asked(questionnaire, answers)
        waiting = [
            item
            for item in questionnaire.all_items
            if item.is_question and item.link_id in enabled and item.link_id not in answered
        ]
        if not waiting:
            return kept(questionnaire, answers)
        answered.add(waiting[0].link_id)
        if given := answer(waiting[0], person, chance, today=today):
            answers[waiting[0].link_id] = given


def answer(item: Item, person: Person, chance: random.Random, *, today: datetime.date) -> tuple[Value, ...]:
    """() where the person leaves it blank."""
    link_id, keys = item.link_id, [option.key for option in item.options]
    if link_id in ALWAYS:
        return ALWAYS[link_id]
    if link_id == "name":
        return (person.name,)
    if link_id == "birth-date":
        return (today - datetime.timedelta(days=chance.randrange(19 * 366, 74 * 365)),)
    if link_id == "phone":
        return (f"(410) 555-01{person.number % 100:02}",)
    if link_id == "email":
        return (f"patient{person.number}@clinic.example",) if chance.random() < 0.7 else ()
    if link_id in NUMBERS:
        return (chance.randint(*NUMBERS[link_id]),)
    if link_id in TEXTS:
        text = chance.choice(TEXTS[link_id])
        return (text,) if text else ()
    if link_id in LIKELY:
        return (chance.choice(LIKELY[link_id]),)
    if keys[:4] == list(FREQUENCIES):
        return (frequency(link_id, person, chance),)
    if keys[:3] == ["0", "1", "2"]:
        return (str(chance.randint(4, 9)),)
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return (likely(keys, chance),)
    return ()


def frequency(link_id: str, person: Person, chance: random.Random) -> str:
    """How often something bothers somebody in this mood; thoughts of self-harm only where it is low."""
    if link_id == "mood-self-harm":
        return SEVERAL_DAYS if person.mood > 0.8 and chance.random() < 0.6 else NOT_AT_ALL
    return FREQUENCIES[min(3, max(0, round(person.mood * 3 + chance.uniform(-0.7, 0.7))))]


def likely(keys: Sequence[str], chance: random.Random) -> str:
    """No, nearly always; else any."""
    if "no" not in keys:
        return chance.choice(keys)
    thrown = chance.randrange(100)
    if thrown < YES_IN_HUNDRED and "yes" in keys:
        return "yes"
    return "not-sure" if "not-sure" in keys and thrown < YES_IN_HUNDRED + NOT_SURE_IN_HUNDRED else "no"

"""Is this QuestionnaireResponse an answer to that questionnaire? What no common validator looks at.

`check_response` takes parsed JSON of any shape and never raises; `to_answers` reads a response that has
nothing wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from intake.questionnaires.conditions import asked
from intake.questionnaires.fhir_values import (
    PRIMITIVE_VALUES,
    VALUES,
    NotAnAnswer,
    elements_of_r4,
    read_value,
)
from intake.questionnaires.items import Item, ItemType, Questionnaire
from intake.questionnaires.json_source import quoted
from intake.questionnaires.values import Answers, ProblemKind, Value, most_answers, wrong_with

RESPONSE_STATUSES = frozenset({"in-progress", "completed", "amended", "entered-in-error", "stopped"})
FINISHED = frozenset({"completed", "amended"})  # nothing that is required may be missing

_ANY = {"extension", "modifierExtension"}
_OF_RESPONSE = elements_of_r4(
    *("implicitRules", "language", "questionnaire", "status", "authored"),
    others=_ANY
    | {"resourceType", "meta", "text", "contained", "identifier", "basedOn", "partOf", "subject"}
    | {"encounter", "author", "source", "item"},
)
_OF_ITEM = elements_of_r4("linkId", "definition", "text", others=_ANY | {"answer", "item"})
_OF_ANSWER = elements_of_r4(*PRIMITIVE_VALUES, others=_ANY | VALUES | {"item"})
_MODIFIERS = frozenset({"modifierExtension", "implicitRules"})

_REASONS: Mapping[ProblemKind, str] = {
    ProblemKind.TOO_SMALL: "the answer is below {}",
    ProblemKind.TOO_LARGE: "the answer is above {}",
    ProblemKind.TOO_SHORT: "the answer has fewer than {} characters",
    ProblemKind.TOO_LONG: "the answer has more than {} characters",
    ProblemKind.TOO_MANY: "it has more answers than the {} that it takes",
    ProblemKind.TOO_FEW: "it has fewer answers than the {} that it takes",
    ProblemKind.TOO_MANY_DECIMALS: "the answer has more than {} decimals",
    ProblemKind.NOT_A_URL: "the answer is not an address on the web",
    ProblemKind.NOT_IN_PATTERN: "the answer does not have the form that is wanted",
    ProblemKind.EXCLUSIVE: 'the answer "{}" stands beside another answer',
    ProblemKind.HAS_NUL: "the answer has a character that cannot be kept",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    link_id: str
    """The item that is wrong, or "" for the response as a whole; one that nobody knows is written shortened."""
    reason: str

    def __str__(self) -> str:
        return f"{self.link_id}: {self.reason}" if self.link_id else self.reason


class ResponseRefused(ValueError):
    """The response does not answer this questionnaire; `complaints` says where and why."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__("; ".join(map(str, complaints)))
        self.complaints = complaints


def check_response(questionnaire: Questionnaire, response: object) -> tuple[Complaint, ...]:
    """All that is wrong with the response, in the order of the questionnaire; () where it is an answer to it.

    A required question may be unanswered in a response that is not finished, and so may always one that is
    hidden or read-only. Items without answers are let pass. The wording is not compared.
    """
    return _Reader(questionnaire).read(response)[1]


def to_answers(questionnaire: Questionnaire, response: object) -> Answers:
    """The response's answers, in document order; raises ResponseRefused where anything is wrong with it.

    A text that an open-choice lists comes back as that option.
    """
    answers, complaints = _Reader(questionnaire).read(response)
    if complaints:
        raise ResponseRefused(complaints)
    return answers


# An item that was read, None for the response itself, and the object that holds the `item` list inside it.
_Holder = tuple[Item | None, dict[str, object]]


class _Reader:
    """Reads one response. It keeps its own stack, so that no depth of nesting is too much."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.complaints: list[Complaint] = []
        self.answers: dict[str, tuple[Value, ...]] = {}
        self.answered: set[str] = set()
        """Every question that has an answer, right or wrong."""
        self.positions = {item.link_id: at for at, item in enumerate(questionnaire.all_items)}
        self.places: dict[tuple[str, str], list[Item]] = {}
        """What may stand inside an item ("" for the response) under a linkId: several where a group repeats."""
        for item in questionnaire.all_items:
            if not item.asks_for_more:
                parent = questionnaire.parent(item.link_id)
                self.places.setdefault((parent.link_id if parent else "", item.source_link_id), []).append(
                    item
                )

    def read(self, response: object) -> tuple[Answers, tuple[Complaint, ...]]:
        if not isinstance(response, dict):
            return {}, (Complaint("", "it is not an object, and so not a QuestionnaireResponse"),)
        self._check_root(response)
        waiting: list[_Holder] = [(None, response)]
        while waiting:
            parent, holder = waiting.pop()
            waiting += self._read_items(parent, holder)
        self._compare_with_what_is_asked(is_finished=_is_one_of(FINISHED, response.get("status")))
        in_order = sorted(self.answers, key=self.positions.__getitem__)
        complaints = sorted(self.complaints, key=lambda one: self.positions.get(one.link_id, -1))
        return {link_id: self.answers[link_id] for link_id in in_order}, tuple(complaints)

    def complain(self, link_id: str, reason: str) -> None:
        self.complaints.append(Complaint(link_id, reason))

    def _check_root(self, response: dict[str, object]) -> None:
        if response.get("resourceType") != "QuestionnaireResponse":
            self.complain("", "resourceType is not QuestionnaireResponse")
        self._check_elements("", response, _OF_RESPONSE)
        if not _is_one_of(RESPONSE_STATUSES, response.get("status")):
            self.complain("", f"status is not one of {', '.join(sorted(RESPONSE_STATUSES))}")
        if reason := self._wrong_questionnaire(response.get("questionnaire")):
            self.complain("", reason)

    def _wrong_questionnaire(self, named: object) -> str:
        if not isinstance(named, str):
            return "it does not name the questionnaire that it answers"
        url, _, version = named.partition("|")
        if url != self.questionnaire.url:
            return f"it answers the questionnaire {quoted(url)} and not {self.questionnaire.url}"
        if version == self.questionnaire.version:
            return ""
        if not version:
            return "it does not say which version of the questionnaire it answers"
        return f"it answers version {quoted(version)} and not {self.questionnaire.version}"

    def _check_elements(self, link_id: str, holder: dict[str, object], known: frozenset[str]) -> None:
        for name in holder:
            if name not in known:
                self.complain(link_id, f"the element {quoted(name)} is none of FHIR R4's here")
            elif name in _MODIFIERS:
                self.complain(link_id, f"{name} may change what it means, and is not understood")

    def _objects(self, link_id: str, holder: dict[str, object], name: str) -> list[dict[str, object]]:
        """The objects that the element lists; whatever else it holds is complained about."""
        if name not in holder:
            return []
        listed = holder[name]
        if not isinstance(listed, list) or not listed:
            self.complain(link_id, f"{name} is not a list with something in it")
            return []
        objects = [one for one in listed if isinstance(one, dict)]
        if len(objects) < len(listed):
            self.complain(link_id, f"{name} lists something that is not an object")
        return objects

    # ---- The tree ----

    def _read_items(self, parent: Item | None, holder: dict[str, object]) -> list[_Holder]:
        """Reads one list of items; returns what they hold in their turn."""
        inside: list[_Holder] = []
        seen: set[str] = set()
        last = -1
        for element in self._objects(parent.link_id if parent else "", holder, "item"):
            named = self._known_item(element, parent)
            if named is None:
                continue
            item = self._repetition(named, parent, seen)
            if item is None:
                self.complain(named.link_id, "it stands in another place than in the questionnaire")
                item = named
            elif item.link_id in seen and item.type is ItemType.GROUP and item.repeats:
                self.complain(named.link_id, "the group stands there more often than it may")
                continue
            elif item.link_id in seen:
                self.complain(item.link_id, "it stands twice; several answers belong into one item")
            elif self.positions[item.link_id] < last:
                self.complain(item.link_id, "it stands in another order than in the questionnaire")
            seen.add(item.link_id)
            last = max(last, self.positions[item.link_id])
            self._check_elements(item.link_id, element, _OF_ITEM)
            inside += self._read_item(item, element)
        return inside

    def _known_item(self, element: dict[str, object], parent: Item | None) -> Item | None:
        link_id = element.get("linkId")
        if not isinstance(link_id, str):
            self.complain(parent.link_id if parent else "", "an item inside it has no linkId")
            return None
        if (item := self.questionnaire.by_link_id.get(link_id)) and item.is_in_file:
            return item
        # Somebody else's text: short, and without what cannot be printed.
        self.complain(quoted(link_id)[1:-1], "the questionnaire has no item of this linkId")
        return None

    def _repetition(self, named: Item, parent: Item | None, seen: set[str]) -> Item | None:
        """The item that stands in this place under this linkId: of a repeating group, the next repetition."""
        found = self.places.get((parent.link_id if parent else "", named.link_id), [])
        following = next((item for item in found if item.link_id not in seen), None)
        if following and following is not found[0]:
            self._note_that_there_is_more(following)
        return following or (found[-1] if found else None)

    def _note_that_there_is_more(self, group: Item) -> None:
        """A second repetition means that whoever answered asked for it; the response does not say so itself."""
        for condition in group.enable_when:
            if self.questionnaire.item(condition.question).asks_for_more:
                self.answers[condition.question] = (True,)

    def _read_item(self, item: Item, element: dict[str, object]) -> list[_Holder]:
        if "answer" in element and "item" in element:
            self.complain(item.link_id, "it has items both under it and under its answer (qrs-1)")
        elif "item" in element and item.is_question:
            self.complain(item.link_id, "the items under a question stand under its answer")
        elif "item" in element and item.type is ItemType.DISPLAY:
            self.complain(item.link_id, "a display has no items under it")
        if not item.is_question:
            if "answer" in element:
                self.complain(item.link_id, f"a {item.type} takes no answer")
            return [(item, element)] if item.type is ItemType.GROUP else []
        return self._read_answers(item, element)

    def _read_answers(self, item: Item, element: dict[str, object]) -> list[_Holder]:
        answers = self._objects(item.link_id, element, "answer")
        if item.link_id in self.answered:
            return []
        # What is too much is not read, so that nobody can make this slow.
        read = answers[: most_answers(item) + 1]
        values = [value for answer in read if (value := self._read_answer(item, answer)) is not None]
        if wrong := wrong_with(item, values):
            kind, limit = wrong
            self.complain(item.link_id, _REASONS.get(kind, kind.value).format(limit))
        if values:
            self.answers[item.link_id] = tuple(values)
        return [(item, answer) for answer in read]

    def _read_answer(self, item: Item, answer: dict[str, object]) -> Value | None:
        self._check_elements(item.link_id, answer, _OF_ANSWER)
        if "item" in answer and not VALUES & answer.keys():
            return None  # nothing but what stands under it
        self.answered.add(item.link_id)
        try:
            return read_value(item, answer)
        except NotAnAnswer as wrong:
            self.complain(item.link_id, str(wrong))
            return None

    def _compare_with_what_is_asked(self, *, is_finished: bool) -> None:
        enabled = asked(self.questionnaire, self.answers)
        for item in self.questionnaire.all_items:
            has_answer = item.link_id in self.answered
            if item.link_id not in enabled:
                if has_answer:
                    self.complain(item.link_id, "it has an answer, and is not asked after the other answers")
            elif item.required and is_finished and not (has_answer or item.hidden or item.read_only):
                self.complain(item.link_id, "it is required and has no answer")


def _is_one_of(names: frozenset[str], value: object) -> bool:
    return isinstance(value, str) and value in names

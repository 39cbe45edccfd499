"""Scores of the instruments that we know, and a questionnaire's own totals.

PHQ-9, PHQ-8, PHQ-2, GAD-7, GAD-2, PEG and PC-PTSD-5 are recognised, each by the exact set of its LOINC item
codes among the questions that are asked. A missing item means no points, never a partial sum. An answer without
points (an option without ordinalValue, a number off the scale, several answers) counts as missing, so that a
faulty file can give no wrong total. `why_not_scorable` finds such a file before anyone answers it; `read_rules`
asks it for every score in a rule. A total that the questionnaire itself works out has no bands and no code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from intake.questionnaires.conditions import asked
from intake.questionnaires.items import Item, ItemType, Questionnaire, Total
from intake.questionnaires.json_source import quoted
from intake.questionnaires.values import Answers, Value

LOINC = "http://loinc.org"

# LOINC codes of the items in the order of the form.
PHQ_CODES = (
    *("44250-9", "44255-8", "44259-0", "44254-1", "44251-7"),
    *("44258-2", "44252-5", "44253-3", "44260-8"),
)
GAD_CODES = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")
PEG_CODES = ("75893-8", "91145-3", "91146-1")
PC_PTSD_CODES = ("102012-2", "102013-0", "102014-8", "102015-5", "102016-3")

Bands = tuple[tuple[int, str], ...]  # (lowest total in points, name), highest first


@dataclass(frozen=True, slots=True)
class Instrument:
    key: str
    name: str
    version: str
    family: tuple[str, ...]
    """Codes that must be asked exactly as in `codes` for this instrument to be the one that was asked."""
    codes: tuple[str, ...]
    item_maximum: int
    """Points of one item, 0 to this."""
    maximum: int
    unit: str
    bands: Bands
    source: str
    total_code: str = ""
    panel_code: str = ""
    is_mean: bool = False


# Points, 0-27; Kroenke et al., J Gen Intern Med 2001;16:606
PHQ_9_BANDS: Bands = (
    (20, "severe"),
    (15, "moderately severe"),
    (10, "moderate"),
    (5, "mild"),
    (0, "minimal"),
)
# Points, 0-24; the cut-off of the PHQ-9 holds without item 9 (phqscreeners statement)
PHQ_8_BANDS: Bands = ((10, "10 or more, the cut-off"), (0, "below the cut-off of 10"))
# Points, 0-6; Arroll et al. 2010, PMC2906530: 3 or more has sensitivity 61 %, specificity 92 %
PHQ_2_BANDS: Bands = ((3, "3 or more, the cut-off"), (0, "below the cut-off of 3"))
# Points, 0-21; Spitzer et al. 2006
GAD_7_BANDS: Bands = ((15, "severe"), (10, "moderate"), (5, "mild"), (0, "minimal"))
# Points, 0-6; from a secondary summary only
GAD_2_BANDS: Bands = ((3, "3 or more, the cut-off"), (0, "below the cut-off of 3"))
# Points, 0-5; Prins et al. 2016, PMC5023594: 4 balances the errors overall; 3 misses fewer, above all women
PC_PTSD_BANDS: Bands = ((4, "4 or more, the cut-off"), (0, "below the cut-off of 4"))

INSTRUMENTS = (
    Instrument(
        key="phq9",
        name="PHQ-9",
        version="phq9-2001",
        family=PHQ_CODES,
        codes=PHQ_CODES,
        item_maximum=3,
        maximum=27,
        unit="points, 0-27",
        bands=PHQ_9_BANDS,
        source="Kroenke et al., J Gen Intern Med 2001;16:606",
        total_code="44261-6",
        panel_code="44249-1",
    ),
    Instrument(
        key="phq8",
        name="PHQ-8",
        version="phq8-1",
        family=PHQ_CODES,
        codes=PHQ_CODES[:8],
        item_maximum=3,
        maximum=24,
        unit="points, 0-24",
        bands=PHQ_8_BANDS,
        source="PHQ-9 without item 9; the same cut-off of 10 (phqscreeners statement)",
    ),
    Instrument(
        key="phq2",
        name="PHQ-2",
        version="phq2-1",
        family=PHQ_CODES,
        codes=PHQ_CODES[:2],
        item_maximum=3,
        maximum=6,
        unit="points, 0-6",
        bands=PHQ_2_BANDS,
        source="PHQ-9 items 1 and 2; cut-off of 3: Arroll et al. 2010, PMC2906530",
        total_code="55758-7",
        panel_code="55757-9",
    ),
    Instrument(
        key="gad7",
        name="GAD-7",
        version="gad7-2006",
        family=GAD_CODES,
        codes=GAD_CODES,
        item_maximum=3,
        maximum=21,
        unit="points, 0-21",
        bands=GAD_7_BANDS,
        source="Spitzer et al. 2006",
        total_code="70274-6",
        panel_code="69737-5",
    ),
    Instrument(
        key="gad2",
        name="GAD-2",
        version="gad2-1",
        family=GAD_CODES,
        codes=GAD_CODES[:2],
        item_maximum=3,
        maximum=6,
        unit="points, 0-6",
        bands=GAD_2_BANDS,
        source="GAD-7 items 1 and 2; the cut-off of 3 is from a secondary summary",
    ),
    Instrument(
        key="peg",
        name="PEG",
        version="peg-2009",
        family=PEG_CODES,
        codes=PEG_CODES,
        item_maximum=10,
        maximum=10,
        unit="points, 0-10, mean of three",
        bands=(),
        source="Krebs et al. 2009, doi 10.1007/s11606-009-0981-1",
        total_code="91147-9",
        panel_code="91148-7",
        is_mean=True,
    ),
    # Not shipped; scored where a clinic imports it. A code for the total was found in one source only.
    Instrument(
        key="pcptsd5",
        name="PC-PTSD-5",
        version="pcptsd5-2016",
        family=PC_PTSD_CODES,
        codes=PC_PTSD_CODES,
        item_maximum=1,
        maximum=5,
        unit="points, 0-5",
        bands=PC_PTSD_BANDS,
        source="Prins et al. 2016, PMC5023594; National Center for PTSD",
    ),
)
BY_KEY = {instrument.key: instrument for instrument in INSTRUMENTS}
_SCORED = frozenset(code for instrument in INSTRUMENTS for code in instrument.codes)


@dataclass(frozen=True, slots=True)
class Score:
    instrument: str
    """Its key, such as "phq9"."""
    name: str
    points: Decimal | None
    """None where an item is missing."""
    maximum: int
    unit: str
    band: str
    """The severity band or the side of the cut-off; "" where none is defined or there are no points."""
    version: str
    source: str
    items: tuple[str, ...]
    """LinkIds, in the order of the form."""
    missing: tuple[str, ...]
    total_code: str
    """LOINC; "" where none is confirmed."""
    panel_code: str


def scores(questionnaire: Questionnaire, answers: Answers) -> tuple[Score, ...]:
    """A score for each instrument that is asked in full, answered or not, then the questionnaire's own totals."""
    enabled = asked(questionnaire, answers)
    by_code = _items_by_code(item for item in questionnaire.all_items if item.link_id in enabled)
    found = [
        _score(instrument, [by_code[code][0] for code in instrument.codes], answers)
        for instrument in INSTRUMENTS
        if {code for code in instrument.family if code in by_code} == set(instrument.codes)
        and all(len(by_code[code]) == 1 for code in instrument.codes)
    ]
    counted = {frozenset(score.items) for score in found}
    for total in questionnaire.totals:
        items = [questionnaire.item(link_id) for link_id in total.items if link_id in enabled]
        # The total of an instrument that we know is its score already.
        if total.link_id in enabled and items and frozenset(item.link_id for item in items) not in counted:
            found.append(_total_score(questionnaire, total, items, answers))
    return tuple(found)


def _items_by_code(items: Iterable[Item]) -> Mapping[str, list[Item]]:
    """The questions that carry each LOINC code. What may stand there several times has no one score."""
    by_code: dict[str, list[Item]] = {}
    for item in items:
        for code in (
            {coding.code for coding in item.codings if coding.system == LOINC}
            if item.is_question and not item.occurrence
            else ()
        ):
            by_code.setdefault(code, []).append(item)
    return by_code


def _score(instrument: Instrument, items: Sequence[Item], answers: Answers) -> Score:
    points = [points_of(item, answers.get(item.link_id, ()), instrument) for item in items]
    given = [point for point in points if point is not None]
    total = in_total(instrument, given) if len(given) == len(items) else None
    return Score(
        instrument=instrument.key,
        name=instrument.name,
        points=total,
        maximum=instrument.maximum,
        unit=instrument.unit,
        band="" if total is None else band(instrument, total),
        version=instrument.version,
        source=instrument.source,
        items=tuple(item.link_id for item in items),
        missing=tuple(item.link_id for item, point in zip(items, points, strict=True) if point is None),
        total_code=instrument.total_code,
        panel_code=instrument.panel_code,
    )


def _total_score(
    questionnaire: Questionnaire, total: Total, items: Sequence[Item], answers: Answers
) -> Score:
    """The sum or mean over the items that are asked; like a known score, it wants an answer to each."""
    given = {item.link_id: answers.get(item.link_id, ()) for item in items}
    points = {
        item.link_id: _points(item, values[0]) if len(values := given[item.link_id]) == 1 else None
        for item in items
    }
    missing = tuple(link_id for link_id, point in points.items() if point is None)
    ordinals = [[option.ordinal for option in item.options if option.ordinal is not None] for item in items]
    lowest, highest = (
        _sum_or_mean([bound(one) for one in ordinals], is_mean=total.is_mean) for bound in (min, max)
    )
    named = questionnaire.item(total.link_id)
    return Score(
        instrument=f"total:{total.link_id}",
        name=named.text or total.link_id,
        points=None
        if missing
        else _sum_or_mean([point for point in points.values() if point is not None], is_mean=total.is_mean),
        maximum=int(highest.to_integral_value(ROUND_CEILING)),
        unit=f"points, {lowest:f}-{highest:f}" + (", mean" if total.is_mean else ""),
        band="",
        version=questionnaire.version,
        source=f"{'Mean' if total.is_mean else 'Sum'} of the points that the questionnaire gives its answers",
        items=tuple(points),
        missing=missing,
        total_code="",
        panel_code="",
    )


def _sum_or_mean(points: Sequence[Decimal], *, is_mean: bool) -> Decimal:
    """A mean has two decimals at most, half up."""
    total = sum(points, Decimal(0))
    if not is_mean:
        return total
    return (total / len(points)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def is_scored(item: Item) -> bool:
    """Whether an instrument counts the answer to this item."""
    return any(coding.system == LOINC and coding.code in _SCORED for coding in item.codings)


def points_of(item: Item, given: tuple[Value, ...], instrument: Instrument) -> Decimal | None:
    """The points of one item; None where there is no single answer with points on the item's scale."""
    if len(given) != 1:
        return None
    points = _points(item, given[0])
    if item.type is ItemType.BOOLEAN and instrument.item_maximum != 1:
        return None
    on_scale = points is not None and 0 <= points <= instrument.item_maximum and points == int(points)
    return points if on_scale else None


def _points(item: Item, answer: Value) -> Decimal | None:
    """An option's ordinalValue, else the whole number that it or the answer is; of yes and no, 1 and 0."""
    if item.type is ItemType.INTEGER or item.type is ItemType.DECIMAL:
        is_number = isinstance(answer, (int, Decimal)) and not isinstance(answer, bool)
        return Decimal(answer) if is_number else None  # type: ignore[arg-type]  # a number, by the line above
    if item.type is ItemType.BOOLEAN:
        return Decimal(answer) if isinstance(answer, bool) else None
    option = item.option(answer) if isinstance(answer, str) else None
    if option is None:
        return None
    if option.ordinal is not None:
        return option.ordinal
    return Decimal(option.value) if isinstance(option.value, int) else None


def in_total(instrument: Instrument, points: Sequence[Decimal]) -> Decimal:
    """The sum of the items' points, or their mean to one decimal, half up; one point value for each item.

    >>> in_total(BY_KEY["peg"], [Decimal(7), Decimal(7), Decimal(6)])
    Decimal('6.7')
    """
    if len(points) != len(instrument.codes):
        raise ValueError(f"{instrument.name} has {len(instrument.codes)} items, not {len(points)}")
    total = sum(points, Decimal(0))
    if not instrument.is_mean:
        return total
    return (total / len(points)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def band(instrument: Instrument, points: Decimal) -> str:
    """The name of the band that the points fall into, "" where the instrument has none.

    >>> band(BY_KEY["phq9"], Decimal(14)), band(BY_KEY["phq9"], Decimal(15)), band(BY_KEY["peg"], Decimal(9))
    ('moderate', 'moderately severe', '')
    """
    if not 0 <= points <= instrument.maximum:
        raise ValueError(f"{instrument.name} goes from 0 to {instrument.maximum}, not {points}")
    return next((name for lowest, name in instrument.bands if points >= lowest), "")


def why_not_scorable(questionnaire: Questionnaire, key: str) -> str:
    """Why this questionnaire can never give that score, in words; "" where it can."""
    if key not in BY_KEY:
        return f"{quoted(key)} is no score; write one of {', '.join(BY_KEY)}"
    instrument = BY_KEY[key]
    by_code = _items_by_code(questionnaire.all_items)
    for code in instrument.codes:
        if code not in by_code:
            return f"{instrument.name} needs a question with the LOINC code {code}; add it"
        for item in by_code[code]:
            if not _has_points(item, instrument):
                return (
                    f"{item.link_id} is an item of {instrument.name}, and its answers are not whole points "
                    f"from 0 to {instrument.item_maximum}; give each option an ordinalValue"
                )
    return ""


def _has_points(item: Item, instrument: Instrument) -> bool:
    if item.repeats:
        return False
    if item.type in (ItemType.INTEGER, ItemType.DECIMAL):
        return item.min_value == 0 and item.max_value == instrument.item_maximum
    if item.type is ItemType.BOOLEAN:
        return instrument.item_maximum == 1
    return bool(item.options) and all(
        points_of(item, (option.key,), instrument) is not None for option in item.options
    )

"""The FHIR extensions that a questionnaire may carry: understood, accepted with a warning, or refused."""

from collections.abc import Callable

from intake.questionnaires.items import Coding, Scalar
from intake.questionnaires.json_source import Element, quoted

FHIR = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"

MIN_VALUE = FHIR + "minValue"
MAX_VALUE = FHIR + "maxValue"
MIN_LENGTH = FHIR + "minLength"
ENTRY_FORMAT = FHIR + "entryFormat"
HIDDEN = FHIR + "questionnaire-hidden"
ITEM_CONTROL = FHIR + "questionnaire-itemControl"
ORIENTATION = FHIR + "questionnaire-choiceOrientation"
DISPLAY_CATEGORY = FHIR + "questionnaire-displayCategory"
UNIT = FHIR + "questionnaire-unit"
UNIT_OPTION = FHIR + "questionnaire-unitOption"
REGEX = FHIR + "regex"
MAX_DECIMALS = FHIR + "maxDecimalPlaces"
MIN_QUANTITY = SDC + "sdc-questionnaire-minQuantity"
MAX_QUANTITY = SDC + "sdc-questionnaire-maxQuantity"
CALCULATED = SDC + "sdc-questionnaire-calculatedExpression"
MIN_OCCURS = FHIR + "questionnaire-minOccurs"
MAX_OCCURS = FHIR + "questionnaire-maxOccurs"
EXCLUSIVE = FHIR + "questionnaire-optionExclusive"
ORDINAL_VALUE = FHIR + "ordinalValue"
ITEM_WEIGHT = FHIR + "itemWeight"
TRANSLATION = FHIR + "translation"

ON_ITEMS = frozenset(
    {
        MIN_VALUE,
        MAX_VALUE,
        MIN_LENGTH,
        ENTRY_FORMAT,
        HIDDEN,
        ITEM_CONTROL,
        ORIENTATION,
        DISPLAY_CATEGORY,
        UNIT,
        UNIT_OPTION,
        REGEX,
        MAX_DECIMALS,
        MIN_QUANTITY,
        MAX_QUANTITY,
        CALCULATED,
        MIN_OCCURS,
        MAX_OCCURS,
    }
)
ON_OPTIONS = frozenset({EXCLUSIVE, ORDINAL_VALUE, ITEM_WEIGHT})
ON_CODINGS = frozenset({ORDINAL_VALUE, ITEM_WEIGHT})
TRANSLATED = frozenset({"text", "display", "valueString"})  # elements whose translations are kept

# Leaving these out cannot change what an answer means; each is warned of with what becomes of it.
HARMLESS = {
    FHIR + "variable": "variables are not worked out",
    FHIR + "designNote": "design notes are not shown",
    FHIR + "rendering-style": "the plain text is shown",
    FHIR + "rendering-styleSensitive": "the plain text is shown",
    FHIR + "rendering-xhtml": "the plain text is shown",
    FHIR + "rendering-markdown": "the plain text is shown",
    TRANSLATION: "translations are kept in the file and not shown",
    FHIR + "questionnaire-optionPrefix": "prefixes of options are not shown",
    FHIR + "questionnaire-sliderStepValue": "there is no slider",
    FHIR + "questionnaire-supportLink": "support links are not shown",
    SDC + "sdc-questionnaire-collapsible": "nothing collapses",
    SDC + "sdc-questionnaire-columnCount": "there is one column",
    SDC + "sdc-questionnaire-openLabel": "the site words the other-answer itself",
    SDC + "sdc-questionnaire-optionalDisplay": "the item is always shown",
    SDC + "sdc-questionnaire-preferredTerminologyServer": "no terminology server is asked",
    SDC + "sdc-questionnaire-shortText": "the whole text is shown",
    SDC + "sdc-questionnaire-width": "widths are not taken over",
    SDC + "sdc-questionnaire-observation-extract": "no observation is extracted from single answers",
    SDC + "sdc-questionnaire-observationExtract": "no observation is extracted from single answers",
    SDC + "sdc-questionnaire-observationLinkPeriod": "no earlier observation is looked up",
}
# About the file, not about what is asked: not worth a warning.
ABOUT_THE_FILE = frozenset(
    {
        FHIR + "artifact-versionAlgorithm",
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-Questionnaire.versionAlgorithm[x]",
        FHIR + "structuredefinition-wg",
        FHIR + "structuredefinition-fmm",
        FHIR + "structuredefinition-standards-status",
    }
)

Warn = Callable[[str, str], None]
"""Takes a linkId and what this site leaves out."""


def read_extensions(element: Element, understood: frozenset[str], warn: Warn) -> dict[str, Element]:
    """The understood extensions by url; a harmless one is warned of, any other is refused by name."""
    if "modifierExtension" in element:
        raise element.refusal("modifierExtension can turn a meaning round and is not understood; take it out")
    found: dict[str, Element] = {}
    if "extension" not in element:
        return found
    for extension in element.children("extension"):
        url = extension.text("url")
        if not url:
            raise extension.refusal("an extension has no url; name it or take it out")
        if url == TRANSLATION and TRANSLATION in understood:
            continue  # one for each language; read_translations reads them
        if url in understood:
            if url in found:
                raise extension.refusal(f"the extension {url} stands twice; keep one")
            found[url] = extension
        elif url in HARMLESS:
            warn(element.link_id, f"{url.rpartition('/')[2]}: {HARMLESS[url]}")
        elif url not in ABOUT_THE_FILE:
            raise extension.refusal(_why_not(url))
    return found


def _why_not(url: str) -> str:
    if "Expression" in url or url.endswith(("-constraint", "/targetConstraint")):
        return (
            f"the extension {quoted(url)} is computed in an expression language that this site does not run; "
            "use enableWhen, minValue or maxValue, or take it out"
        )
    return f"the extension {quoted(url)} is not understood and might change what is asked; take it out"


def control_code(extension: Element) -> str:
    """The code of a CodeableConcept extension such as itemControl."""
    codings = extension.child("valueCodeableConcept").children("coding")
    if not codings:
        raise extension.refusal(f"the extension {extension.text('url')} has no coding; name its code")
    code = codings[0].text("code")
    if not code:
        raise extension.refusal(f"the extension {extension.text('url')} has no code; name it")
    return code


# What later versions of FHIR brought, with what R4 has for it.
R5_ELEMENTS = {
    "answerConstraint": "write the type as choice or open-choice",
    "disabledDisplay": "items that are not asked are never shown",
    "versionAlgorithmString": "take it out",
    "versionAlgorithmCoding": "take it out",
    "copyrightLabel": "write it in copyright",
}

_CODING_ELEMENTS = frozenset({"system", "version", "code", "display", "userSelected", "id", "extension"})


def check_elements(element: Element, known: frozenset[str], warn: Warn) -> None:
    """Refuse by name every element that is not known; read what stands beside a text, as `_text` does."""
    for name in sorted(element.values.keys() - known):
        if name in R5_ELEMENTS:
            raise element.refusal(f"{name} is FHIR R5, and this site reads R4; {R5_ELEMENTS[name]}")
        if name.startswith("_") and name[1:] in known:
            beside = element.child(name)
            check_elements(beside, frozenset({"extension", "id"}), warn)
            understood = frozenset({TRANSLATION}) if name[1:] in TRANSLATED else frozenset[str]()
            read_extensions(beside, understood, warn)
        else:
            raise element.refusal(f"the element {quoted(name)} is not understood; take it out")


def read_coding(element: Element, warn: Warn) -> Coding:
    """A Coding, which must have a code. Its extensions are the caller's to read."""
    check_elements(element, _CODING_ELEMENTS, warn)
    if "code" not in element:
        raise element.refusal("a coding has no code; give it one")
    return Coding(element.text("system"), element.text("code"), element.text("display"))


def read_codings(element: Element, name: str, warn: Warn) -> tuple[Coding, ...]:
    codings = []
    for child in element.children(name):
        read_extensions(child, frozenset(), warn)
        codings.append(read_coding(child, warn))
    return tuple(codings)


def read_translations(element: Element, name: str) -> tuple[tuple[str, str], ...]:
    """(language, wording) of a text, from the extensions beside it."""
    beside = element.child(f"_{name}")
    if "extension" not in beside:
        return ()
    found = []
    for extension in beside.children("extension"):
        if extension.text("url") != TRANSLATION:
            continue
        parts = {part.text("url"): part for part in extension.children("extension")}
        if parts.keys() != {"lang", "content"}:
            raise element.refusal("a translation needs lang and content, each once; write both")
        language = parts["lang"].text(parts["lang"].one_of("value", ("Code", "String")))
        wording = parts["content"].text(parts["content"].one_of("value", ("String", "Markdown")))
        found.append((language, wording))
    return tuple(found)


def read_value(element: Element, name: str, warn: Warn) -> Scalar | Coding:
    """The value of an element that is there and whose name ends in its FHIR type, such as answerCoding."""
    if name.endswith("Boolean"):
        return element.flag(name)
    if name.endswith("Integer"):
        return element.whole(name)
    if name.endswith("Decimal"):
        return element.decimal(name)
    if name.endswith("DateTime"):
        return element.moment(name)
    if name.endswith("Date"):
        return element.date(name)
    if name.endswith("Time"):
        return element.time(name)
    if name.endswith("Coding"):
        return read_coding(element.child(name), warn)
    return element.text(name)

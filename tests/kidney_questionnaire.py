"""One question on the kidneys and the rule beside it, and the shipped screening as another version of itself."""

from intake.management.commands.load_questionnaires import SHIPPED
from tests.engine_builders import URL, choice, questionnaire_json
from tests.screening_answers import SCREENING

KIDNEYS = questionnaire_json(choice("kidneys"))
KIDNEY_RULES = f"""
questionnaire = "{URL}"
version = "1.0.0"
[[rule]]
id = "kidneys-yes"
row = "Kidney disease"
level = "stop"
when = {{ question = "kidneys", operator = "=", answer = "yes" }}
reason = "Somebody looks at the kidneys first."
source = "A paper of 2019"
"""


def screening_asking(kidneys: str, *, version: str) -> tuple[bytes, bytes]:
    """The two files of the shipped screening under another version, with other words for one question."""
    source, rules = (
        (SHIPPED / f"ketamine-screening{ending}")
        .read_text()
        .replace(f'"{SCREENING.version}"', f'"{version}"')
        for ending in (".json", ".rules.toml")
    )
    assert "Do you have kidney disease?" in source
    return source.replace("Do you have kidney disease?", kidneys).encode(), rules.encode()

"""docs/asvs.md judges every requirement of level 1 and 2 once, and cites only what is there."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "asvs.md").read_text()
# The sections of ASVS 5.0.0 with how many requirements of level 1 and 2 each has; they are numbered from 1 on.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 11, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
VERDICTS = ("met", "clinic", "none", "partly", "not met")


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if "how it stands" not in line
    ]


def test_each_requirement_is_judged_once() -> None:
    named = Counter(number for row in rows() for number in re.findall(r"\d+\.\d+\.\d+", row[0]))
    expected = {f"{section}.{number}" for section, many in SECTIONS.items() for number in range(1, many + 1)}
    assert set(named) == expected
    assert not [number for number, times in named.items() if times > 1]


def test_each_row_begins_with_a_verdict_and_what_is_met_says_where() -> None:
    for row in rows():
        assert row[1].startswith(VERDICTS), row
        assert row[2] or row[1].startswith(("none", "clinic", "partly", "not met")), row


def test_every_file_that_is_cited_is_there() -> None:
    cited = set(re.findall(r"`([\w./-]+\.(?:py|md|toml|html)|[\w/-]+/)`", PAGE))
    assert len(cited) > 60
    assert sorted(name for name in cited if not name.startswith("/") and not (ROOT / name).exists()) == []

"""A shipped file that is wrong is refused with its name, the line and the reason."""

from pathlib import Path

import pytest

from tests.articles import BODY, BODY_LINE, CONDITIONS, FRONT_MATTER, SOURCES, write_content
from treatments.content import ContentRefused, read_content


def refusal_of(folder: Path) -> ContentRefused:
    with pytest.raises(ContentRefused) as refused:
        read_content(folder)
    return refused.value


def test_a_folder_is_read_with_its_article_sources_and_conditions(tmp_path):
    content = read_content(write_content(tmp_path))
    assert [article.title for article in content.articles] == ["A day at the clinic"]
    assert content.articles[0].body == BODY.strip()
    assert [source.key for source in content.sources] == ["bell-2017", "royal-free"]
    assert [condition.also_known_as for condition in content.conditions] == [["RSD"]]


@pytest.mark.parametrize(
    ("written", "instead", "line", "reason"),
    [
        ("order = 20", "order = 20\nprice = 5", 6, "unknown key 'price'"),
        ('evidence = "weak"', 'evidence = "strong"', 7, "evidence 'strong' is not one of"),
        ('evidence = "weak"\n', "", None, "evidence is missing"),
        ("order = 20", 'order = "20"', 5, "order must be a whole number"),
        ("order = 20", "order = true", 5, "order must be a whole number"),
        ("order = 20", "order = -1", 5, "order must be 0 or more"),
        ('["crps"]', '["gout"]', 6, "condition 'gout' is not in conditions.toml"),
        ('["crps"]', "[7]", 6, "conditions must be a list of texts in quotes"),
        ('slug = "a-day"', 'slug = "a-night"', 3, "slug 'a-night' must be the file's name"),
        ('title = "A day at the clinic"', 'title = " "', 2, "title is empty"),
        ("due = 2027-05-22", "due = 2026-11-22", 10, "must be later than last_reviewed_on"),
        ("due = 2027-05-22", 'due = "2027-05-22"', 10, "next_review_due must be a date"),
        ("due = 2027-05-22", "due = 2027-05-22T09:00:00", 10, "next_review_due must be a date"),
        ("published_on = 2026-11-22", "published_on = 2026-02-30", 8, "not valid TOML"),
        ("published_on = 2026-11-22", "published_on = 22.11.2026", 8, "not valid TOML"),
        ('reviewed_by = ""', 'reviewed_by = "', 11, "not valid TOML"),
    ],
)
def test_wrong_front_matter_is_refused_with_file_line_and_reason(tmp_path, written, instead, line, reason):
    assert written in FRONT_MATTER
    refusal = refusal_of(write_content(tmp_path, front_matter=FRONT_MATTER.replace(written, instead)))
    assert refusal.path == tmp_path / "a-day.md"
    assert refusal.line == line
    assert reason in refusal.reason
    assert str(refusal).startswith(f"{tmp_path}/a-day.md:{line}: " if line else f"{tmp_path}/a-day.md: ")


@pytest.mark.parametrize(
    ("front_matter", "body", "reason"),
    [
        ("", BODY, "must begin with a line +++"),
        (FRONT_MATTER.removesuffix("+++\n"), BODY, "has no end"),
        (FRONT_MATTER, "\n \n", "no text below"),
    ],
)
def test_a_file_without_front_matter_or_text_is_refused(tmp_path, front_matter, body, reason):
    assert reason in refusal_of(write_content(tmp_path, front_matter=front_matter, body=body)).reason


@pytest.mark.parametrize(
    ("body", "lines_down", "reason"),
    [
        ("\nOne.\n\n## Two\n\nThree.[^bell]\n", 4, 'no source has the key "bell"'),
        ("\nOne.\n\n| a |\n|---|\n| b[^bell] |\n", 4, 'no source has the key "bell"'),
        ("\nOne.[^bell-2017]\nTwo.[^ bell-2017]\n", 1, "a footnote mark is broken"),
        ("\n\n\nOne.[^bell-2017\n", 2, "a footnote mark is broken"),
    ],
)
def test_a_citation_of_no_source_is_refused_with_its_line(tmp_path, body, lines_down, reason):
    refusal = refusal_of(write_content(tmp_path, body=body))
    assert reason in refusal.reason
    assert refusal.line == BODY_LINE + lines_down


@pytest.mark.parametrize(
    ("written", "instead", "line", "reason"),
    [
        ('doi = "10.1002/14651858.CD003351.pub3"', 'doi = ""', 1, "neither a doi nor a url"),
        ('doi = "10.1002', 'doi = "doi:10.1002', 3, 'must look like "10.1016'),
        ('url = "https:', 'url = "javascript:', 11, "must begin with https://"),
        ('read = "full"', 'read = "skimmed"', 13, "read 'skimmed' is not one of"),
        ('what = "Leaflet for patients"', 'what = ""', 12, "what is empty"),
        ("[royal-free]", "[bell-2017]", 8, "not valid TOML"),
        ("[royal-free]", '["Royal Free"]', 8, "must be lower-case letters"),
        ("[bell-2017]", 'note = "x"\n[bell-2017]', 1, "stands outside a table"),
        ('read = "full"', 'read = "full"\nyear = 2020', 14, "unknown key 'year'"),
    ],
)
def test_a_wrong_source_is_refused_with_its_line(tmp_path, written, instead, line, reason):
    assert written in SOURCES
    refusal = refusal_of(write_content(tmp_path, sources=SOURCES.replace(written, instead)))
    assert refusal.path == tmp_path / "sources.toml"
    assert reason in refusal.reason
    assert refusal.line == line


def test_a_wrong_condition_is_refused(tmp_path):
    refusal = refusal_of(write_content(tmp_path, conditions=CONDITIONS.replace('["RSD"]', '"RSD"')))
    assert (refusal.path.name, refusal.line) == ("conditions.toml", 3)
    assert "also_known_as must be a list" in refusal.reason


@pytest.mark.parametrize(
    ("written", "reason"), [(b"+++\nti\0tle", "NUL"), (b"+++\nti\xfftle", "not UTF-8 text")]
)
def test_a_file_that_is_not_text_is_refused(tmp_path, written, reason):
    write_content(tmp_path)
    (tmp_path / "a-day.md").write_bytes(written)
    assert reason in refusal_of(tmp_path).reason


def test_a_missing_sources_file_is_named(tmp_path):
    assert str(refusal_of(tmp_path)) == f"{tmp_path}/sources.toml: the file is missing."

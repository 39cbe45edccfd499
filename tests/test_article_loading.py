"""Loading the shipped articles: again and again, without ever taking away what staff wrote."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.articles import BODY, FRONT_MATTER, SOURCES, make_article, write_content
from treatments.actions import Outcome, load_articles
from treatments.content import ContentRefused
from treatments.models import Article, Condition, Source

pytestmark = pytest.mark.django_db


def load(folder, **parts):
    return load_articles(folder=write_content(folder, **parts))


def edit(client, row, **changes):
    """Save a row's admin page as staff do, with these fields changed."""
    address = f"/admin/treatments/{row._meta.model_name}/{row.pk}/change/"
    form = client.get(address).context["adminform"].form
    posted = {}
    for name in form.fields:
        value = form[name].value()
        field = form.fields[name]
        if hasattr(field, "fields"):  # a date and a time
            for number, part in enumerate(form[name].field.widget.decompress(value)):
                posted[f"{name}_{number}"] = part.isoformat() if part else ""
        else:
            posted[name] = "" if value is None else field.prepare_value(value)
        if name == "body":
            posted[name] = value.replace("\n", "\r\n")  # as browsers send it
    response = client.post(address, posted | changes)
    assert response.status_code == 302, response.context["adminform"].form.errors


def test_an_article_is_loaded_with_its_numbered_sources(tmp_path):
    loaded = load(tmp_path)
    assert loaded.outcomes["article a-day"] == Outcome.ADDED
    article = Article.objects.get(slug="a-day")
    assert article.published_at.isoformat() == "2026-11-22T05:00:00+00:00"  # midnight in Maryland
    assert [condition.slug for condition in article.conditions.all()] == ["crps"]
    assert article.contents == [{"id": "before", "title": "Before"}]
    assert [(citation.source.key, citation.marks) for citation in article.citations.all()] == [
        ("royal-free", 2),
        ("bell-2017", 1),
    ]


def test_loading_again_changes_nothing(tmp_path):
    load(tmp_path)
    before = Article.objects.get(slug="a-day")
    assert set(load(tmp_path).outcomes.values()) == {Outcome.UNCHANGED}
    after = Article.objects.get(slug="a-day")
    assert after.updated_at == before.updated_at
    assert after.citations.count() == 2


def test_a_changed_file_updates_its_article(tmp_path):
    load(tmp_path)
    loaded = load(tmp_path, body=BODY.replace("takes a day.[^royal-free]", "takes an hour."))
    assert loaded.names(Outcome.UPDATED) == ["article a-day"]
    article = Article.objects.get(slug="a-day")
    assert "It takes an hour." in article.rendered_body
    assert [citation.source.key for citation in article.citations.all()] == ["bell-2017", "royal-free"]


def test_a_changed_file_takes_a_condition_away(tmp_path):
    load(tmp_path)
    load(tmp_path, front_matter=FRONT_MATTER.replace('["crps"]', "[]"))
    assert not Article.objects.get(slug="a-day").conditions.exists()


def test_what_staff_edited_is_never_overwritten(tmp_path, staff_client):
    load(tmp_path)
    edit(staff_client, Article.objects.get(slug="a-day"), title="Our day")
    loaded = load(tmp_path, front_matter=FRONT_MATTER.replace("A day at", "Two days at"))
    assert loaded.outcomes["article a-day"] == Outcome.KEPT
    assert Article.objects.get(slug="a-day").title == "Our day"


def test_opening_and_saving_without_a_change_keeps_an_article_up_to_date(tmp_path, staff_client):
    load(tmp_path)
    edit(staff_client, Article.objects.get(slug="a-day"))
    loaded = load(tmp_path, front_matter=FRONT_MATTER.replace("A day at", "Two days at"))
    assert loaded.outcomes["article a-day"] == Outcome.UPDATED


def test_a_source_and_a_condition_that_staff_edited_stay(tmp_path, staff_client):
    load(tmp_path)
    edit(staff_client, Source.objects.get(key="bell-2017"), what="Three small trials")
    edit(staff_client, Condition.objects.get(slug="crps"), name="CRPS")
    loaded = load(tmp_path, sources=SOURCES.replace("Review of 3", "Review of three"))
    assert loaded.names(Outcome.KEPT) == ["source bell-2017", "condition crps"]
    assert Source.objects.get(key="bell-2017").what == "Three small trials"
    assert Condition.objects.get(slug="crps").name == "CRPS"


def test_an_article_that_staff_made_under_a_shipped_name_stays(tmp_path):
    make_article("a-day", title="Our own day")
    assert load(tmp_path).outcomes["article a-day"] == Outcome.KEPT
    assert Article.objects.get(slug="a-day").title == "Our own day"


def test_loading_renders_every_article_again(tmp_path):
    make_article("a-night")
    load(tmp_path)
    Article.objects.update(rendered_body="of an older version")
    load(tmp_path)
    assert not Article.objects.filter(rendered_body="of an older version").exists()


@pytest.mark.parametrize(
    "parts",
    [
        {"body": BODY + "\nMore.[^unheard-of]\n"},
        {"front_matter": FRONT_MATTER.replace("order = 20", "order = 20\nprice = 5")},
        {"front_matter": FRONT_MATTER.replace("A day at the clinic", "A day " * 40)},
        {"body": "\nMany words. " * 6_000},
    ],
)
def test_a_refused_file_leaves_everything_as_it_was(tmp_path, parts):
    with pytest.raises(ContentRefused, match=r"a-day\.md"):
        load(tmp_path, **parts)
    assert not Article.objects.filter(slug="a-day").exists()
    assert not Source.objects.filter(citation__startswith="Royal Free London, patient").exists()


def test_the_command_says_what_it_did_and_what_it_left_to_staff(tmp_path):
    make_article("a-day")
    said = io.StringIO()
    call_command("load_articles", folder=write_content(tmp_path), stdout=said)
    assert "article a-day: kept as staff edited it" in said.getvalue()


def test_the_command_names_file_and_line_of_a_mistake(tmp_path):
    write_content(tmp_path, body="\nWords.[^unheard-of]\n")
    with pytest.raises(
        CommandError, match=r'Nothing was loaded\. .*a-day\.md:14: no source has the key "unheard-of"'
    ):
        call_command("load_articles", folder=tmp_path)

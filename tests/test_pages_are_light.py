"""An article is there before the thumb has moved: one window of the connection for words and look, few bytes in all."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings

from clinic_site.static_storage import lean
from treatments.models import Article

pytestmark = pytest.mark.django_db
WORDS_AND_LOOK = 14 * 1024  # bytes, compressed
ALL_WITHOUT_PICTURES = 60 * 1024
STATIC = Path(settings.BASE_DIR, "static")
LINKED = re.compile(r'<link rel="(?:stylesheet|preload)" href="/static/([^"]+?)(?:\.[0-9a-f]{12})?(\.\w+)"')


def compressed(data: bytes) -> int:
    return len(brotli.compress(data, quality=11))


def test_every_article_keeps_to_its_weight_and_needs_no_script(client):
    for article in Article.objects.published():
        page = client.get(article.get_absolute_url()).text
        files = [STATIC / f"{name}{ending}" for name, ending in LINKED.findall(page)]
        looks = [path for path in files if path.suffix == ".css"]
        fonts = [path for path in files if path.suffix == ".woff2"]
        assert len(looks) >= 3
        assert len(fonts) == 2
        light = compressed(page.encode()) + sum(compressed(lean(path.read_text()).encode()) for path in looks)
        assert light <= WORDS_AND_LOOK, f"{article.slug}: {light}"
        assert light + sum(path.stat().st_size for path in fonts) <= ALL_WITHOUT_PICTURES, article.slug
        assert not re.search(r"<script(?! type=\"application/ld\+json\")|<img|<iframe", page), article.slug

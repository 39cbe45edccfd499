"""An article is there before the thumb has moved: one window of the connection for words and look, few bytes in all."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings

from treatments.models import Article

pytestmark = pytest.mark.django_db
WORDS_AND_LOOK = 14_000  # bytes, compressed
ALL_WITHOUT_PICTURES = 60_000
FONT = re.compile(r'url\("/static/(fonts/[^"]+)"\)')


def compressed(data: bytes) -> int:
    return len(brotli.compress(data, quality=11))


def test_every_article_keeps_to_its_weight_and_needs_no_script(client):
    for article in Article.objects.published():
        page = client.get(article.get_absolute_url()).text
        assert "stylesheet" not in page, "the look stands in the page"
        fonts = {Path(settings.STATIC_ROOT, name) for name in FONT.findall(page)}
        assert len(fonts) == 2
        light = compressed(page.encode())
        assert light <= WORDS_AND_LOOK, f"{article.slug}: {light}"
        assert light + sum(path.stat().st_size for path in fonts) <= ALL_WITHOUT_PICTURES, article.slug
        assert not re.search(r"<script(?! type=\"application/ld\+json\")|<img|<iframe", page), article.slug

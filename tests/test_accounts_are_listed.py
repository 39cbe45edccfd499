"""The list of accounts: everybody on one page, and no name in an address."""

import pytest
from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


def test_accounts_are_not_searched_for_by_an_address(staff_client):
    User.objects.create_user("test-somebody", is_staff=True)
    page = staff_client.get("/admin/auth/user/").text
    assert "test-somebody" in page
    assert 'name="q"' not in page
    assert "test-somebody" in staff_client.get("/admin/auth/user/?q=nobody-of-this-name", follow=True).text

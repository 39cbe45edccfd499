"""Addresses that more than one part of the site treats in a way of its own."""

import re

SCREENING = re.compile(r"(/[a-z]{2})?/screening/")  # a translation stands under its language: /es/screening/
STAFF = re.compile(r"/(admin|accounts?|invitation)(/|$)")  # the review desk and the sign-in

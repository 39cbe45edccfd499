"""The pages of the review desk that are no model's, under /admin/desk/."""

from django.contrib import admin
from django.urls import URLPattern, path

from intake.admin import crises, keeping, large_exports, numbers


def desk_urls() -> list[URLPattern]:
    seen_by_staff = admin.site.admin_view
    one = "submissions/<uuid:object_id>"
    return [
        path(f"{one}/acknowledge/", seen_by_staff(crises.acknowledge), name="acknowledge"),
        path(f"{one}/hold/", seen_by_staff(keeping.hold), name="hold"),
        path(f"{one}/delete/", seen_by_staff(keeping.order_deletion), name="order_deletion"),
        path("retention/", seen_by_staff(keeping.clocks), name="retention"),
        path("exports/", seen_by_staff(large_exports.exports), name="exports"),
        path("exports/<uuid:export_id>/", seen_by_staff(large_exports.download), name="export_download"),
        path("numbers/", seen_by_staff(numbers.numbers), name="numbers"),
    ]

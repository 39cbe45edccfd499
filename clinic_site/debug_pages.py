"""Django's page for an unhandled exception, with CLINIC_DEBUG=1: what was typed is left out of it.

Of the screening and the review desk it shows the stack and the source, and neither a form's fields nor cookies, local
variables or the texts of exceptions.
"""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from clinic_site.addresses import SCREENING
from clinic_site.log_privacy import told

ADMIN = "/admin/"
HARMLESS_META = ("REQUEST_METHOD", "PATH_INFO", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_PROTOCOL")


def is_private(request: HttpRequest | None) -> bool:
    return request is None or bool(SCREENING.match(request.path_info)) or request.path_info.startswith(ADMIN)


class WithoutWhatWasTyped(SafeExceptionReporterFilter):
    def is_active(self, request: HttpRequest | None) -> bool:
        return True  # Django's own is not while it debugs

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta: dict[str, Any] = super().get_safe_request_meta(request)
        if not is_private(request):
            return meta
        return {name: meta[name] for name in HARMLESS_META if name in meta}

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, Any]:
        """A patient's cookie opens their answers."""
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if is_private(request) else super().get_post_parameters(request)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        if is_private(request):
            return {}.items()
        return super().get_traceback_frame_variables(request, tb_frame)


class PrivateReporter(ExceptionReporter):
    def get_traceback_data(self) -> dict[str, Any]:
        report: dict[str, Any] = super().get_traceback_data()
        if not is_private(self.request):
            return report
        report |= {
            "unicode_hint": "",
            "request_GET_items": (),
            "request_FILES_items": (),
            "request_insecure_uri": self.request.path_info if self.request else "",
        }
        if self.exc_value:
            report["exception_value"] = told(self.exc_value)
            report.pop("exception_notes", None)
            if report["template_info"]:
                report["template_info"] = {**report["template_info"], "message": told(self.exc_value)}
        for frame in report["frames"]:
            if cause := frame["exc_cause"]:
                frame["exc_cause"], frame["exc_cause_explicit"] = (
                    told(cause),
                    bool(frame["exc_cause_explicit"]),
                )
        return report

"""What is too large, or a file where none is asked for, is refused before it is read.

Django reads up to the limit before it refuses, and keeps a file of any size in a folder while it does.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse

from clinic_site.addresses import STAFF


class NoFiles(FileUploadHandler):
    """Begun at the first byte of a file, so that nothing of it is kept."""

    def new_file(self, *arguments: Any, **named: Any) -> None:
        raise BadRequest("No page for the public sends files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        raise NotImplementedError

    def file_complete(self, file_size: int) -> None:
        raise NotImplementedError


def refuse_what_no_page_sends(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The request is longer than any page of this site sends.")
        if not STAFF.match(request.path_info):
            request.upload_handlers = [NoFiles(request)]
        return get_response(request)

    return middleware

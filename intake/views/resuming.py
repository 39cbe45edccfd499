"""Coming back with the code, typed or in a link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from intake import actions, visits
from intake.cookies import is_own_device, keep_secret, read_secret
from intake.forms import BirthDateForm
from intake.models import Draft
from intake.secret import CodeMistyped, Secret
from intake.views.shared import current_draft, place_to_go_on, try_later

NO_SUCH_CODE = _(
    "There is no saved form under this code. Saved forms are deleted after 30 days without a change."
)


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """The code first; on another device the birth date too, where one was given; then on to the open page."""
    if request.method != "POST":
        return render(request, "intake/resume.html")
    typed, open_here = request.POST.get("code", "")[:200], current_draft(request)
    try:
        secret = Secret.from_code(typed)
        typed_a_code = True
        draft = actions.find_draft(secret, at=timezone.now())
        error = "" if draft else str(NO_SUCH_CODE)
    except CodeMistyped as mistyped:
        # A slip, found without a look at the forms
        draft, typed_a_code = None, False
        error = gettext(mistyped.words).format(**mistyped.numbers)
    if draft is None:
        if typed_a_code and (too_many := visits.too_many_codes(request, at=timezone.now())):
            return try_later(request, too_many)
        return render(request, "intake/resume.html", {"typed": typed, "error": error}, status=422)
    if read_secret(request) != secret:
        if has_birth_date(request) and (too_many := visits.too_many_birth_dates(draft, at=timezone.now())):
            return try_later(request, too_many)
        if not knows_birth_date(request, draft):
            return ask_birth_date(request, draft, typed)
    if open_here and open_here.pk != draft.pk and not open_here.is_receipt and "anyway" not in request.POST:
        other = read_secret(request)
        context = {
            "typed": typed,
            "other_code": other.code if other else "",
            "birth_date": birth_date_form(request, draft),
        }
        return render(request, "intake/resume.html", context, status=409)
    response = resumed(draft)
    is_own = is_own_device(request) and read_secret(request) == secret
    keep_secret(response, secret, is_own_device=is_own)
    return response


def resumed(draft: Draft) -> HttpResponse:
    if draft.is_receipt:
        return redirect("intake:done")
    return redirect(place_to_go_on(draft))


def birth_date_form(request: HttpRequest, draft: Draft) -> BirthDateForm | None:
    """None where the form has no birth date yet."""
    version = draft.questionnaire_version
    link_id = version.rules.identity.get("birth_date", "")
    given = draft.answers.get(link_id)
    if not given:
        return None
    typed = request.POST if has_birth_date(request) else None
    return BirthDateForm(version.definition.item(link_id), given, data=typed)


def has_birth_date(request: HttpRequest) -> bool:
    return any(name.startswith(BirthDateForm.NAME) for name in request.POST)


def knows_birth_date(request: HttpRequest, draft: Draft) -> bool:
    form = birth_date_form(request, draft)
    return form is None or form.is_valid()


def ask_birth_date(request: HttpRequest, draft: Draft, typed: str) -> HttpResponse:
    form = birth_date_form(request, draft)
    is_wrong = bool(form and form.errors)
    return render(
        request,
        "intake/resume_birth_date.html",
        {"form": form, "typed": typed, "anyway": "anyway" in request.POST},
        status=422 if is_wrong else 200,
    )

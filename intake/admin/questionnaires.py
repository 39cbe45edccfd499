"""Questionnaires: imported as drafts, looked at and tried out, published in a clinician's name, retired."""

from contextlib import AbstractContextManager
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename

from clinic_site import audit
from intake import actions
from intake.admin.questionnaire_forms import ImportForm, PublishForm
from intake.admin.review_page import LEVEL_LABELS
from intake.forms import PageForm
from intake.models import Draft, QuestionnaireVersion
from intake.questionnaires.answers import Answers
from intake.questionnaires.changes import changes, condition_in_words, rule_in_words
from intake.questionnaires.definition import Page, Questionnaire, QuestionnaireRefused
from intake.questionnaires.items import with_descendants
from intake.questionnaires.triage import Level, Rules, RulesRefused
from intake.trial import outcome, trial_forms

URGENCY = {level: place for place, level in enumerate(Level)}


@admin.register(QuestionnaireVersion)
class QuestionnaireVersionAdmin(admin.ModelAdmin[QuestionnaireVersion]):
    change_list_template = "admin/intake/questionnaire_list.html"
    list_display = [
        "title",
        "slug",
        "version",
        "language",
        "state_word",
        "begins_now",
        "published_at",
        "sign_off",
    ]
    list_filter = ["slug"]
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionnaireVersion]:
        return QuestionnaireVersion.objects.with_begins_now().defer("source", "rules_source")

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["slug", "-imported_at", "-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: QuestionnaireVersion | None = None) -> bool:
        """A draft may be deleted; what was published may not, and the database refuses it too."""
        return (obj is None or obj.is_draft) and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "preview": self.preview_view,
            "try": self.trial_view,
            "publish": self.publish_view,
            "retire": self.retire_view,
            "questionnaire": self.questionnaire_file,
            "rules": self.rules_file,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"intake_questionnaireversion_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Questionnaires", **(extra_context or {})})

    @admin.display(description="State")
    def state_word(self, version: QuestionnaireVersion) -> str:
        return version.state.label

    @admin.display(description="New forms begin with it", boolean=True)
    def begins_now(self, version: QuestionnaireVersion) -> bool:
        return bool(version.begins_now)  # type: ignore[attr-defined]  # annotated by with_begins_now

    @admin.display(description="Signed off by")
    def sign_off(self, version: QuestionnaireVersion) -> str:
        return version.signed_off_by or ("" if version.is_draft else "not yet signed off by a clinician")

    # Import

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if form.is_valid() and (version := self.imported(request, form)):
            return self.to_version(version)
        return self.page(request, "import", {"title": "Import a questionnaire", "form": form})

    def imported(self, request: HttpRequest, form: ImportForm) -> QuestionnaireVersion | None:
        try:
            with written_down(request, "imported"):
                version = actions.import_questionnaire(
                    form.cleaned_data["questionnaire"],
                    form.cleaned_data["rules"],
                    slug=form.cleaned_data["slug"],
                    at=timezone.now(),
                )
        except actions.DefinitionRefused as refusal:
            form.add_error("rules" if refusal.is_about_rules else "questionnaire", str(refusal))
            return None
        if version.is_draft:
            self.log_addition(request, version, "Imported.")
            messages.success(request, "Imported as a draft. No patient sees it until it is published.")
        else:
            messages.info(request, "Exactly this is published already. Nothing was changed.")
        return version

    # One version

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        version = self.get_object(request, object_id)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if version is None:
            raise Http404("No such version.")
        context = {"title": str(version), "may_delete": self.has_delete_permission(request, version)}
        return self.page(request, "version", {**context, **version_context(version)}, version)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The pages as a patient meets them who has answered nothing yet, one below another."""
        version = self.version_or_404(request, pk)
        if why_unreadable(version):
            return self.to_version(version)
        given = actions.site_answers(version)
        pages = [preview_page(version, page, given) for page in version.definition.pages]
        return self.page(request, "preview", {"title": f"Preview of {version}", "pages": pages}, version)

    def trial_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer it and see which rules fire. A POST, so that no answer stands in an address or a log."""
        version = self.version_or_404(request, pk)
        if why_unreadable(version):
            return self.to_version(version)
        posted = request.POST if request.method == "POST" else None
        if posted is not None:
            write_down(request, "tried")
        parts = version.definition, version.rules
        today, given = timezone.localdate(), actions.site_answers(version)
        forms, answers = trial_forms(*parts, given, today=today, data=posted)
        context = {
            "title": f"Try the rules of {version}",
            "forms": forms,
            "has_errors": any(form.errors for form in forms),
            "outcome": outcome(*parts, answers, today=today) if posted is not None else None,
            "site_answers": {link_id: "yes" if value else "no" for link_id, (value,) in given.items()},
        }
        return self.page(request, "try", context, version)

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.version_or_404(request, pk)
        if not version.is_draft:
            messages.info(request, "It is published already.")
            return self.to_version(version)
        seen = f"{version.definition_hash} {version.rules_hash}"
        form = PublishForm(request.POST if request.method == "POST" else None, initial={"seen": seen})
        if form.is_valid() and (response := self.published(request, version, form, seen)):
            return response
        context = {"title": f"Publish {version}", "form": form, **version_context(version)}
        return self.page(request, "publish", context, version)

    def published(
        self, request: HttpRequest, version: QuestionnaireVersion, form: PublishForm, seen: str
    ) -> HttpResponse | None:
        name = form.cleaned_data["signed_off_by"]
        try:
            if form.cleaned_data["seen"] != seen:
                raise actions.ChangedMeanwhile
            with written_down(request, "signed_off published"):
                actions.publish(
                    version, signed_off_by=name, by=request.user.get_username(), at=timezone.now()
                )
        except actions.ChangedMeanwhile:
            messages.error(
                request, "It was imported anew since you opened this page. Read it again, then publish."
            )
            return redirect(request.path)
        except actions.WrongState as wrong:
            messages.error(request, str(wrong))
            return self.to_version(version)
        except actions.DefinitionRefused as refusal:
            form.add_error("signed_off_by", str(refusal))
            return None
        self.log_change(request, version, f"Published, signed off by {name}.")
        messages.success(request, "Published. New forms begin with this version from now on.")
        return self.to_version(version)

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.version_or_404(request, pk)
        if request.method == "POST":
            try:
                with written_down(request, "retired"):
                    actions.retire(version, at=timezone.now())
            except actions.WrongState as wrong:
                messages.error(request, str(wrong))
            else:
                self.log_change(request, version, "Retired.")
                messages.success(request, "Retired. No new form begins with it.")
            return self.to_version(version)
        others = QuestionnaireVersion.objects.exclude(pk=version.pk)
        unsent = Draft.objects.living(at=timezone.now()).filter(questionnaire_version=version, sent_at=None)
        context = {
            "title": f"Retire {version}",
            "follows": others.current(version.slug),
            "is_asked": QuestionnaireVersion.objects.current(version.slug) == version,
            "unsent": unsent.count(),
        }
        return self.page(request, "retire", context, version)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Written down before Django begins its transaction, in which the trail cannot be written."""
        version = self.get_object(request, unquote(object_id))
        is_sent = request.method == "POST" and version and self.has_delete_permission(request, version)
        if is_sent:
            write_down(request, "deleted")
        response = super().delete_view(request, object_id, extra_context)
        if is_sent and response.status_code == 200:  # it is in use, or the button was not pressed
            write_down(request, "deleted refused")
        return response

    def questionnaire_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.version_or_404(request, pk)
        return download(version, bytes(version.source), ".json", "application/fhir+json")

    def rules_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.version_or_404(request, pk)
        return download(version, bytes(version.rules_source), ".rules.toml", "application/toml")

    # What the pages share

    def version_or_404(self, request: HttpRequest, pk: int) -> QuestionnaireVersion:
        """For those who may change questionnaires."""
        version = self.get_object(request, str(pk))
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        if version is None:
            raise Http404("No such version.")
        return version

    def to_version(self, version: QuestionnaireVersion) -> HttpResponseRedirect:
        return redirect(reverse("admin:intake_questionnaireversion_change", args=[version.pk]))

    def page(
        self,
        request: HttpRequest,
        name: str,
        context: dict[str, Any],
        version: QuestionnaireVersion | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "version": version,
            "may_change": self.has_change_permission(request, version),
            **context,
        }
        return TemplateResponse(request, f"admin/intake/questionnaire_{name}.html", context)


def write_down(request: HttpRequest, what: str) -> None:
    """Into the audit trail, before it is done."""
    audit.write(audit.Action.QUESTIONNAIRE, by=request.user.get_username(), detail=what)


def written_down(request: HttpRequest, what: str) -> AbstractContextManager[None]:
    """The same around what is done, which may still be refused."""
    return audit.act(audit.Action.QUESTIONNAIRE, by=request.user.get_username(), detail=what)


def why_unreadable(version: QuestionnaireVersion) -> str:
    """Why today's site can no longer read a version that an earlier one took; "" where it can."""
    try:
        _ = version.definition, version.rules
    except (QuestionnaireRefused, RulesRefused) as refusal:
        return str(refusal)
    return ""


def version_context(version: QuestionnaireVersion) -> dict[str, Any]:
    """What whoever signs a version off must see: warnings, rules, and what is different from before."""
    if reason := why_unreadable(version):
        return {"unreadable": reason}
    before = QuestionnaireVersion.objects.before(version)
    is_comparable = before is not None and not why_unreadable(before)
    return {
        "definition": version.definition,
        "rules": version.rules,
        "rule_rows": rule_rows(version.definition, version.rules),
        "gate_rows": [
            (gate.page, rule_in_words(gate.condition, version.definition)) for gate in version.rules.gates
        ],
        "before": before,
        "changes": changes(before.definition, before.rules, version.definition, version.rules)
        if before and is_comparable
        else None,
        "question_count": sum(item.is_question and not item.hidden for item in version.definition.all_items),
    }


def rule_rows(definition: Questionnaire, rules: Rules) -> list[dict[str, Any]]:
    """The rules as a table, most urgent first."""
    return [
        {
            "rule": rule,
            "level_label": LEVEL_LABELS[rule.level],
            "condition": rule_in_words(rule.condition, definition),
        }
        for rule in sorted(rules.rules, key=lambda rule: URGENCY[rule.level])
    ]


def preview_page(version: QuestionnaireVersion, page: Page, given: Answers) -> dict[str, Any]:
    form = PageForm(version.definition, version.rules, page, answers=given, today=timezone.localdate())
    form.prefix = page.slug  # two pages may name their fields alike
    depending = [item for item in with_descendants(page.item) if item.enable_when and not item.hidden]
    return {
        "page": page,
        "form": form,
        "depending": [(item, condition_in_words(item, version.definition)) for item in depending],
    }


def download(version: QuestionnaireVersion, source: bytes, ending: str, content_type: str) -> HttpResponse:
    """The original, byte for byte."""
    name = get_valid_filename(f"{version.slug}-{version.version}{ending}")
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(source, content_type=content_type, headers={"Content-Disposition": disposition or ""})

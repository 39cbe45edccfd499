"""The four groups of staff, and what each may do. `migrate` writes them anew, as it does the database's grants.

Nobody changes them in the admin: who is in a group is up to administrators, what a group may do is written here.
"""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet

FRONT_DESK, CLINICIAN = "Front desk", "Clinician"
PRIVACY_OFFICER, ADMINISTRATOR = "Privacy officer", "Administrator"

EDIT = ("view", "add", "change", "delete")


def rights(app: str, models: tuple[str, ...], verbs: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for model in models for verb in verbs)


GROUPS: dict[str, frozenset[str]] = {
    # Who it is, how to reach them, where the review stands; of what they told only how soon to act.
    FRONT_DESK: rights("intake", ("submission",), ("view", "change", "reveal")),
    # The answers too, and what stands under a clinician's name: questionnaires, rules, articles.
    CLINICIAN: rights("intake", ("submission",), ("view", "change", "reveal"))
    | {"intake.read_answers"}
    | rights("intake", ("questionnaireversion",), ("view", "change", "delete"))
    | rights("intake", ("translationreview",), ("view", "add"))
    | rights("treatments", ("article", "citation", "condition", "source"), EDIT),
    # Who looked; what leaves; how long all is kept. On screen no answers and no names.
    PRIVACY_OFFICER: rights("intake", ("submission",), ("view", "export"))
    | {"intake.delete_for_a_reason", "clinic_site.view_auditevent", "clinic_site.approve_noticeversion"}
    | rights("clinic_site", ("noticeversion",), ("view", "change")),
    # Who works here, and the clinic's facts. No submission, not even that there is one.
    ADMINISTRATOR: rights("auth", ("user",), ("view", "add", "change"))
    | rights("clinic_site", ("clinic",), ("view", "add", "change"))
    | rights("clinic_site", ("openinghours", "holiday", "person", "price"), EDIT)
    | rights("clinic_site", ("noticeversion",), ("view", "change")),
}
WORD_OF_GROUP = {name: name.lower().replace(" ", "_") for name in GROUPS}
"""As the audit trail calls them."""
IN_WORDS = {
    FRONT_DESK: "sees who it is and where the review stands, calls and assigns; sees no answers",
    CLINICIAN: "reads answers too, prints, and edits questionnaires and articles",
    PRIVACY_OFFICER: "reads the audit trail, exports, sets how long forms are kept, and deletes",
    ADMINISTRATOR: "invites staff and enters the clinic's facts; sees no submission",
}
"""For whoever chooses one for a colleague."""


def write_groups() -> None:
    """Make the four groups that are missing, and give each exactly its rights."""
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, names in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        # What is missing is of a migration that was left out: `migrate` may be told to stop early.
        group.permissions.set(permissions[right] for right in names if right in permissions)


def active_administrators() -> QuerySet[User]:
    """Who can let others in. There is always one."""
    can = Q(groups__name=ADMINISTRATOR) | Q(is_superuser=True)
    return User.objects.filter(can, is_active=True, is_staff=True).distinct()

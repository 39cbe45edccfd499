"""Settings of every process, read from the environment. Docs: README.md, "Settings"."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from clinic_site import embedded
from clinic_site.environment import env_choice, env_flag, env_list, env_number, env_required
from clinic_site.roles import Role

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CLINIC_VAR_DIR", "") or BASE_DIR / "var")

ROLE = env_choice("CLINIC_ROLE", default=Role.ALL)
if ROLE.has_accounts:  # it imports the admin, which is all that needs it
    import django_stubs_ext

    django_stubs_ext.monkeypatch()

# With no DATABASE_URL we run on the embedded PostgreSQL: for trying out and developing, never for patients.
EMBEDDED_DATABASE = not os.environ.get("DATABASE_URL")


def trial_secret_key() -> str:
    """A key made on first use and kept in var/, so that a trial site needs no set-up."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as key_file:
            key_file.write(secrets.token_urlsafe(50))
    return path.read_text()


DEBUG = env_flag("CLINIC_DEBUG", default=False)
HTTPS = env_flag("CLINIC_HTTPS", default=not EMBEDDED_DATABASE or ROLE is not Role.ALL)

# "A nurse reads the forms on the day they arrive." Only then is PHQ-9 item 9 asked; see docs/decisions/.
SAME_DAY_REVIEW = env_flag("CLINIC_SAME_DAY_REVIEW", default=False)

# What somebody in a crisis reads; a clinic may keep a copy of its own.
CRISIS_TEXTS = Path(os.environ.get("CLINIC_CRISIS_TEXTS", "") or BASE_DIR / "intake" / "crisis_texts")

# For whoever reads a translation before it is offered; never where patients come.
SHOW_UNREVIEWED_TRANSLATIONS = env_flag("CLINIC_SHOW_UNREVIEWED_TRANSLATIONS", default=False)

# The server that takes our mail. Without one nothing is mailed, and patients are not offered it.
EMAIL_HOST = os.environ.get("CLINIC_EMAIL_HOST", "")
EMAIL_PORT = env_number("CLINIC_EMAIL_PORT", default=587)
EMAIL_HOST_USER = os.environ.get("CLINIC_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("CLINIC_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env_flag("CLINIC_EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10  # seconds; a patient waits meanwhile
DEFAULT_FROM_EMAIL = os.environ.get("CLINIC_EMAIL_FROM", "") or "no-reply@localhost"

# Where notices to staff lead: the address of the review desk, without a path.
STAFF_URL = os.environ.get("CLINIC_STAFF_URL", "").rstrip("/")
# The clinic's pager or text message gateway, told of crises by the worker: a command that reads JSON from its standard
# input, or an address that takes it by POST. Not in the clinic's facts: whoever edits those must not run commands here.
ALERT_COMMAND = os.environ.get("CLINIC_ALERT_COMMAND", "")
ALERT_URL = os.environ.get("CLINIC_ALERT_URL", "")
ALERT_TOKEN = os.environ.get("CLINIC_ALERT_TOKEN", "")
if ALERT_URL and not ALERT_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "CLINIC_ALERT_URL must begin with https://, so that nobody on the way reads it."
    )

# Key files: docs/keys.md. Which of them this process must have and which it must not, intake/checks.py says.
PUBLIC_KEY_FILE = os.environ.get("CLINIC_PUBLIC_KEY_FILE", "")
ESCROW_PUBLIC_KEY_FILE = os.environ.get("CLINIC_ESCROW_PUBLIC_KEY_FILE", "")
PRIVATE_KEY_FILES = env_list("CLINIC_PRIVATE_KEY_FILES", default=[])
ESCROW_PRIVATE_KEY_FILE = os.environ.get("CLINIC_ESCROW_PRIVATE_KEY_FILE", "")

if EMBEDDED_DATABASE and not os.environ.get("CLINIC_SECRET_KEY"):
    SECRET_KEY = trial_secret_key()
else:
    SECRET_KEY = env_required(
        "CLINIC_SECRET_KEY",
        what="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))' and keep it secret.",
    )

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env_list("CLINIC_HOSTS", default=LOCAL_HOSTS if EMBEDDED_DATABASE or DEBUG else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("CLINIC_HOSTS is not set. Name the site's hosts: CLINIC_HOSTS=clinic.example")
if not HTTPS and not set(ALLOWED_HOSTS) <= {*LOCAL_HOSTS, "testserver"}:
    raise ImproperlyConfigured(
        "CLINIC_HTTPS=0 is for this machine alone (localhost). "
        "Set CLINIC_HTTPS=1, or take the other names out of CLINIC_HOSTS."
    )
if not HTTPS and ROLE is not Role.ALL:
    raise ImproperlyConfigured(
        f"CLINIC_HTTPS=0 is for one process on one's own machine. Set CLINIC_HTTPS=1, or take out CLINIC_ROLE={ROLE}."
    )
if DEBUG and ROLE is not Role.ALL:
    raise ImproperlyConfigured(
        f"CLINIC_DEBUG=1 is for one process on one's own machine. Set CLINIC_DEBUG=0, or take out CLINIC_ROLE={ROLE}."
    )

# The public site's address, such as https://clinic.example, for links that leave the page. Empty: the host asked.
SITE_URL = os.environ.get("CLINIC_SITE_URL", "").rstrip("/")
if SITE_URL and not SITE_URL.startswith(("https://", "http://localhost")):
    raise ImproperlyConfigured("CLINIC_SITE_URL must begin with https://, such as https://clinic.example")
CSRF_TRUSTED_ORIGINS = env_list("CLINIC_TRUSTED_ORIGINS", default=[])
# The only way for staff to sign in without a second step, for showing the site to somebody: staff_access.py.
DEMO = env_flag("CLINIC_DEMO", default=False)
if DEMO and ROLE is not Role.ALL:
    raise ImproperlyConfigured(
        f"CLINIC_DEMO=1 is for showing the site on one's own machine. Take it out, or take out CLINIC_ROLE={ROLE}."
    )
# What the seeds of staff's second steps are encrypted with, the newest first: accounts/second_step_keys.py
SIGN_IN_KEYS = env_list("CLINIC_SIGN_IN_KEYS", default=[])

# The process that serves the public knows no sign-in: what is not loaded cannot be attacked.
ACCOUNT_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    # Passkeys, codes of an app and recovery codes. None of its pages is served: clinic_site/accounts/ has ours.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
INSTALLED_APPS = [
    "clinic_site",
    "treatments",
    "intake",
    "crispy_forms",
    "csp",
    *(ACCOUNT_APPS if ROLE.has_accounts else []),
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
]

ACCOUNT_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clinic_site.accounts.middleware.keep_session_while_used",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic_site.staff_access.without_second_step_nobody",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinic_site.accounts.middleware.lead_back_to_the_form",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinic_site.headers.guard_answers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "intake.middleware.keep_no_page",
    "clinic_site.request_size.refuse_what_no_page_sends",
    *(["intake.languages.speak_language_of_the_path"] if ROLE.serves_public else []),
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    *(ACCOUNT_MIDDLEWARE if ROLE.has_accounts else []),
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "clinic_site.urls"
WSGI_APPLICATION = "clinic_site.wsgi.application"

ACCOUNT_CONTEXT = [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "intake.alarms.alarms_in_templates",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                *(ACCOUNT_CONTEXT if ROLE.has_accounts else []),
                "clinic_site.clinic.clinic_in_templates",
                "clinic_site.views.role_in_templates",
                "intake.crisis.crisis_in_templates",
                "intake.languages.languages_in_templates",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # finds our widgets in templates/clinic/widgets/
CRISPY_ALLOWED_TEMPLATE_PACKS = ["clinic"]
CRISPY_TEMPLATE_PACK = "clinic"
CRISPY_FAIL_SILENTLY = False


def postgresql(name: str, url: str) -> dict[str, Any]:
    database = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"{name} must point at PostgreSQL: postgres://user:password@host:5432/name"
        )
    return database


# The process works under the grants of its role, whatever login it has: grants.py, postgresql/base.py.
DATABASE = postgresql(
    "DATABASE_URL", os.environ.get("DATABASE_URL") or embedded.database_url(VAR_DIR / "postgres")
)
DATABASE["ENGINE"] = "clinic_site.postgresql"
DATABASE["OPTIONS"] = {**DATABASE.get("OPTIONS", {}), "assume_role": ROLE.database_role}
DATABASES = {"default": DATABASE}

# The login that owns the tables, for migrations and grants alone: database.py. Without it the process's own is used.
OWNER_DATABASE: dict[str, Any] | None = None
if owner_url := os.environ.get("CLINIC_OWNER_DATABASE_URL", ""):
    OWNER_DATABASE = postgresql("CLINIC_OWNER_DATABASE_URL", owner_url)
    if OWNER_DATABASE["NAME"] != DATABASE["NAME"]:
        raise ImproperlyConfigured("CLINIC_OWNER_DATABASE_URL and DATABASE_URL must name the same database.")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # which are offered to patients: intake/languages.py
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "America/New_York"  # Columbia, Maryland: opening hours and dates on pages are local
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
# Each role collects the files of its own apps.
STATIC_ROOT = VAR_DIR / ("static" if ROLE is Role.ALL else f"static-{ROLE}")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "clinic_site.static_storage.SiteStaticFilesStorage"},
}

# 10 MB pasted into one box is still read, so that it can be refused by name and the other answers kept.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000  # bytes; more is answered with a plain 400 page
# The longest page that a questionnaire may have: each question posts its name too, a date three parts.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Whoever sent the form sooner than this after its first page is perhaps a robot: the form is set aside, never refused.
FASTEST_PERSON = timedelta(seconds=45)

AUTHENTICATION_BACKENDS = ["clinic_site.accounts.rights.RightsInOneQuery"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "clinic_site.passwords.NotEasyToGuess"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # seconds that an invitation's link is good
LOGIN_URL = "admin:login"
# The second one reads the passwords of accounts that are older than the first, and they are hashed anew at sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
MFA_ADAPTER = "clinic_site.accounts.second_step_keys.EncryptedSeeds"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]

# no-referrer would turn every form into a 403: Django compares the Referer on HTTPS.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env_flag("CLINIC_BEHIND_PROXY", default=False)
# How many proxies of our own a request passes: as many entries of X-Forwarded-For, from the right, are to be believed.
TRUSTED_PROXIES = env_number("CLINIC_TRUSTED_PROXIES", default=1 if BEHIND_PROXY else 0)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
# With the prefix a browser takes them from this host alone, over HTTPS alone, and from no neighbour under one domain.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ENGINE = "clinic_site.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds since the sign-in: a working day, whatever was done in it
SESSION_IDLE = 15 * 60  # seconds without a request
SESSION_WARNING = 2 * 60  # seconds before that: static/js/idle.js asks whether somebody is there
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # until the browser closes: on a shared computer it would tell for a year who was here
CSRF_FAILURE_VIEW = "clinic_site.views.form_expired"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # in no cookie of their own
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page has a use for our files

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # No script may write HTML into a page. Not for staff: headers.py.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"forms": {"()": "clinic_site.log_privacy.WithoutFormsToCorrect"}},
    "formatters": {
        "line": {
            "class": "clinic_site.log_privacy.PrivateFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["forms"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Without handlers of their own: Django's would mail reports with what was typed, Granian's print exceptions' texts.
    "loggers": {
        name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "_granian")
    },
}
DEFAULT_EXCEPTION_REPORTER = "clinic_site.debug_pages.PrivateReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "clinic_site.debug_pages.WithoutWhatWasTyped"

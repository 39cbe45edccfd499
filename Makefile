# The commands of this project. `make` alone lists them.

PORT ?= 8000
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV_PYTHON = .venv/bin/python
TEMPLATES = $(shell find templates -name '*.html')

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# The demonstration clinic has an on-call nurse, fictional like the rest, so its screening may ask every question.
run: export CLINIC_SAME_DAY_REVIEW ?= 1
run: .venv/.run ## Serve the site on http://localhost:8000 (another port: make run PORT=8001)
	@exec $(VENV_PYTHON) manage.py serve $(PORT)

test: .venv/.dev browser ## Run the tests (some of them: make test TESTS=tests/test_make_run.py)
	$(VENV_PYTHON) -m pytest -n auto --maxprocesses 4 --dist loadgroup $(TESTS)

check: .venv/.dev ## Check style, types, migrations, settings, and the reading grade of the articles
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	.venv/bin/djade --target-version 5.2 --check $(TEMPLATES)
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -m bandit --quiet --configfile pyproject.toml --recursive clinic_site intake treatments manage.py
	$(VENV_PYTHON) manage.py makemigrations --check --dry-run
	@keys=$$(mktemp -d) && trap 'rm -rf "$$keys"' EXIT \
		&& $(VENV_PYTHON) manage.py generate_keys --into "$$keys/private" --verbosity 0 \
		&& mkdir "$$keys/public" && mv "$$keys"/private/*.public "$$keys/public" && rm -f "$$keys"/private/escrow-* \
		&& for role in public staff worker all; do \
			echo "Deployment check of the role $$role"; private=; \
			test $$role = public || private=$$(echo "$$keys"/private/clinic-*); \
			CLINIC_ROLE=$$role CLINIC_HTTPS=1 CLINIC_BEHIND_PROXY=1 CLINIC_HOSTS=clinic.example CLINIC_PRIVATE_KEY_FILES="$$private" \
			CLINIC_PUBLIC_KEY_FILE="$$(echo "$$keys"/public/clinic-*)" \
			CLINIC_ESCROW_PUBLIC_KEY_FILE="$$(echo "$$keys"/public/escrow-*)" \
			CLINIC_SECRET_KEY=$$($(VENV_PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
			CLINIC_SIGN_IN_KEYS=$$($(VENV_PYTHON) -c \
				'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())') \
			$(VENV_PYTHON) manage.py check --deploy --fail-level WARNING || exit 1; \
		done
	$(VENV_PYTHON) manage.py reading_grades

lock: .venv/.dev ## Pin what requirements.txt asks for, and what that needs, by version and hash (requirements.lock)
	$(VENV_PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		requirements.txt --output-file requirements.lock

sbom: .venv/.run ## Write the bill of materials of what the site runs on, as CycloneDX, to sbom.json
	$(VENV_PYTHON) manage.py sbom --output sbom.json

SUBMISSIONS ?= 1000000
bench: .venv/.dev ## Measure what the site costs (a table; a million submissions take minutes: SUBMISSIONS=1000)
	@BENCH_SUBMISSIONS=$(SUBMISSIONS) BENCH_PEOPLE=20000 $(VENV_PYTHON) -m tests.bench

format: .venv/.dev ## Put Python and templates into the house format
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .
	.venv/bin/djade --target-version 5.2 $(TEMPLATES)

# The stamps are newer than the requirements for as long as what they ask for is installed.
.venv/.run: requirements.lock
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed. Name one: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(VENV_PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "Installing what the site needs into .venv; this takes a minute."
	@$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Installing what the tests and checks need into .venv."
	@$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

browser: .venv/.dev
	@test -x "$${CLINIC_CHROMIUM:-/usr/bin/chromium}" \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
			&& apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
		|| $(VENV_PYTHON) -m playwright install chromium \
		|| { echo "The tests need Chromium: install it, or name one with CLINIC_CHROMIUM=/path/to/chromium"; exit 1; }

.PHONY: help run test check lock sbom bench format browser

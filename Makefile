# Two commands matter: `make run` and `make test`. Each does all its own set-up; the rest are their parts.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes

# Many processes are started here, and each would compile all of our code for itself.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test checks lint fmt types layers migrations deploy-check anvil pytest fast-tests lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/sandbox.stamp ## everything on this machine: http://127.0.0.1:8000 (PORT, DATA_DIR, SEED, DATABASE_URL, REDIS_URL)
	@exec $(PY) manage.py quickstart

# The slower checks run beside the tests, which often wait for processes of theirs. What they find is told at once, and at the end.
test: lint $(VENV)/anvil.stamp ## every check and every test
	@mkdir -p test-results
	@(nice $(MAKE) --no-print-directory checks >test-results/checks.log 2>&1 || (cat test-results/checks.log >&2; false)) & beside=$$!; \
	$(VENV)/bin/pytest $(WORKERS); tests=$$?; \
	wait $$beside; checks=$$?; cat test-results/checks.log; \
	test $$checks -eq 0 || echo "make checks FAILED: see above" >&2; \
	test $$checks -eq 0 -a $$tests -eq 0

checks: types layers migrations deploy-check ## every check but format and lint

lint: $(VENV)/dev.stamp ## format and lint, without changing anything
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .

fmt: $(VENV)/dev.stamp ## bring the code into format
	$(VENV)/bin/ruff format --quiet .
	$(VENV)/bin/ruff check --quiet --fix .

types: $(VENV)/dev.stamp ## mypy, strict
	$(VENV)/bin/mypy .

layers: $(VENV)/dev.stamp ## the floors use only those below them
	$(VENV)/bin/lint-imports

migrations: $(VENV)/dev.stamp ## no model change without its migration
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

deploy-check: $(VENV)/dev.stamp ## production settings start, and Django finds nothing to warn about
	ENVIRONMENT=production COUNTERSIGN_PROCESS=web SEED=none \
	SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ALLOWED_HOSTS=countersign.example BASE_URL=https://countersign.example BEHIND_TLS_PROXY=1 \
	DATABASE_URL_WEB=postgresql://countersign_web@/countersign REDIS_URL=redis+socket:///run/broker \
	BANK_TOKEN=a-token SIGNER_TOKEN=a-token WEBHOOK_ENCRYPTION_KEYS=a-key RECEIPT_KEYS=a-key \
	$(PY) manage.py check --deploy --fail-level WARNING

anvil: $(VENV)/anvil.stamp ## Foundry's Anvil, on which the chain tests run too (needs npm)

pytest: $(VENV)/dev.stamp $(VENV)/anvil.stamp ## all tests, the running stack and the browser included
	$(VENV)/bin/pytest $(WORKERS)

fast-tests: $(VENV)/dev.stamp ## without the running stack and the browser
	$(VENV)/bin/pytest $(WORKERS) -m "not stack and not browser"

# For two cores: one worker more keeps both busy while others wait for processes of theirs.
WORKERS := -n 3 --dist worksteal

lock: ## resolve the lock files anew (wheels only, hashes, no index address)
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install -qq --disable-pip-version-check uv
	$(VENV)/lock/bin/uv pip compile $(RESOLVE) pyproject.toml -o requirements.lock
	$(VENV)/lock/bin/uv pip compile $(RESOLVE) --extra sandbox -c requirements.lock pyproject.toml -o requirements-sandbox.lock
	$(VENV)/lock/bin/uv pip compile $(RESOLVE) --extra sandbox --extra dev -c requirements-sandbox.lock pyproject.toml -o requirements-dev.lock

RESOLVE := --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --only-binary :all: \
	--prerelease=if-necessary-or-explicit

clean: ## remove what tools left behind; data and environment stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles test-results

# Without npm the tests on Anvil are skipped, unless ANVIL_REQUIRED says that they must run.
$(VENV)/anvil.stamp: tests/transfers/chain/package-lock.json | $(VENV)/bin/python
	@if command -v npm >/dev/null; then \
		mkdir -p $(VENV)/anvil && cp tests/transfers/chain/package.json tests/transfers/chain/package-lock.json $(VENV)/anvil/ && \
		(cd $(VENV)/anvil && npm ci --ignore-scripts --no-audit --no-fund --silent) && touch $@ || test -z "$$ANVIL_REQUIRED"; \
	elif [ -n "$$ANVIL_REQUIRED" ]; then echo "npm is needed to install Anvil, which ANVIL_REQUIRED asks for" >&2; exit 1; \
	else echo "No npm here: the tests on Anvil will be skipped."; fi

# A stamp is older than its lock only when the lock changed since the last installation.
$(VENV)/sandbox.stamp: requirements-sandbox.lock | $(VENV)/bin/python
	@echo "Installing what the sandbox needs (only when the lock file changed) ..."
	@$(PIP) -r $<
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing what the checks need (only when the lock file changed) ..."
	@$(PIP) -r $<
	@touch $@ $(VENV)/sandbox.stamp

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make run PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)

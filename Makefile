# The two commands: `make demo` and `make test`. The rest is for people who change the code.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Whatever is started here, is started often: what Python has compiled is kept.
export PYTHONDONTWRITEBYTECODE :=
SYSTEM_PACKAGES := chromium dovecot-imapd dovecot-lmtpd postfix

.PHONY: demo sandbox test lint format types arrows unit serial bench mutants lock clean system-packages dev

demo: .venv/.installed ## the whole desk in a browser: no key, no network
	@$(BIN)/helpdesk demo $(ARGS)

sandbox: .venv/.installed ## stand-ins for Slack, mail, payments and a model, to try the real commands on
	@$(BIN)/helpdesk sandbox $(ARGS)

test: dev system-packages lint unit serial ## everything, as a stranger would run it

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (python3 --version)."; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { \
	  rm -rf .venv; echo "python3 cannot make a virtual environment; installing python3-venv"; \
	  { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq install -y python3-venv; } && $(PYTHON) -m venv .venv; } \
	  || { echo "Please install your system's python3-venv package, then run make again."; exit 1; }

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	@echo "Installing (about a minute the first time) ..."
	@$(PIP) install -c requirements.lock -e .
	@touch $@

.venv/.installed-dev: pyproject.toml requirements.lock | .venv/bin/python
	@echo "Installing with test tools (about two minutes the first time) ..."
	@$(PIP) install -c requirements.lock -e '.[dev]'
	@$(BIN)/python -m tests.witness
	@$(BIN)/python -m tests.slack_types
	@touch .venv/.installed $@

dev: .venv/.installed-dev

# Some tests use a real browser and a real IMAP server. Without them those tests say that they were not run.
system-packages:
	@missing=""; \
	command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing=1; \
	command -v dovecot >/dev/null 2>&1 || missing=1; \
	command -v postfix >/dev/null 2>&1 || missing=1; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing $(SYSTEM_PACKAGES) ..."; \
	  { DEBIAN_FRONTEND=noninteractive apt-get -qq update && \
	    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(SYSTEM_PACKAGES) >/dev/null; } \
	  || echo "NOT INSTALLED: $(SYSTEM_PACKAGES); the tests that need them will be reported as not run."; \
	elif [ -n "$$missing" ]; then \
	  echo "NOT INSTALLED (needs root and apt): $(SYSTEM_PACKAGES); the tests that need them will be reported as not run."; \
	fi

lint: dev types arrows
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: dev
	@$(BIN)/mypy

arrows: dev
	@$(BIN)/lint-imports

# Tests spend half of their time waiting for servers and processes of their own: more of them than cores keep the cores busy.
unit: dev
	@$(BIN)/pytest -n 3 --dist loadfile -m "not serial"

serial: dev
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m serial

format: dev
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .

bench: .venv/.installed-dev ## figures as ratios of one run
	@$(BIN)/python -m tests.bench $(ARGS)

mutants: dev ## remove each guard and see a test fail
	@$(BIN)/python -m tests.mutants $(ARGS)

lock: dev ## choose the newest versions that pyproject.toml allows
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --all-extras \
	  --no-emit-index-url --no-header --no-annotate -o requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

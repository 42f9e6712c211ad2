# Set-up, tests, figures and the demo. `make help` says what there is; every target installs what it needs itself.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/sh
export PYTHON

PY := .venv/bin/python
WORKERS ?= 3
TESTS ?= tests
# Programs in shell and Python without a name that says so
SCRIPTS := .ci/run requirements/install tests/system-packages
PROGRAMS := docker/asterisk/install
IN_TESTS := PYTHONPATH=tests $(PY)
CONSOLE := src/console
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix $(CONSOLE)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- set-up -------------------------------------------------------------------------------------------------------

.venv/complete: requirements/development.lock pyproject.toml requirements/install
	@requirements/install

.PHONY: venv
venv: .venv/complete ## the virtual environment, by exact versions
	@:

.PHONY: asterisk
asterisk: ## a real Asterisk for this checkout: the host's own, or one unpacked under .cache
	@docker/asterisk/install

$(CONSOLE)/node_modules/complete: $(CONSOLE)/package.json $(CONSOLE)/package-lock.json .venv/complete
	@echo "console: installing its packages"
	@$(NPM) ci --silent --no-audit --no-fund --no-update-notifier || \
		{ echo "console: npm could not fetch a package; check the network, then run this again" >&2; exit 1; }
	@touch $@

CONSOLE_SOURCES := $(shell find $(CONSOLE) -name node_modules -prune -o -type f -print 2>/dev/null)
# The stamp lies outside of the built folder, which ships; it does not count when that folder is gone.
ifeq ($(wildcard src/cordboard/web/static/manifest.json),)
.PHONY: .cache/console.complete
endif
.cache/console.complete: $(CONSOLE_SOURCES) $(CONSOLE)/node_modules/complete
	@echo "console: building the page"
	@rm -f $@
	@mkdir -p .cache
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

.PHONY: console
console: .cache/console.complete ## the browser page, built
	@:

# --- use ------------------------------------------------------------------------------------------------------------

# The demo needs no root: without what says texts its menus only say hello.
.PHONY: speech
speech:
	@mkdir -p build
	@[ "$$(id -u)" -ne 0 ] || tests/system-packages speech || true

.PHONY: demo
demo: venv asterisk speech console ## a demo company with live calls; CALLS=20 ends by itself with a report
	@mkdir -p build
	@$(IN_TESTS) -m demo $(if $(CALLS),--calls $(CALLS))

# --- proof ----------------------------------------------------------------------------------------------------------

.PHONY: system-packages
system-packages:
	@mkdir -p build
	@tests/system-packages

.PHONY: test
test: system-packages venv asterisk console ## every test, on a real Asterisk and in a real browser; TESTS=tests/ami
	@$(PY) tests/run.py --workers $(WORKERS) $(TESTS)

.PHONY: check check-style check-types check-words check-console
check: check-style check-types check-words check-console ## linters and type checkers; make -k check runs all of them

check-style: venv
	$(PY) -m ruff check . $(PROGRAMS)
	$(PY) -m ruff format --check . $(PROGRAMS)
	.venv/bin/shellcheck $(SCRIPTS)

check-types: venv
	$(PY) -m mypy
	$(PY) -m mypy tests $(wildcard demo)
	$(PY) -m mypy $(PROGRAMS)

check-words: venv
	@.venv/bin/codespell $$(git ls-files '*.md' '*.py' '*.j2' '*.ts' '*.tsx' '*.yaml' '*.toml' Makefile) $(SCRIPTS) $(PROGRAMS)

check-console: $(CONSOLE)/node_modules/complete
	@$(NPM) run --silent check

.PHONY: bench
bench: venv asterisk console ## figures beside a peer in the same run; ONLY=name SEED=1, results in build/bench
	@$(IN_TESTS) -m bench bench $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED))

.PHONY: soak
soak: venv asterisk console ## long runs; ONLY=name MINUTES=30 SEED=1, results in build/soak
	@$(IN_TESTS) -m bench soak $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) \
		$(if $(MINUTES),--minutes $(MINUTES))

# --- upkeep -----------------------------------------------------------------------------------------------------------

COMPILE := .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: lock
lock: venv ## renew the exact versions in requirements/ from pyproject.toml
	@test -x .cache/lock/bin/uv || { $(PY) -m venv .cache/lock && .cache/lock/bin/python -m pip install -qq uv; }
	$(COMPILE) --upgrade --extra dev --extra postgres --extra speech --output-file requirements/development.lock pyproject.toml
	$(COMPILE) --extra postgres --extra speech --constraint requirements/development.lock --output-file requirements/runtime.lock pyproject.toml

.PHONY: clean
clean: ## remove all that these targets made, Asterisk and the virtual environment included
	rm -rf .venv .cache build dist src/cordboard/web/static $(CONSOLE)/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# says by its status whether a Python is new enough; in the words of every Python there is
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# each of the many processes of a run would compile every module again
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.run: requirements.lock pyproject.toml
	@if ! $(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	  $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	    found=$$($(PYTHON) --version 2>&1) || found="not there"; \
	    echo "Portcullis needs Python 3.11 or later, and $(PYTHON) is $$found. Name one that is new enough: make $(or $(firstword $(MAKECMDGOALS)),run) PYTHON=python3.12" >&2; \
	    exit 1; \
	  }; \
	  $(PYTHON) -m venv --clear .venv || { rm -rf .venv; exit 1; }; \
	fi
	@echo "Installing the locked dependencies (once; about half a minute) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "Installing the locked development tools (once; about a minute) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/.run ## start the sandbox on the embedded default, in the foreground
	@$(BIN)/portcullis sandbox

demo: .venv/.run ## walk the whole TPP journey on free ports, printing each step
	@$(BIN)/portcullis demo

test: .venv/.dev chromium ## run the whole suite, on both databases (workers often wait for servers: three keep two cores busy)
	@$(BIN)/pytest -n 3 --dist worksteal

simulate: .venv/.dev ## the long, seeded simulations (docs/simulations.md): [SEED=4] [EXAMPLES=300] [STEPS=60] [ORDERS=60] [FLEET=5000] [DISK=170] [MTLS=500]
	@PORTCULLIS_SIMULATE_SEED=$(or $(SEED),4) PORTCULLIS_SIMULATE_EXAMPLES=$(or $(EXAMPLES),300) PORTCULLIS_SIMULATE_STEPS=$(or $(STEPS),60) \
	  PORTCULLIS_SIMULATE_ORDERS=$(or $(ORDERS),60) PORTCULLIS_SIMULATE_FLEET=$(or $(FLEET),5000) \
	  PORTCULLIS_SIMULATE_TIMEOUT=3600 PORTCULLIS_SIMULATE_PAIRS=0 \
	  PORTCULLIS_SIMULATE_ROWS=100000 PORTCULLIS_SIMULATE_PAYMENTS=300 \
	  $(BIN)/pytest -q -n 2 --dist worksteal -rP tests/simulation tests/unit/consent/test_pairs_of_commands.py tests/contracts/test_long_listing.py \
	  tests/journeys/test_file_payments.py::test_a_file_of_many_payments_is_spooled_and_paid_some_at_a_time
	@PORTCULLIS_SIMULATE_SEED=$(or $(SEED),4) PORTCULLIS_SIMULATE_FLEET=$(or $(DISK),170) PORTCULLIS_SIMULATE_DISK=var/simulations \
	  PORTCULLIS_SIMULATE_MTLS=$(or $(MTLS),500) PORTCULLIS_SIMULATE_TIMEOUT=3600 \
	  $(BIN)/pytest -q -n 2 --dist worksteal -rP tests/simulation/payments_over_mtls.py tests/simulation/test_money_fleet.py

drills: .venv/.dev ## attack a sandbox from outside while an honest TPP reads: [ONLY=heads] [KIND=sqlite|postgresql] [SCALE=0.1] [SEED=4]
	@$(BIN)/python -m tests.drills --scale $(or $(SCALE),1) --seed $(or $(SEED),4) $(if $(ONLY),--only "$(ONLY)") $(if $(KIND),--kind $(KIND))

bench: .venv/.dev ## measure the parts in CPU time and in ratios to the bare work; var/bench/latest.json has the figures: [QUICK=1] [PART=reads|journey|footprint|ledger|payments|end_to_end]
	@$(BIN)/python -m bench $(PART) $(if $(QUICK),--quick)

gallery: .venv/.dev chromium ## picture every page of the customer's in every state, at three widths, light and dark: [ONLY="pay"]
	@$(BIN)/python -m tests.gallery $(if $(ONLY),--only "$(ONLY)")

conformance: .venv/.dev ## run the judged plans of a running conformance suite: SUITE=https://host:port [PLAN=name]
	@test -n "$(SUITE)" || { echo "which suite? make conformance SUITE=https://host:port [PLAN=name] (docs/conformance.md says how)"; exit 2; }
	@$(BIN)/python -m tests.conformance --suite "$(SUITE)" $(if $(PLAN),--plan "$(PLAN)")

wire-record: .venv/.dev ## record every answer that tests receive: DIR=folder [TESTS=tests/journeys]
	@test -n "$(DIR)" || { echo "which folder? make wire-record DIR=../before"; exit 2; }
	@PORTCULLIS_RECORD="$(DIR)" $(BIN)/pytest -q -n 2 --dist loadfile $(or $(TESTS),tests/journeys)

wire-compare: .venv/.dev ## compare two such recordings, test by test: BEFORE=folder AFTER=folder
	@test -n "$(BEFORE)" && test -n "$(AFTER)" || { echo "which folders? make wire-compare BEFORE=../before AFTER=../after"; exit 2; }
	@$(BIN)/python -m tests.harness.recorded compare "$(BEFORE)" "$(AFTER)"

clauses: .venv/.dev ## the clauses of standards that the code claims, and the tests that hold each: [STANDARD="RFC 9126"] [TESTS=yes]
	@$(BIN)/python -m tests.clauses --standard "$(STANDARD)" $(if $(TESTS),--tests)

mutants: .venv/.dev ## a seeded sample of small changes to the code, and those that no unit test notices: [SEED=4] [COUNT=60] [MINUTES=30] [AREA=grants]
	@$(BIN)/python -m tests.mutants --seed $(or $(SEED),4) --count $(or $(COUNT),60) --minutes $(or $(MINUTES),30) $(if $(AREA),--area $(AREA))

chromium:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium for the browser tests (once) ..."; \
	  apt-get update -q >/dev/null 2>&1 && apt-get install -y -q --no-install-recommends chromium-headless-shell >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "chromium is not installed and cannot be installed here: browser tests will skip"

cover: .venv/.dev ## branch coverage of consent, orders, policies and gateway: at least 90 %
	@$(BIN)/pytest -q -n 2 --dist worksteal --cov --cov-branch --cov-report=term:skip-covered tests/unit/consent tests/unit/orders tests/unit/gateway tests/unit/policies tests/unit/openapi

check: .venv/.dev ## format, lint, types, import contracts, tidy rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fix: .venv/.dev ## format, and fix what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .venv/.dev ## resolve the dependency locks again (needs uv on the PATH)
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header -q --extra build pyproject.toml -o requirements.lock
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header -q --extra build --extra nats --extra dev pyproject.toml -o requirements-dev.lock

.PHONY: help run bench demo gallery test simulate drills wire-record wire-compare clauses mutants cover conformance chromium check fix lock

# `make help` lists the targets. Every target sets up .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# The tests of one file run one after the other, since some share a daemon. Files run side by side
# and in order, so that the longest do not start last.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := check
.PHONY: help setup check test test-quick lint format lock openapi stubs docs vectors site clients pythons \
	engines fidelity results audit bench bench-quick bench-start bench-engines bench-suite bench-load soak fuzz clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything that is needed into .venv, from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'make: Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

check: setup ## Serve the sample images with musterd and check that server with muster (the default)
	@sh tools/check-sample.sh $(BIN)

test: setup ## Run all tests, and ask for full coverage where no program is missing
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

test-quick: setup ## Run the tests that take less than 90 s together: no daemons, no coverage
	$(PYTEST) -m 'not daemon and not slow'

lint: setup ## Check style, types, imports and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: setup ## Format the code, and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# Extras are kept: without them pip looks for the newest release of a package that another needs with
# an extra, and finds no hash.
lock: ## Write requirements.lock from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-strip-extras \
	  --custom-compile-command 'make lock' --all-extras --group dev --output-file requirements.lock pyproject.toml

openapi: setup ## Render the documents of all API versions from v1.23 and its overlays
	$(BIN)/python -m tools.openapi_documents

stubs: setup ## Write the server's models and handler protocols from the documents
	$(BIN)/python -m tools.server_stubs

docs: setup ## Write the generated pages of docs/ and parts of pages, and the README's picture
	$(BIN)/cog -r -I . $$(grep -l '\[\[\[cog' docs/*.md)
	$(BIN)/python -m tools.finding_picture
	$(BIN)/python -W ignore -m tests.server.support.golden
	$(BIN)/python -m tests.mutants.matrix

vectors: setup ## Write the test vectors of conformance/vectors/ from the register and the model
	$(BIN)/python -m tools.recorded_answers
	$(BIN)/muster vectors conformance/vectors

site: setup ## Build the site into build/site
	$(BIN)/python -m tools.site

clients: setup ## Generate clients with nine generators and list images with each (needs their compilers)
	$(BIN)/python -m tools.generated_clients
	$(BIN)/python -m tools.control_clients

# Exit status 3 of the tool: one could not be fetched.
pythons: setup ## Install and test the wheel on Python 3.13 and 3.14, fetched from Debian
	$(BIN)/python -m tools.other_pythons --tests

# ENGINES='podman-5.8' for that one alone.
ENGINES ?=
engines: setup ## Fetch real engines from Debian, 0.6 GB, into a cache
	$(BIN)/python -m tools.engines fetch $(ENGINES)

fidelity: engines ## Ask imitations and real engines the same; write docs/fidelity.md (needs root)
	$(BIN)/python -m tests.interop.fidelity
	$(BIN)/python -W ignore -m tests.server.support.golden

results: engines ## Check every real engine, for an hour or two; write docs/results.md (needs root)
	$(BIN)/python -m tests.interop.sweep

# Exit status 3: pip-audit or the network is missing, so that nothing is known.
audit: setup ## List known vulnerabilities of the locked packages (needs pip-audit and the network)
	$(BIN)/python -m tools.vulnerabilities

bench: setup ## Measure musterd beside other servers for 30 min; write docs/performance.md (needs wrk)
	$(BIN)/python -m benchmarks.speed --write

bench-quick: setup ## Measure musterd beside other servers for 2 min
	$(BIN)/python -m benchmarks.speed --quick
	$(BIN)/python -m benchmarks.after_write

bench-start: setup ## Measure how long servers take from their start to the first answer
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.in_process

bench-engines: setup ## Measure what an engine costs musterd, and what the commands of muster take
	$(BIN)/python -m benchmarks.imitations

bench-suite: setup ## Measure how long a run of muster takes
	$(BIN)/python -m benchmarks.suite

bench-load: setup ## Measure what it costs that a process of its own reads an archive
	$(BIN)/python -m benchmarks.archive_load

# SOAK_OPTIONS='--workers 2 --postgresql' for several processes, and another database.
SOAK_SECONDS ?= 600
soak: setup ## Put musterd under mixed load for SOAK_SECONDS (600); fail on a wrong answer or a leak
	$(BIN)/python -m benchmarks.soak --seconds $(SOAK_SECONDS) $(SOAK_OPTIONS)

FUZZ_SECONDS ?= 600
fuzz: setup ## Fuzz archives, filters, paths and signatures for FUZZ_SECONDS (600)
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

clean: ## Delete .venv and everything that the tools wrote
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build *.egg-info

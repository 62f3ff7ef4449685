# `make check` is the main job, `make test` the tests; both set up .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := check
.PHONY: setup check test openapi stubs clients docs results lint lock clean soak audit bench bench-quick bench-suite

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'make: Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

check: setup
	@sh tools/check-sample.sh $(BIN)

# The tests of a file run one after the other, since some share a daemon; files run side by side, in
# order, so that the longest are not left for the end.
test: setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Renders the documents of the later API versions from the base and its overlays.
openapi: setup
	$(BIN)/python tools/render_openapi.py

# Writes the server's models and the handlers' protocols from the documents.
stubs: setup
	$(BIN)/python tools/stubs.py

# Generates clients in six languages, compiles them, and lists images with each. Needs their tools.
clients: setup
	$(BIN)/python tools/clients.py

# Writes what the README shows of the programs, how musterd compares with real daemons, and which
# requirement finds which fault.
docs: setup
	$(BIN)/cog -r -I . $$(grep -l '\[\[\[cog' docs/*.md)
	$(BIN)/python tools/finding_picture.py
	$(BIN)/python -W ignore -m tests.server.support.golden
	$(BIN)/python -m tests.mutants.matrix

# Checks every real server at every version, for minutes, and writes what was found. Needs root,
# dockerd 20.10 and podman 4.3.
results: setup
	$(BIN)/python -m tests.interop.sweep

# Mixed load for ten minutes, compared with what must be there: no wrong answer, no leak.
# SOAK_OPTIONS='--workers 2 --postgresql' for several processes, and another database.
SOAK_SECONDS ?= 600
soak: setup
	$(BIN)/python -m benchmarks.soak --seconds $(SOAK_SECONDS) $(SOAK_OPTIONS)

# musterd beside other servers, for half an hour; writes docs/performance.md. Needs wrk and,
# for daemons, root; on a machine with nothing else to do. bench-quick takes two minutes.
bench: setup
	$(BIN)/python -m benchmarks.speed --write

bench-quick: setup
	$(BIN)/python -m benchmarks.speed --quick

# How long the suite takes, and on what; beside musterd on daemons, where there are any and you are
# root.
bench-suite: setup
	$(BIN)/python -m benchmarks.suite

# The known weaknesses of what is locked. Needs pip-audit and the network; says so where they are
# missing, and fails.
audit: setup
	$(BIN)/python tools/audit.py

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Needs uv; writes the versions and hashes that `make setup` installs. Extras are kept: without them
# pip looks for the newest release of a package that another needs with an extra, and finds no hash.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-strip-extras \
	  --custom-compile-command 'make lock' --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache build *.egg-info

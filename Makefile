# make demo, make test: all that is needed is make, git and Python 3.11 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# A version manager's shims may stand on PATH and yet not run: the first one that works is taken.
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
  if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
  then echo $$each; break; fi; done)

BIN := .venv/bin
RUNTIME := .venv/.installed
TOOLS := .venv/.installed-dev
DRAWING := .venv/.installed-bench
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

.PHONY: help demo test faults fuzz bench backlog scaling gallery lint format lock schema clean

help:  ## Show these lines
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(RUNTIME)  ## Run everything locally; ONCE=1 exits 0 only if everything arrived
	@$(BIN)/snyk-gateway demo $(if $(ONCE),--once)

test: lint  ## Run every check and every test
	$(BIN)/pytest -q -rs -n auto
	@echo "left out: building the image and starting the compose file (both need a container engine)"

faults: $(TOOLS)  ## Kill, stop, starve and unplug the gateway under load, and count what is lost; 50 minutes
	$(BIN)/python -m tests.faults $(SEED)

fuzz: $(TOOLS)  ## Search for input that breaks what reads it; an hour, or SECONDS=… a target
	$(PIP) install -e '.[fuzz]'
	$(BIN)/python -m fuzz --seconds $(or $(SECONDS),1200)

bench: $(DRAWING)  ## Measure the gateway against bare aiohttp and its peers; ten to twelve minutes, QUICK=1 about one
	$(BIN)/python -m bench $(if $(QUICK),--quick)

backlog: $(TOOLS)  ## Measure how a gateway starts and delivers while a million deliveries wait; seven minutes
	$(BIN)/python -m bench backlog

scaling: $(TOOLS)  ## Measure what an event costs 1, 2 and 4 replicas and their PostgreSQL; four minutes
	$(BIN)/python -m bench replicas

gallery: $(TOOLS)  ## Draw what messages look like into build/gallery; PICTURES=docs/pictures copies one of each
	$(BIN)/python -m gallery build/gallery $(if $(PICTURES),--pictures $(PICTURES))

lint: $(TOOLS)  ## Run the linters, types, import contracts and file checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# B104 and B105 are ruff's S104 and S105, which give a reason at each place. B405 dislikes the
	@# import with which XML is written; reading it would be ruff's S314.
	$(BIN)/bandit --quiet --recursive gateway --skip B104,B105,B405
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.ha.yml
	$(BIN)/check-jsonschema --schemafile config/schema.json config/*.yaml config/ha/*.yaml

format: $(TOOLS)  ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(TOOLS)  ## Write both requirements files anew; UPGRADE=1 takes newer versions
	$(PIP) install uv
	$(LOCK) --extra postgres --output-file requirements.txt
	$(LOCK) --extra test --extra lint --constraint requirements.txt --output-file requirements-dev.txt

schema: $(RUNTIME)  ## Write config/schema.json, which editors read
	$(BIN)/snyk-gateway schema > config/schema.json

clean:  ## Remove the virtual environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The image does the same two steps: locked packages first, then the project without its own. The
# files name every package: were pip to resolve them, a newer release could make it refuse the lock.
$(RUNTIME): $(BIN)/python requirements.txt pyproject.toml
	@echo "installing into .venv"
	$(PIP) install --no-deps --require-hashes -r requirements.txt
	$(PIP) install --no-deps -e .
	@touch $@

$(TOOLS): $(BIN)/python requirements-dev.txt pyproject.toml
	@echo "installing into .venv, test and lint tools too"
	$(PIP) install --no-deps --require-hashes -r requirements-dev.txt
	$(PIP) install --no-deps -e .
	@touch $@ $(RUNTIME)

$(DRAWING): $(TOOLS)
	$(PIP) install -e '.[bench]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found: apt-get install python3, or make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "cannot make a virtual environment: apt-get install python3-venv" >&2; exit 1; }

# Everything there is to do with Carnet. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
# The processes that pytest runs beside each other.
JOBS ?= 2
# On a noisy machine a test that fails is tried again once; the summary says which.
RERUNS ?= $(if $(CI),--reruns 2 --reruns-delay 1)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev chromium demo run clean-demo servers test soak bench lint format requirements messages

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: ## Make .venv and install what Carnet runs on
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is missing: run 'sudo apt-get install python3 python3-venv' and try again." >&2; exit 1; }
	@$(PYTHON) bin/prepare.py

setup-dev: ## The same, with what tests and lint need
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is missing: run 'sudo apt-get install python3 python3-venv' and try again." >&2; exit 1; }
	@$(PYTHON) bin/prepare.py --dev

chromium: setup-dev
	@$(PY) bin/chromium.py

demo: setup ## Run Carnet with its demo clinic until Ctrl-C (PORT=8000)
	@exec $(PY) bin/run_demo.py

run: setup ## The same without the demo clinic, reloading changed code
	@exec $(PY) bin/run_demo.py --dev

clean-demo: setup ## Remove the demo's data
	@exec $(PY) bin/run_demo.py --clean

servers: setup ## Only MongoDB and Redis, data under var/, until Ctrl-C
	@exec $(PY) -m clinic.embedded

test: chromium ## Unit, integration and browser tests (under ten minutes)
	@exec $(PY) bin/test.py -q -n $(JOBS) --dist loadgroup $(RERUNS) $(ARGS)

soak: chromium ## Crash, kill and long property tests (under an hour)
	@exec $(PY) bin/test.py -q -m soak $(RERUNS) $(ARGS)

bench: setup-dev ## Print measured figures
	@exec $(PY) bin/test.py --run $(PY) -m bench $(ARGS)

lint: setup-dev ## ruff, mypy, import-linter, djlint, migrations
	@$(PY) bin/lint.py

format: setup-dev ## Let ruff and djlint rewrite the sources
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet . ; .venv/bin/djlint --reformat --quiet templates ; true

messages: setup-dev ## Collect the French texts for their English (needs gettext)
	@$(PY) bin/messages.py

requirements: setup-dev ## Pin requirements.in and requirements-dev.in anew
	@bin/requirements

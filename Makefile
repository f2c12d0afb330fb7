# Jobtide. `make` or `make help` explains the targets; `make demo` and `make test` set up all they need.

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
STUDY ?= studies/demo.yaml
# Workers of the test suite; one more costs about 1 GB of memory.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check format ui docs quality studies-table market-quality estimates-quality postings-quality bench clean

help: ## Explain all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make the virtual environment and install Jobtide into it

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install --quiet --progress-bar on -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup ## Run the built-in synthetic market from raw postings to the report (under 5 minutes)
	$(BIN)/jobtide run $(STUDY)

test: setup ## Run the tests, except the slow ones
	$(BIN)/python -m pytest -m 'not slow' -n $(WORKERS) --dist loadfile

test-slow: setup ## Run the slow tests: whole runs, killed and resumed
	$(BIN)/python -m pytest -m slow

check: setup ## Lint, formatting, types, layers and SQL style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 1 dbt_project/models

format: setup ## Put the code into the agreed form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

ui: setup ## Open the Dagster UI on http://127.0.0.1:3000 with the schedules' daemon
	$(BIN)/jobtide ui

docs: setup ## Write the dbt documentation of a study that has run (STUDY=studies/x.yaml)
	$(BIN)/jobtide docs $(STUDY)

quality: setup ## Score the tuned against the untuned encoder on USAJOBS, five seeds (about 20 minutes)
	$(BIN)/jobtide quality studies/usajobs.yaml

estimates-quality: setup ## Hold the estimates against markets drawn at the level of counts (about an hour; goes on where it stopped)
	$(BIN)/python -m bench.estimates_exam

studies-table: setup ## Write docs/studies.md from finished runs of the studies demo and china_ai (10 seconds)
	$(BIN)/python -m bench.studies_table

market-quality: setup ## Hold the synthetic markets against real files and measure how hard they are (about 10 minutes)
	$(BIN)/python -m bench.market_realism

postings-quality: setup ## Measure on real files how well postings are read (about four minutes)
	$(BIN)/python -m bench.postings_conservation
	$(BIN)/python -m bench.postings_quality

bench: setup ## Measure speed against named baselines on this machine
	$(BIN)/python -m bench

clean: ## Remove the virtual environment, caches and dbt's working files; data/ stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache dbt_project/target dbt_project/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

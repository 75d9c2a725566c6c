# Everything sets itself up: `make test` on a bare clone is enough.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= -n logical --maxprocesses 4
# our modules are compiled once, not again by every process that a test starts
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup chat test check bench bench-plans
.DEFAULT_GOAL := setup

# a virtual environment, then `pip install -c constraints.txt -e ".[llm]"` and these
.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m tools.install whole "pytest>=9" "ruff>=0.14" "mypy>=1.18" import-linter hypothesis pytest-xdist
	@touch $@

setup: .venv/.ready

# the page as soon as its own half is installed; the trainer's half follows behind it
chat:
	@$(PYTHON) -m tools.install chat

check: setup
	$(BIN)/ruff check agent tools training prompts tests
	$(BIN)/ruff format --check agent tools training prompts tests
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -q $(WORKERS) --dist worksteal
	$(BIN)/python -m pytest -q $(WORKERS) --dist loadscope -m slow

bench: setup
	$(BIN)/python -m tests.benchmarks

# Hours: kept run by run, so it may be stopped and goes on where it was.
bench-plans: setup
	$(BIN)/python -m tests.benchmarks plans

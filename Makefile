PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: setup bench report lint test test-all regress regress-save clean-cache

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt '.[dev]'
	touch $@

bench: setup
	$(BIN)/python bench.py --models all $(ARGS)

report: setup
	$(BIN)/python bench.py report $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

test: setup
	$(BIN)/pytest -n logical $(ARGS)

test-all: setup
	$(BIN)/pytest -n logical -m 'slow or not slow' $(ARGS)

regress: setup
	$(BIN)/python -m benchmarks.regression $(ARGS)

regress-save: setup
	$(BIN)/python -m benchmarks.regression --save $(ARGS)

clean-cache: setup
	$(BIN)/python bench.py clear-cache

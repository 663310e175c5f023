PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: setup bench cluster-demo reference report serve lint test test-all test-faults regress regress-save clean-cache

setup: .venv/installed

# made anew where it is not whole: after an interruption there is no stamp, and after an upgrade of Python no libraries
NOT_WHOLE := $(shell $(BIN)/python -c 'import msgspec' 2>/dev/null || echo anew)

.PHONY: anew
.venv/installed: pyproject.toml constraints.txt $(NOT_WHOLE)
	rm -f $@
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --constraint constraints.txt '.[dev]'
	touch $@

bench: setup
	$(BIN)/python bench.py --models all $(ARGS)

# a scheduler and two workers on this machine, which listen on loopback only
cluster-demo: setup
	$(BIN)/python bench.py --models dummy,knn,logistic,svm-rbf --features pixels --dataset digits --run cluster-demo \
		--cluster local:2 --force $(ARGS)

# the published run: three seeds for stochastic models of less than ten minutes, five for the most important networks
REFERENCE := $(BIN)/python bench.py --dataset mnist --run reference --models
reference: setup
	$(REFERENCE) all
	$(REFERENCE) linear-svm,random-forest,extra-trees,xgboost,hist-gradient-boosting,ridge-random-features,vote --seeds 3
	$(REFERENCE) mlp,mlp-best,lenet5,cnn-simple,cnn-5 --seeds 3
	$(REFERENCE) cnn-fast,cnn --seeds 5
	$(BIN)/python -m benchmarks.report.readme

report: setup
	$(BIN)/python bench.py report $(ARGS)

serve: setup
	$(BIN)/python bench.py serve $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

test: setup
	$(BIN)/pytest -n logical $(ARGS)

test-all: setup
	$(BIN)/pytest -n logical -m 'slow or not slow' $(ARGS)

# prints how many faults were injected; 'DAMAGED_FILES=3000 make test-faults' damages more stored files than the usual 300
test-faults: setup
	$(BIN)/pytest -n logical -rP -m 'slow or not slow' tests/faults $(ARGS)

regress: setup
	$(BIN)/python -m benchmarks.regression $(ARGS)

regress-save: setup
	$(BIN)/python -m benchmarks.regression --save $(ARGS)

clean-cache: setup
	$(BIN)/python bench.py clear-cache

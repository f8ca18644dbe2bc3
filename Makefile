PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
PYTEST_ARGS ?=
TEST := $(BIN)/pytest -q -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help env demo test test-all check fmt pictures serve bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

env: .venv/ready ## make .venv with everything the other targets need

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 env" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) lacks the module venv; install it (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: env ## a research run on the demo shop, without a key or a service
	$(BIN)/productresearch demo

test: env ## the tests that need nothing but Python
	$(TEST) -m 'not (data or elasticsearch or node or browser or model)'

test-all: env ## every test (Elasticsearch: ELASTICSEARCH_HOME or _URL); what is missing is skipped and said
	$(TEST) -rs

check: env ## format, lint, types and import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo

fmt: env ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

pictures: env ## the README's pictures, taken of real runs; needs Chromium
	$(BIN)/pytest -q tests/browser/test_pictures.py --pictures docs

serve: env ## the three servers over HTTP, on the index in your data folder
	$(BIN)/productresearch serve all --http

bench: env ## the figures of docs/benchmarks.md; on real data where PRODUCTRESEARCH_TEST_DATA is set
	$(BIN)/python benchmarks/indexing.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/grounding.py
	$(BIN)/python benchmarks/agent.py
	$(BIN)/python benchmarks/injection.py
	@data="$$PRODUCTRESEARCH_TEST_DATA"; \
	if [ -z "$$data" ]; then echo "PRODUCTRESEARCH_TEST_DATA is not set: no figures on real data"; exit; fi; \
	catalog="--catalog $$data/icecat/products-*.json.gz --mapping icecat"; \
	set -ex; \
	$(BIN)/python benchmarks/indexing.py $$catalog; \
	$(BIN)/python benchmarks/search.py $$catalog --queries "$$data/icecat/ratings.csv"; \
	$(BIN)/python benchmarks/retrieval.py $$catalog --ratings "$$data/icecat/ratings.csv"; \
	$(BIN)/python benchmarks/reports.py --data "$$data"

clean: ## remove what the other targets made
	rm -rf .venv .demo .elasticsearch .hypothesis .pytest_cache .ruff_cache .import_linter_cache dist build

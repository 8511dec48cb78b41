# make run         everything a fresh clone needs, then the main job
# make test        everything a fresh clone needs, then the checks and the tests, but for the slow ones
# make test-all    the same with every test: what .ci/run runs
# make test-drawn  the property tests on newly drawn examples; SEED=number repeats a run
# make docs        the pages, the lessons and the functions as a site: docs/_build/html/index.html
# make benchmarks  what docs/benchmarks.md says, measured anew on this machine (an hour)
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt $(PIP_OPTIONS)
PYTEST = $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: run test test-all test-drawn checks docs benchmarks clean

run: $(VENV)/installed
	$(BIN)/threeways run $(ARGS)

# `make test CHECKS=` runs the tests alone.
CHECKS ?= checks
test: $(CHECKS) | $(VENV)/installed-dev
	$(PYTEST) -m "not (slow or browser or bench or lesson or lines)" --hypothesis-profile quick $(ARGS)

test-all: $(CHECKS) | $(VENV)/installed-dev
	$(PYTEST) $(ARGS)

checks: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

SEED ?= $(shell $(PYTHON) -c "import secrets; print(secrets.randbits(32))")
test-drawn: $(VENV)/installed-dev
	$(PYTEST) -m hypothesis --hypothesis-profile drawn --hypothesis-seed $(SEED) $(ARGS)

docs: $(VENV)/installed-docs
	$(BIN)/python -m sphinx -W --keep-going -n -q $(ARGS) docs docs/_build/html

benchmarks: $(VENV)/installed
	$(BIN)/python benchmarks/gradient.py --all --json docs/benchmarks/gradient.json
	$(BIN)/python benchmarks/gradient.py --memory --json docs/benchmarks/memory.json
	$(BIN)/python benchmarks/gradient.py --user --json docs/benchmarks/user.json
	$(BIN)/python benchmarks/checking.py --peers --json docs/benchmarks/checking.json
	$(BIN)/python benchmarks/startup.py --json docs/benchmarks/startup.json
	$(BIN)/python benchmarks/main_job.py --json docs/benchmarks/main_job.json
	$(BIN)/python benchmarks/write.py

clean:
	rm -rf $(VENV) build *.egg-info .hypothesis .pytest_cache .jax_cache .mypy_cache .ruff_cache
	rm -rf docs/_build docs/gallery docs/generated

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing threeways, torch and jax into $(VENV) (minutes the first time)"
	$(PIP) --editable .
	@touch $@

# [dev] holds [test] and [docs]: one installation serves all.
$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing threeways, torch, jax and the tools into $(VENV) (minutes the first time)"
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/installed $(VENV)/installed-docs $@

$(VENV)/installed-docs: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing threeways and what makes its pages into $(VENV) (minutes the first time)"
	$(PIP) --editable '.[docs]'
	@touch $(VENV)/installed $@

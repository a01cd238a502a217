# Everything a person or a continuous integration runs. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
RUN ?= runs/uc_msc_vs_placebo

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Stamps: one for each set of dependencies, renewed when pyproject.toml changes.
CORE := $(VENV)/.installed
TEST := $(VENV)/.installed-test
DOCS := $(VENV)/.installed-docs
BENCH := $(VENV)/.installed-bench

.PHONY: help setup lint check test demo docs bench figure adopt manifest clean

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(CORE)  ## Build the environment .venv and install Koebner into it

demo: $(CORE)  ## Run the example trial, UC-MSC against placebo; repeating it resumes or shows it
	@$(BIN)/koebner trial run examples/uc_msc_vs_placebo.toml --out $(RUN)

lint: $(TEST)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint  ## Format, lint, types, layers and the fast tests, under 2 minutes
	@$(BIN)/python -m pytest -n $(JOBS) -m "not science and not browser"

test: lint  ## The same with the science tests, under 20 minutes
	@$(BIN)/python -m pytest -n $(JOBS) -m "not browser"

docs: $(DOCS)  ## Build the documentation into docs/_build; a warning is an error
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build
	@echo "docs/_build/index.html"

bench: $(BENCH)  ## Compare the speed of the solver with its peers at equal error, about 3 minutes
	@$(BIN)/python benchmarks/run.py

figure: $(DOCS)  ## Draw the figure of the README from the run of `make demo`; needs Chromium
	@$(BIN)/python docs/make_figures.py $(RUN)

adopt: $(CORE)  ## Take the numbers of the fit for use over into pack, populations and catalogue
	@$(BIN)/python scripts/adopt_fit.py
	@$(BIN)/python scripts/write_manifest.py

manifest: $(CORE)  ## Renew the hashes of the shipped tables and equations, after editing them
	@$(BIN)/python scripts/write_manifest.py

clean:  ## Remove what was built and cached; runs/ is kept
	rm -rf $(VENV) build dist docs/_build docs/_generated docs/validation*.md .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@python=$$(scripts/find_python.sh) && echo "Building $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@touch $@

$(CORE): pyproject.toml | $(VENV)/.created
	@echo "Installing Koebner"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(VENV)/.created
	@echo "Installing Koebner with its extra: $*"
	@$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $(CORE) $@

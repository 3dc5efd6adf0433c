# What you need: Python 3.11 or newer with its venv module, make, a C library. The rest is set up in .venv on first use.
#   make lab PIP_ARGS="..."     more arguments for pip, such as your own package index
#   make lab LAB_ARGS="..."     more arguments for JupyterLab, such as --no-browser
#   make explorer EXPLORER_ARGS="..."   more arguments for Voila, such as --no-browser --port=8899
#   make editions EDITIONS_ARGS=--nbgrader   also assignments for nbgrader
#   make bundle BUNDLE_ARGS="--caches FOLDER --wheels FOLDER"   these rendered garments, and wheels to install from
#   make bench BENCH=name       one figure instead of all
#   make claims CLAIM="name"    one claim, or those of one notebook, instead of all
#   make study STUDY=name       one study instead of all
#   make test WORKERS=4         more tests at once; each worker wants a core and up to 3 GB
#   make test PYTHON=python3.12 another Python (only when .venv is made)

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help lab explorer test faults notebooks editions site-setup site bundle bench claims study throughput clean

help:
	@echo "make lab        open JupyterLab at the first notebook"
	@echo "make explorer   open the explorer as a page of its own; the first time it trains for a minute or two"
	@echo "make test       linters, types, tests, all notebooks in profile tiny, browser tests"
	@echo "make faults     kill forty runs, in one process and in two, and see that each ends as if nothing had happened"
	@echo "make notebooks  build and execute all notebooks from notebooks/source"
	@echo "make editions   write the editions with solutions and for instructors to build/editions"
	@echo "make site-setup bring what the site is built with, once; needs npm and the network"
	@echo "make site       build the course as a site that needs no kernel and no network, into build/site"
	@echo "make bundle     pack notebooks, package, weights and rendered garments into build/classroom.zip, for rooms without a network"
	@echo "make bench      measure every figure, or one with BENCH=name"
	@echo "make claims     prove what the text claims, and see each proof fail without its mechanism: some 2 CPU-minutes"
	@echo "make study      do the runs that data/results has no row for, under an hour of CPU time; goes on after a stop"
	@echo "make throughput measure what this machine does in a second, and record it in data/results/throughput.json"
	@echo "make clean      remove everything that make has made"

lab: $(READY)
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_ARGS)

explorer: $(READY)
	$(BIN)/python notebooks/explorer.py
	$(BIN)/python -m voila notebooks/explorer.py --VoilaConfiguration.extension_language_mapping=.py=python $(EXPLORER_ARGS)

test: export OMP_NUM_THREADS ?= 1 # two workers share two cores, and small arrays gain nothing from more threads
test: export OMP_WAIT_POLICY ?= PASSIVE # or threads that wait for a busy core burn the other
test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not alone"
	$(BIN)/python -m pytest tests/extraction -m alone

faults: export ADDE_LITE_KILLS ?= 20 # in one process, and as many in two
faults: export OMP_NUM_THREADS ?= 2
faults: $(READY)
	$(BIN)/python -m pytest tests/training/test_kills.py tests/training/test_checkpoints.py tests/training/test_faults.py

notebooks: $(READY)
	$(BIN)/python -m notebooks.build

editions: $(READY)
	$(BIN)/python -m notebooks.build_editions $(EDITIONS_ARGS)

site-setup: $(READY)
	$(BIN)/python -m website.prepare $(PIP_ARGS)

site: $(READY)
	$(BIN)/python -m website.build

bundle: $(READY)
	$(BIN)/python -m notebooks.bundle pack $(BUNDLE_ARGS)

bench: $(READY)
	$(BIN)/python -m bench $(BENCH)

claims: $(READY)
	$(BIN)/python -m claims $(if $(CLAIM),"$(CLAIM)")

study: $(READY)
	$(BIN)/python -m adde_lite.studies $(STUDY)

throughput: export OMP_NUM_THREADS ?= 1 # CPU seconds count one core
throughput: $(READY)
	$(BIN)/python -m adde_lite.throughput

clean:
	rm -rf .venv .site build data/cache adde_lite.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here: install Python 3.11 or newer, or name yours with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: name a newer one, as in: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module: install it (Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_ARGS) -e ".[test,scale,explorer]"
	@touch $@

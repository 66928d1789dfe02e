# Everything a newcomer needs; each target makes its own environment.

PYTHON ?= python3
DEMO_STEPS ?= 400
DEMO_RUN ?= runs/demo
BIN := .venv/bin
RUN := $(BIN)/python cli.py

.PHONY: demo test test-slow test-jax test-torch lint format tutorials check-real \
    benchmarks clean

# Fine-tunes a small BiT on scikit-learn's digits, then evaluates, uses and exports it.
demo: .venv/ready
	$(RUN) finetune --dataset digits --model bit_tiny --output $(DEMO_RUN) \
	    --steps $(DEMO_STEPS) \
	    --set resize=34 crop=32 flip=false batch_size=64 base_lr=0.03
	$(RUN) evaluate --run $(DEMO_RUN)
	$(RUN) datasets digits --samples $(DEMO_RUN)-samples
	$(RUN) predict --run $(DEMO_RUN) $(DEMO_RUN)-samples
	rm -rf $(DEMO_RUN)-served
	$(RUN) export --run $(DEMO_RUN) --to $(DEMO_RUN)-served/1
	$(RUN) predict --saved-model $(DEMO_RUN)-served/1 $(DEMO_RUN)-samples

# Two processes, each with whole files, whose tests share what is costly to make.
test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: .venv/ready
	$(BIN)/python -m pytest -m slow

# The core on the other backends of Keras.
test-jax: .venv/ready-jax
	KERAS_BACKEND=jax $(BIN)/python -m pytest -m "backend and not slow" tests/layers tests/models tests/losses tests/optimizers

test-torch: .venv/ready-torch
	KERAS_BACKEND=torch $(BIN)/python -m pytest -m "backend and not slow" tests/layers tests/models tests/losses tests/optimizers tests/weights

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The notebooks are made of the scripts, which alone are to be changed, and run in copies
# of them: what came out is in build/tutorials.
tutorials: .venv/ready
	$(BIN)/jupytext --to ipynb --update tutorials/*.py
	mkdir -p build/tutorials
	cp tutorials/*.ipynb build/tutorials
	PYTHONPATH=$(CURDIR) $(BIN)/jupyter execute --inplace build/tutorials/*.ipynb

# Checks on real photographs that are not part of the project: make check-real DATA=FOLDER
check-real: .venv/ready
	PYTHONPATH=. $(BIN)/python tests/check_real.py $(DATA)

benchmarks: .venv/ready
	$(BIN)/python -m benchmarks.bit_step
	$(BIN)/python -m benchmarks.vit_step
	$(BIN)/python -m benchmarks.resnet_step
	$(BIN)/python -m benchmarks.attention
	$(BIN)/python -m benchmarks.input
	$(BIN)/python -m benchmarks.augment
	$(BIN)/python -m benchmarks.augmented_input
	$(BIN)/python -m benchmarks.stream
	$(BIN)/python -m benchmarks.loop_overhead
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.checkpoint
	$(BIN)/python -m benchmarks.serving

clean:
	rm -rf .venv build dist *.egg-info

.venv/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

.venv/ready-jax: .venv/ready
	$(BIN)/python -m pip install --quiet jax==0.10.2
	touch $@

.venv/ready-torch: .venv/ready
	$(BIN)/python -m pip install --quiet torch==2.13.0
	touch $@

# make demo: see it work.  make test: pass the tests.  make check: everything CI asks for.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check lint format bench bench-text flink-up flink-test flink-down lock clean

demo: $(STAMP)
	$(BIN)/provender demo

# The report's tests need a Chromium; without one they are left out, and that is said.
BROWSER := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

test: $(STAMP)
	@$(if $(BROWSER),,echo "no Chromium here: the browser tests are left out")
	$(if $(BROWSER),,PROVENDER_NO_BROWSER=1) $(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)

check: lint test

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# Poisoned text beside Z-TOKEN and cleanlab: hours; a minute with ARGS=--quick.
bench-text: $(STAMP)
	$(BIN)/python -m benchmarks.text $(ARGS)

# A real Flink on loopback (docs/engines.md); needs Java 17 and Maven, keeps all in build/flink.
flink-up: $(STAMP)
	@$(BIN)/python -m engines.flink up

flink-test: $(STAMP)
	@$(BIN)/python -m engines.flink test $(TESTS)

flink-down:
	@$(BIN)/python -m engines.flink down

# Locked versions with hashes; no index address, so that any mirror serves.
lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra s3 --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

clean:
	rm -rf $(VENV) demo-out bench-out .mypy_cache .ruff_cache .pytest_cache .hypothesis

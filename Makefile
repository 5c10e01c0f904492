# Two commands matter: `make demo` and `make test`. Both set up what they need on a machine with Python ≥ 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo run test lint format screenshots schemas bench lock clean

demo: $(READY)  ## all examples through a gateway and simulated agencies; FULL=1: PostgreSQL, RabbitMQ, a process a role
	$(BIN)/darcha demo $(if $(FULL),--full)

run: $(READY)  ## the same gateway, and it keeps serving
	$(BIN)/darcha demo --serve $(if $(FULL),--full)

test: lint  ## lint and all tests, those against PostgreSQL and RabbitMQ included; ALL=1: also SQLite with RabbitMQ and the reverse
	$(if $(ALL),DARCHA_TEST_COMBINATIONS=all )$(BIN)/python -m pytest -n $(or $(JOBS),auto) --dist loadgroup

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: $(READY)  ## every page of the console, light and dark, at 390 and 1440 px, to var/screenshots/
	$(BIN)/python -m tests.console.screenshots

schemas: $(READY)  ## write schemas/openapi.json, asyncapi.yaml, events/ and docs/events.md anew from the code
	$(BIN)/python -m gateway.api.published

bench: $(READY)  ## completed cases per second over PostgreSQL and RabbitMQ; what contracts and messages cost
	$(BIN)/python -m bench.whole_path
	$(BIN)/python -m bench.contracts

lock: $(READY)  ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/python -m pip install -q uv==0.13.9
	$(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock

# --no-deps: the lock is complete, and without it pip looks up extras anew and stumbles over releases newer than the lock.
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $(READY)

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

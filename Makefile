# The two commands of the README. Needs python3 (3.11 or newer) and git; everything else is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0

# uv does not read pip's configuration: pass on the places for wheels that pip knows, so that the same torch is taken.
FIND_LINKS := $(PIP_FIND_LINKS) $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null)
UV_ARGS := $(foreach place,$(sort $(FIND_LINKS)),--find-links $(place))

WANTED = --constraint constraints.txt "$(TORCH)" --editable '.[$*]'

.PHONY: demo test check install install-dev clean

demo: install
	$(BIN)/foveate demo

test: install-dev
	$(BIN)/python -m tests.check

check: test

install: $(VENV)/installed-all
install-dev: $(VENV)/installed-dev

$(VENV)/installed-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv || echo "uv cannot be had; pip does the same, only slower"
	UV_SYSTEM_CERTS=1 $(BIN)/python -m uv pip install --quiet --python $(BIN)/python $(UV_ARGS) $(WANTED) || $(BIN)/python -m pip install --quiet $(WANTED)
	touch $@

clean:
	rm -rf $(VENV) demo out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

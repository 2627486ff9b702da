.PHONY: setup dev run test check bench bench-check faults shots lock

PYTHON = .venv/bin/python
# The longest files first (tests/longest.py), not those of most tests: nobody is left with one when all others are done.
# One more than there are processors: a test often waits, for a browser, a lease, a server that starts.
WORKERS = $(shell expr $$(nproc) + 1)

setup:
	@bin/setup

run: setup
	@exec $(PYTHON) -m vipdesk

dev:
	@bin/setup
	@bin/setup dev

test: dev
	@bin/setup-services
	@exec bin/with-services $(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: dev
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy . bin/shots bin/texts bin/vendor
	$(PYTHON) -m pytest -q tests/test_layers.py

bench: dev
	@bin/setup-services
	@exec bin/with-services $(PYTHON) -m bench $(ARGS)

bench-check: dev
	@bin/setup-services
	@exec bin/with-services $(PYTHON) -m bench --check $(ARGS)

faults: dev
	@bin/setup-services
	@bin/setup-services faults
	@exec bin/with-services $(PYTHON) -m faults $(ARGS)

shots: dev
	@bin/setup-services
	@exec bin/with-services $(PYTHON) bin/shots $(ARGS)

lock: dev
	@bin/lock

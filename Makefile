# make up: everything, from nothing to the deployed local stack. `make` alone lists the targets.
# ARGS goes to the command behind a target:  make preview ARGS=--diff   make test ARGS="-k catalog"

PYTHON ?= python3
ARGS ?=
# One more than the cores in CI: an engine test waits for a third of its time.
WORKERS ?= 3
# One test at a time for each worker, in the order of tests/conftest.py.
PARALLEL = -n $(WORKERS) --no-loadscope-reorder
VENV := .venv/bin
IN_ENV := . .local/env.sh &&
# What `make down` removes: the stacks' files, the addresses of the world.
LEFT := $(wildcard $(foreach stack,local local-prod,$(foreach end,json json.gz,\
    .local/state/.pulumi/stacks/clerkstack/$(stack).$(end))) .local/world/urls.json .local/world/env.sh)

# With this variable, `python -m local.machine.venv` would not find `local`.
unexport PYTHONSAFEPATH
# With this variable, each of the many processes would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up app production preview down test check test-pythons lint measure bench faults rotation team-demo messages reference lock clean venv engine node world-start world-stop
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

up: venv engine ## set up, start the local world, deploy the stack `local`
	@$(VENV)/python -m local.stack up $(ARGS)

app: up node ## run the example app as the deployment of the stack `local`, and try it
	@$(IN_ENV) $(VENV)/python -m local.world app --target preview --host preview.sendero.example
	@$(IN_ENV) bin/clerkstack smoke --stack local $(ARGS)

production: up node ## deploy the stack `local-prod`, the same world's production, and run the example app as its deployment
	@$(VENV)/python -m local.stack up --stack local-prod $(ARGS)
	@$(IN_ENV) $(VENV)/python -m local.world app --target production --host sendero.example

preview: venv engine ## show what `make up` would change
	@$(VENV)/python -m local.stack preview $(ARGS)

down: $(if $(LEFT),venv engine) ## destroy the local stacks and stop the local world
	@$(if $(LEFT),$(VENV)/python -m local.stack down $(ARGS),echo "no stack \`local\` and no local world: nothing to destroy")

test: venv engine node ## run every test
	@CLERKSTACK_WORLD=no; $(IN_ENV) $(VENV)/python -m pytest $(PARALLEL) $(ARGS)

# One a core: none of these tests waits for the engine.
check: WORKERS = 2
check: lint ## run what a change should pass before review: style, types, and the quick tests that need no engine
	@$(VENV)/python -m pytest $(PARALLEL) -m "not limits" tests/unit tests/property $(ARGS)

test-pythons: venv ## run the unit tests on every other supported Python on this machine
	@$(VENV)/python -m local.machine.pythons $(ARGS)

lint: venv ## check style, format, types and workflows
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/python -m local.machine.actionlint
	$(VENV)/zizmor --quiet --offline --no-progress .github

measure: venv engine ## measure the suite, starts, ups and the scan, and write docs/measured.md
	@CLERKSTACK_WORLD=no; $(IN_ENV) $(VENV)/python -m local.measure $(ARGS)

bench: venv engine ## print time and requests of a first and an unchanged `up`; --app: of a large app's scan
	@CLERKSTACK_WORLD=no; $(IN_ENV) $(VENV)/python -m local.measure --only ups $(ARGS)

faults: venv ## try each write with each failure of a service: what the run reports, what is live
	@$(VENV)/python -m local.faults $(ARGS)

team-demo: venv engine ## deploy with the state in S3 and the secrets by KMS, on this machine
	@CLERKSTACK_WORLD=no; $(IN_ENV) $(VENV)/python -m local.team

rotation: venv engine node ## rotate under continuous traffic, with kills and refusals at every moment
	@CLERKSTACK_WORLD=no; $(IN_ENV) $(VENV)/python -m local.rotation $(ARGS)

messages: venv ## list every message and help text of the product, with file and line
	@$(VENV)/python -m local.messages $(ARGS)

reference: venv ## renew the tables of the settings, policies and commands in docs/
	@$(VENV)/python -m local.reference

lock: venv ## renew the lock files with the newest versions that the .in files allow
	@for name in requirements requirements-dev local/machine/engine/go; do \
	    echo "$$name.lock"; \
	    $(VENV)/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
	        --generate-hashes --no-emit-index-url --no-annotate --no-header $$name.in -o $$name.lock || exit 1; \
	done

clean: ## remove what the set-up created; the state of the stacks and of the world stays
	rm -rf .venv .local/engine .local/actionlint .local/pythons .local/github-api.json .local/pulumi-stack-crd.yaml .local/skipped .local/env.sh .local/pulumi-home node_modules *.egg-info
	rm -rf example/node_modules example/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis

venv: ## create .venv with the locked packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is not Python 3.11 or newer. To use another one: make PYTHON=python3.12 ..."; \
	    exit 1; }
	@$(PYTHON) -m local.machine.venv

engine: venv ## set up the Pulumi engine: from PATH, its release, or built
	@$(VENV)/python -m local.machine.engine ensure

node: # fetch what npm and Go provide: the official clients, the example app's packages, API descriptions
	@$(PYTHON) -m local.machine.node

world-start: venv ## start the local world alone
	@$(VENV)/python -m local.world start $(ARGS)

world-stop: venv ## stop the local world; its state stays
	@$(VENV)/python -m local.world stop $(ARGS)

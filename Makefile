# Every target does the set-up that it needs, once.
# Downloads and builds for development are in the cache, not in the clone, because
# `pack build --buildpack .` ships every file of the clone.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/knative-python

export PATH := $(CURDIR)/.tools:$(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
export RUFF_CACHE_DIR := $(cache)/checks/ruff
export MYPY_CACHE_DIR := $(cache)/checks/mypy
# Without this, testcontainers pulls a helper image from the internet.
export TESTCONTAINERS_RYUK_DISABLED := true
export DOCKER_BUILDKIT := 0

FUNCTION ?=
IMAGE ?= myfn

.PHONY: help
help: ## List the targets
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then bold='\033[1m' plain='\033[0m'; fi; \
	awk -v bold="$$bold" -v plain="$$plain" -F ':.*## ' ' \
	    /^# --- / { gsub(/^# -+ | -+$$/, ""); printf "\n%s%s%s\n", bold, toupper(substr($$0, 1, 1)) substr($$0, 2), plain } \
	    /^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 } \
	    END { printf "\nV=1 also shows what programs print, V=0 shows only errors: make V=1 builder\n" }' $(MAKEFILE_LIST)

# --- the two commands -------------------------------------------------------------------------

.PHONY: image
image: builder ## Build a function (FUNCTION=folder, else examples/http) into IMAGE=myfn, start it, and send requests
	@tools/run.sh stack.function "$(IMAGE)" "$(FUNCTION)" $(named)

.PHONY: test
test: ## Run all checks and tests, with their set-up
	@$(MAKE) check
	@$(MAKE) setup
	@$(MAKE) test-image
	@$(MAKE) test-cluster

# --- set-up -----------------------------------------------------------------------------------

# tiny, base, bookworm or bookworm-base: stack/README.md
VARIANT ?= tiny
# amd64 or arm64; default: the machine's
ARCH ?=
REGISTRY ?=
VERSION ?=
# More options of stack/release.sh: RELEASE=--dry-run
RELEASE ?=
named = $(if $(filter-out tiny,$(VARIANT)),--variant $(VARIANT)) $(if $(ARCH),--arch $(ARCH))

.PHONY: python docker tools cpython images builder registry publish release lock-stack setup
python: ## Create the development environment (.venv)
	@tools/run.sh tools.machine.environment

docker: ## Use the running Docker daemon, or install and start one
	@tools/docker.sh start

tools: ## Build pack, lifecycle, func, queue-proxy, and other programs for tests (.tools)
	@tools/build.sh

cpython: ## Download a second CPython, for tests (.tools)
	@tools/build.sh cpython

images: docker ## Build the base images (VARIANT=base, ARCH=arm64: stack/README.md)
	@stack/build.sh $(named)

builder: docker ## Build the builder knative-python/builder, and the images that it needs
	@stack/builder.sh $(named)

registry: docker ## Build func, and serve builder and run image from a registry on loopback
	@stack/push.sh $(named)
	@tools/build.sh func

publish: docker ## Push builder, run and build image and buildpack to REGISTRY=host/path
	@stack/publish.sh "$(REGISTRY)" $(named)

release: python ## Create a version: images, changelog, tag, provenance (VERSION=1.2.3 REGISTRY=host/path; docs/releasing.md)
	@stack/release.sh "$(VERSION)" "$(REGISTRY)" $(named) $(RELEASE)

lock-stack: ## Lock the newest versions of the images' Debian packages, and print the changes
	@stack/lock.sh

setup: python tools builder registry ## Do the whole set-up

.PHONY: cluster cluster-down
cluster: docker registry ## Start Kubernetes with Knative and Tekton on this machine (docs/deploy.md; Linux, root)
	@tools/cluster.sh up

cluster-down: ## Stop that cluster, and remove everything that it created
	@tools/cluster.sh down

.PHONY: doctor
doctor: ## Report what is missing or wrong on this machine, and what to do; changes nothing
	@command -v python3 >/dev/null || { echo "problem python3 is missing. Install it: apt-get install python3 python3-venv"; exit 1; }
	@python3 -m tools.doctor

.PHONY: stop
stop: ## Stop the cluster, the Docker daemon and the registry, if `make` started them
	@tools/cluster.sh down
	@tools/registry.sh stop
	@tools/docker.sh stop

# --- checks and tests -------------------------------------------------------------------------

python_sources := bench buildpack documentation examples stack templates tests tools

.PHONY: fmt
fmt: python ## Format the sources
	@ruff format $(python_sources)
	@ruff check --fix-only --quiet $(python_sources)

.PHONY: lint
lint: python ## Check style, types, import rules and shell scripts; changes nothing
	@ruff format --check $(python_sources)
	@ruff check $(python_sources)
	@mypy
	@PYTHONPATH=.:buildpack:buildpack/runtime/src lint-imports --no-cache
	@git ls-files -z | xargs -0 grep -d skip -lE '^#!/bin/(ba)?sh|^#!/usr/bin/env bash' | xargs shellcheck -x -P SCRIPTDIR

# Only changes with these names: make mutants M='function_buildpack.manifests.*'
M ?=

.PHONY: mutants
mutants: python ## Make small changes to codec, HTTP, manifests and layer keys, and list those that no test notices (some hours; M=names)
	@tools/run.sh tools.mutants $(foreach name,$(M),'$(name)')

# A file or a folder of tests: make unit T=tests/unit/function_buildpack/plan
T ?=

.PHONY: quick unit
quick: python ## Run the unit tests, in under a minute
	@pytest -q -p no:cacheprovider -n 2 tests/unit

unit: python $(if $(T),,cpython) ## Run the unit and contract tests, with branch coverage (T=path: only these, without coverage)
	@$(if $(T),pytest -p no:cacheprovider $(T),tools/python/coverage.sh)

.PHONY: check
check: lint unit ## Run lint and unit: everything that needs no Docker

.PHONY: test-image
test-image: ## Run the image and platform tests (after make setup)
	@pytest -n 2 --dist loadfile tests/image tests/platform

.PHONY: test-cluster
test-cluster: cluster ## Run the tests on real Kubernetes with Knative (10 minutes; after make setup; Linux, root)
	@pytest -n 2 --dist loadfile tests/cluster

.PHONY: test-arm64
test-arm64: tools docker ## Build the images for arm64, and test a function on them (8 minutes; after make setup)
	@pytest tests/arm64

# --- documentation ----------------------------------------------------------------------------

.PHONY: site
site: python ## Build the documentation as a site (SITE=folder, default: in the cache); fails on a broken link
	@python -m documentation.site $(SITE)

.PHONY: readme transcript
readme: python ## Update the generated parts of README.md, and docs/reference.md
	@PYTHONPATH=buildpack:buildpack/runtime/src python -m documentation.readme

transcript: builder ## Run the commands of the first page, and store what a terminal shows
	@PYTHONPATH=buildpack:buildpack/runtime/src python -m documentation.readme --run

# --- measurements -----------------------------------------------------------------------------

# Options of `python -m bench.runtime`. Without any, everything is measured and the result is stored.
BENCH ?=

.PHONY: bench
bench: ## Run all measurements, and compare them with those of the last commit (50 to 65 minutes; Linux, root)
	@$(MAKE) bench-runtime BENCH=
	@$(MAKE) bench-build
	@$(MAKE) bench-images
	@$(MAKE) bench-platform
	@python -m bench.compare

.PHONY: bench-runtime
bench-runtime: images ## Measure the runtime next to its peers (14 minutes; BENCH=--quick: 1 minute)
	@bench/runtime/container.sh $(or $(BENCH),--keep)
	@$(MAKE) readme

.PHONY: bench-build
bench-build: builder registry ## Measure a build next to func's own builder and Dockerfiles with pip and uv (20 minutes)
	@tools/build.sh pack func lifecycle
	@python -m bench.build --out docs/benchmarks
	@$(MAKE) readme

.PHONY: bench-images
bench-images: docker python ## Measure the run images next to a Debian with python3 (5 minutes)
	@tools/build.sh pack
	@python -m bench.images --out docs/benchmarks
	@$(MAKE) readme

.PHONY: bench-platform
bench-platform: builder cluster ## Measure functions on Knative next to func-python (10 to 25 minutes; Linux, root)
	@tools/build.sh pack func
	@python -m bench.platform --out docs/benchmarks
	@$(MAKE) readme

# --- upkeep -----------------------------------------------------------------------------------

.PHONY: lock
lock: python ## Lock the newest versions for runtime, development environment, measured peers and tested frameworks
	@tools/python/lock.sh

.PHONY: update
update: python ## Lock the newest versions everywhere, print the changes, and run all tests
	@tools/run.sh tools.update
	@$(MAKE) test

.PHONY: clean
clean: stop ## Remove the cache with all builds and downloads
	@rm -rf "$(cache)" .tools .venv

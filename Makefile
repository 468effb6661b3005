# The commands people type. `make demo` and `make test` install what is missing and say so.
SHELL := bash

.PHONY: help build demo test soak bench verify format generate clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

build: ## the four programs, optimised, in bin/
	@scripts/install-dependencies build
	@scripts/build-programs release

demo: build ## the whole loop on this machine: train, serve, drift, detect, retrain, promote (KEEP=1 leaves it running)
	@scripts/demo $(if $(KEEP),--keep)

test: ## everything: unit suites, end-to-end on the local cluster, and on a real Kubernetes where one is at hand
	@scripts/install-dependencies test
	@scripts/test

soak: ## minutes each of dying leaders, steady state, crashes, the prediction log, strangers, fuzzing; NAME=leaders|steady|crash|log|strangers|fuzz|schemathesis, ON=local|real (docs/soak.md)
	@scripts/install-dependencies test
	@scripts/soak $(or $(NAME),all) $(if $(filter strangers,$(NAME)),,$(or $(ON),both))

bench: ## figures as Markdown tables; NAME=controller|serving|idle|evaluation|replay (docs/performance.md)
	@scripts/install-dependencies test
	@for name in $(or $(NAME),controller serving idle evaluation replay); do scripts/benchmark $$name || exit 1; done

verify: ## format, imports, wings and folders, copies of shared code, links between pages, generated files
	@scripts/install-dependencies build
	@scripts/verify

format: ## rewrites the Swift files in the project's format
	swift format -i -r -p Sources Tests Examples Benchmarks Soak Package.swift

generate: ## rewrites crds/, the chart's copy of them and docs/resources/ from the Swift types
	@scripts/generate

clean: ## removes what was built
	rm -rf .build bin

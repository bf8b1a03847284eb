# What one does with phasemap; `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

WORKERS ?= 2
DEMO ?= runs/molrg-k1
SEEDS ?= 10000
SOAK_SECONDS ?= 3600
FUZZ_INPUTS ?= 170000

SWIFT_FOLDERS := Package.swift $(wildcard Sources sweeps Tests Benchmarks examples)

RUNS ?= runs

.PHONY: help setup check lint layers build test demo science desk bench docs format simulate soak fuzz damage sanitize scenarios record clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the Debian packages that are missing (scripts/setup --dry-run says which)
	@scripts/setup

check: lint layers scenarios test ## everything a change must pass: format lint, layers, a build without warnings, tests

lint:
	swift format lint --strict --parallel -r $(SWIFT_FOLDERS)

layers:
	scripts/check-layers

scenarios:
	scripts/check-scenarios

build: setup
	scripts/build-without-warnings

test: ## install what the tests need, build without warnings and run every test (one at a time: many start processes)
	@scripts/setup --tests
	scripts/build-without-warnings --build-tests
	swift test --skip-build --no-parallel

demo: setup ## the main job on this machine: WORKERS=2, into DEMO=runs/molrg-k1
	swift build -c release --product phasemap
	"$$(swift build -c release --show-bin-path)/phasemap" run molrg-k1 --workers $(WORKERS) --into $(DEMO)
	@echo "Merged file:"; ls -1 $(DEMO)/phase-diagram.h5
	@echo "Pictures:"; find $(DEMO) -name '*.svg' -o -name '*.pdf' -o -name '*.png' | sort

science: setup ## every sweep at preset small, its claims decided, and its negative controls (<= 5 minutes)
	scripts/science --preset small --workers $(WORKERS) --into $(RUNS)/science

desk: setup ## every sweep at preset desk with its claims decided (<= 90 minutes), into RUNS=runs: desk/verdicts.md
	scripts/science --preset desk --no-controls --workers $(WORKERS) --into $(RUNS)/desk

bench: setup ## run the benchmarks; each checks its answer (docs/benchmarks.md)
	scripts/bench

docs: ## render the modules' documentation into .build/docs; a broken link fails it
	scripts/build-docs

format: ## rewrite all Swift files in the house format
	swift format --parallel -i -r $(SWIFT_FOLDERS)

simulate: ## run SEEDS=10000 simulated clusters with faults; prints the first failing seed
	PHASEMAP_SIMULATION_SEEDS=$(SEEDS) swift test --filter 'SimulationTests|MistakeTests'

soak: setup ## kill, stop and cut off real processes for SOAK_SECONDS=3600; the result must not change
	SOAK_SECONDS=$(SOAK_SECONDS) swift test --filter Soak

fuzz: setup ## change frames and files, FUZZ_INPUTS=170000 of each of nine kinds; no crash, hang or growth
	FUZZ_INPUTS=$(FUZZ_INPUTS) swift test --no-parallel --filter Fuzz

damage: setup ## every cut, flipped bit and inserted block of zeros of a small journal
	JOURNAL_DAMAGE=all swift test --filter JournalDamage

sanitize: setup ## the whole suite under the thread and the address sanitizer (docs/reliability.md)
	scripts/sanitize thread
	scripts/sanitize address

record: ## record the goldens anew; fails on purpose: read the difference, then commit it
	RECORD_GOLDENS=1 swift test

clean: ## remove what was built; runs/ stays
	rm -rf .build .build-* Benchmarks/.build examples/*/.build

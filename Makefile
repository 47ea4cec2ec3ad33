# `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.

.DEFAULT_GOAL := help
.PHONY: help run build test lint fmt bench cluster

help: ## lists what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds all and runs it on http://127.0.0.1:8080, with all it keeps in ./data
	@.ci/install build
	@.ci/web build
	cargo run --release -- serve

build: ## builds everything, optimised: the browser app, and the server with the app in it
	@.ci/install build
	@.ci/web build
	cargo build --release --workspace

test: ## every test, with throwaway PostgreSQL and Redis of its own
	@.ci/install test
	@.ci/web build
	@.ci/web test
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace; \
	else \
		cargo test --workspace --no-fail-fast -- --test-threads=4; \
	fi
	@cargo build --bin teamflow
	@.ci/web e2e

lint: ## formatting, types, clippy and biome; warnings are errors
	@.ci/install build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@.ci/web lint

fmt: ## formats the code
	@.ci/install build
	cargo fmt --all
	@.ci/web fmt

bench: ## the figures of this machine, as a table
	@.ci/install test
	cargo build --release --workspace
	cargo run --release -p load-tests -- bench

cluster: ## three nodes, PostgreSQL, Redis and a proxy on this machine, with all they keep in ./data/cluster
	@.ci/install cluster
	@.ci/web build
	cargo build --release --bin teamflow
	@deploy/cluster "$${CARGO_TARGET_DIR:-target}/release/teamflow"

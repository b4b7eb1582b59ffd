# Two commands to know: `make demo` shows the whole loop, `make test` proves it. Each installs what it needs and says so.

.PHONY: demo test serve build simulate chaos fuzz bench

# The whole loop on this machine alone: server, networks played locally, a sample game and its players.
demo: build
	target/release/postbacks demo

# The real thing; the settings are in README.md and .env.example.
serve: build
	target/release/postbacks serve

# The release server, and what it gives to browsers.
build:
	scripts/setup
	scripts/build-web
	cargo build --release --locked

# Formatting, lints, Rust tests on SQLite and PostgreSQL, browser tests.
test:
	scripts/test

# The delivery engine in so many worlds of its own; with SEED, one of them told step by step.
SEEDS ?= 100000
simulate:
	cargo bench --quiet --locked --features simulation --bench simulate -- $(if $(SEED),one $(SEED),$(SEEDS))

# The real program killed CYCLES times (500) under load, on each database.
chaos:
	CYCLES=$(CYCLES) scripts/chaos

# What strangers send (bodies, addresses, answers of networks), mutated for TIME seconds by each target; what breaks is kept under fuzz/.
TIME ?= 60
fuzz:
	POSTBACKS_FUZZ_SECONDS=$(TIME) cargo test --quiet --locked --lib -- --nocapture fuzz

# What BENCHMARKS.md reports, measured anew: ingest, delivery beside a peer, the whole under load, the queue's depth, the log. QUICK=1 is to see
# that it works; PART names one (ingest, growth, dispatch, stored, profile, flame, depth, idle, latency, hang,
# pipeline, log).
bench:
	QUICK=$(QUICK) PART=$(PART) scripts/bench

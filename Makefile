.PHONY: generate check test bench million prove fuzz mutate

generate: ## graph/ from schema/
	go generate ./graph

check: ## what CI runs
	bash .ci/run

test:
	go test ./...

bench: ## the service against a handler by hand and against gqlgen as it comes; an hour and more
	go run ./bench $(BENCH)

million: ## a record among 1,000,000 residents against one among 20,000; made once, in data/bench: 26 GB
	go run ./bench -populations 20000,1000000 -cell 5s -most 1.2 $(BENCH)

# The longer proofs: kills, faults, timing, browsers, GP Connect
# stubs in WireMock (Java and npm), PgBouncer (Debian's), replicas and shards,
# fuzzing, mutation, a million residents. See docs/proofs.md.
prove:
	go test -tags prove -timeout 90m ./...
	$(MAKE) fuzz
	$(MAKE) mutate
	$(MAKE) million

FUZZ ?= 5m # each; on two cores ten minutes of CPU

fuzz: ## every fuzz target; make fuzz FUZZ=30s for a short run
	for package in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u); do \
		for target in $$(go test -list '^Fuzz' ./$$package | grep '^Fuzz'); do \
			echo "== $$package $$target"; \
			go test -run xxx -fuzz "^$$target$$" -fuzztime $(FUZZ) -fuzzminimizetime 5x ./$$package || exit 1; \
		done; \
	done

mutate: ## change every statement that enforces, and see that a test notices
	go run ./prove/mutate

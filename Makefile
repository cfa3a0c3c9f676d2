.PHONY: generate check test prove

generate: ## graph/ from schema/
	go generate ./graph

check: ## what CI runs
	bash .ci/run

test:
	go test ./...

# The longer proofs: kills, faults, fuzzing, benchmarks. See docs/proofs.md.
prove:
	go test -tags prove -timeout 60m ./...
	for target in FuzzParseNHSNumber FuzzAppendJSON; do go test -run xxx -fuzz "^$$target$$" -fuzztime 60s ./internal/record || exit 1; done
	for target in $$(go test -list '^Fuzz' ./internal/auth | grep ^Fuzz); do go test -run xxx -fuzz "^$$target$$" -fuzztime 60s ./internal/auth || exit 1; done
	for target in $$(go test -list '^Fuzz' ./internal/transport | grep ^Fuzz); do go test -run xxx -fuzz "^$$target$$" -fuzztime 60s -fuzzminimizetime 5x ./internal/transport || exit 1; done
	go test -run xxx -fuzz "^FuzzForm$$" -fuzztime 60s ./internal/optout

# Proofs of the parsers with CBMC (fetched by the target where Debian does not package it).

.PHONY: prove
prove: ## prove the parsers' steps memory-safe and their invariants kept (CBMC)
	$(Q)sh tests/proof/prove.sh $(BUILD)/proof $(PROOFS)

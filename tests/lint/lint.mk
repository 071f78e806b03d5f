# SPDX-License-Identifier: Apache-2.0
# Static checks; tests/lint/lint.sh says which. ONLY="rooms tidy" runs some of them.

.PHONY: lint
lint: ## static checks: analyzers, MISRA, the order of the rooms, format
	$(Q)BUILD=$(BUILD) JOBS=$(JOBS) CPPFLAGS="$(CPPFLAGS)" bash tests/lint/lint.sh $(ONLY)

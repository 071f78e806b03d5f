# SPDX-License-Identifier: Apache-2.0
# `make check-targets`: unit tests, simulated runs and the command on other machines, and what the
# build itself promises. sources.sh fetches, target.sh builds, run.sh runs; build.sh asks the build.

TARGETS ?= arm64 armhf riscv64 x86-64-musl arm64-musl
TARGETS_DIR := $(BUILD)/targets
TARGETS_HOST = $(BUILD)/standin $(JOURNEYS) $(E2E_TOOLS)
# One line a target, two of them at a time where there are two cores.
targets_run = TEST_TIMEOUT=1200 sh tests/tools/run-tests.sh $(foreach t,$(1),'$(t)=TEST_JOBS=1 \
	sh tests/cross/run.sh $(t) $(TARGETS_DIR) $(BUILD)')

.PHONY: check-targets targets-build
check-targets: ## the library and the command on other machines; promises of the build
	$(Q)$(SUBMAKE) $(TARGETS_HOST)
	$(Q)$(MAKE) --no-print-directory targets-build
	$(Q)$(call targets_run,$(TARGETS)) 'build=CC="$(CC)" sh tests/cross/build.sh'
targets-build:
	$(Q)sh tests/cross/sources.sh $(TARGETS_DIR)/sources
	$(Q)for t in $(TARGETS); do \
		MAKE="$(MAKE)" JOBS=$(JOBS) sh tests/cross/target.sh $$t $(TARGETS_DIR) || exit; done

# SPDX-License-Identifier: Apache-2.0
# kill -9 of the service under load: tests/kill/kill.py says how; and on a disk that fails:
# tests/kill/failing.py.

KILLS ?= 500
KILL_SECONDS ?= 160
FAILING_KILLS ?= 100
FAILING_SECONDS ?= 40
KILL_NEEDS := $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys $(BUILD)/tests/disk.so

.PHONY: test-kill test-kill-failing test-kill-long
test-kill: ## kill -9 of the service, KILLS times (500), and what became of every journey; a disk that fails
	$(Q)$(SUBMAKE) $(KILL_NEEDS)
	$(Q)BUILD=$(BUILD) python3 tests/kill/kill.py $(KILLS) $(KILL_SECONDS) $(KILL_SEED)
	$(Q)BUILD=$(BUILD) python3 tests/kill/failing.py $(FAILING_KILLS) $(FAILING_SECONDS) $(KILL_SEED)

test-kill-failing: ## the second half of test-kill alone: FAILING_KILLS times (100) on a disk that fails
	$(Q)$(SUBMAKE) $(KILL_NEEDS)
	$(Q)BUILD=$(BUILD) python3 tests/kill/failing.py $(FAILING_KILLS) $(FAILING_SECONDS) $(KILL_SEED)

test-kill-long: ## the same 500 times, in four minutes
	$(Q)$(MAKE) --no-print-directory test-kill-failing FAILING_KILLS=500 FAILING_SECONDS=240

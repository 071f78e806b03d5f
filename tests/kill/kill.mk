# SPDX-License-Identifier: Apache-2.0
# kill -9 of the service under load: tests/kill/kill.py says how.

KILLS ?= 500
KILL_SECONDS ?= 200

.PHONY: test-kill
test-kill: ## kill -9 of the service, KILLS times (500), and what became of every journey
	$(Q)$(SUBMAKE) $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys
	$(Q)BUILD=$(BUILD) python3 tests/kill/kill.py $(KILLS) $(KILL_SECONDS) $(KILL_SEED)

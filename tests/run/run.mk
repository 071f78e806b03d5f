# SPDX-License-Identifier: Apache-2.0
# The whole way at a glance: `make run`.

run: $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys
	$(Q)BUILD=$(BUILD) sh tests/run/run.sh

TEST_NEEDS += $(BUILD)/standin $(BUILD)/tools/journeys
TEST_RUNS += 'run=BUILD=$(BUILD) sh tests/run/run.sh && echo "1 passed, 0 failed"'

# SPDX-License-Identifier: Apache-2.0
# The command without any server.

.PHONY: cli-test
cli-test: $(BUILD)/navette $(BUILD)/tools/journeys ## the command alone, without a server
	$(Q)sh tests/tools/run-tests.sh 'cli=BUILD=$(BUILD) sh tests/cli/cli.sh'

TEST_NEEDS += $(BUILD)/navette $(BUILD)/tools/journeys
TEST_RUNS += 'cli=BUILD=$(BUILD) sh tests/cli/cli.sh'

# SPDX-License-Identifier: Apache-2.0
# End-to-end runs of the command: against the stand-in, against nginx and s_server, on bad input.

E2E := standin nginx input coopcycle rpc demarches
E2E_RUNS := $(foreach s,$(E2E),'e2e/$(s)=BUILD=$(BUILD) sh tests/e2e/$(s).sh')

.PHONY: e2e
e2e: $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys ## end-to-end runs alone
	$(Q)sh tests/tools/run-tests.sh $(E2E_RUNS)

TEST_NEEDS += $(BUILD)/standin $(BUILD)/tools/journeys
TEST_RUNS += $(E2E_RUNS)

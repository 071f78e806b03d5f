# SPDX-License-Identifier: Apache-2.0
# End-to-end runs of the command: against the stand-in, against nginx and s_server, on bad input.

E2E := standin tokens send patterns unanswered reconcile front nginx input coopcycle rpc rpc_v2 documents \
	demarches piste jindexe systems secrets spool convert serve intake
E2E_RUNS := $(foreach s,$(E2E),'e2e/$(s)=BUILD=$(BUILD) sh tests/e2e/$(s).sh')

# What ends the command at every operation on its files, what notes their order, what swaps them, what
# moves its clock, the disk under its spool, and what measures its memory; what makes spools.
E2E_TOOLS := $(BUILD)/tests/cut.so $(BUILD)/tests/order.so $(BUILD)/tests/peak \
	$(BUILD)/tests/mkspool $(BUILD)/tests/swap.so $(BUILD)/tests/world.so $(BUILD)/tests/disk.so \
	$(BUILD)/tests/steps.so $(BUILD)/tests/contents
$(BUILD)/tests/%.so: tests/e2e/%.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -O1 -Wall -Wextra -shared -fPIC -o $@ $< -ldl
$(BUILD)/tests/disk.so: tests/e2e/disk.h
$(BUILD)/tests/peak: tests/e2e/peak.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -D_XOPEN_SOURCE=700 -Wall -Wextra -o $@ $<
$(BUILD)/tests/mkspool: $(BUILD)/obj/tests/e2e/mkspool.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB)

# Another folder's, but only its script runs it.
$(BUILD)/tests/contents: $(BUILD)/obj/tests/convert/contents.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB)

.PHONY: e2e test-backlog-long test-send-long
e2e: $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys $(E2E_TOOLS) ## end-to-end runs alone
	$(Q)sh tests/tools/run-tests.sh $(E2E_RUNS)

test-backlog-long: $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys ## a million journeys at the start
	$(Q)BUILD=$(BUILD) sh tests/e2e/backlog.sh

test-send-long: $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys ## every pattern of failing lines
	$(Q)BUILD=$(BUILD) LANES='1 2 4 8' sh tests/e2e/patterns.sh

TEST_NEEDS += $(BUILD)/standin $(BUILD)/tools/journeys $(E2E_TOOLS)
TEST_RUNS += $(E2E_RUNS)

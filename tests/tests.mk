# SPDX-License-Identifier: Apache-2.0
# Unit tests (cmocka): each tests/unit/test_*.c is one program against the library.
# Simulated runs: each tests/sim/test_*.c is one, with the scripted network of port/sim and TLS
# replaced at link time by the clear-text stand-in tests/sim/tls_clear.c.

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
SIM_SRC := $(wildcard tests/sim/test_*.c)
SIM_BIN := $(SIM_SRC:tests/sim/%.c=$(BUILD)/sim/%)
SIM_SUPPORT := $(wildcard port/sim/*.c) $(filter-out $(SIM_SRC),$(wildcard tests/sim/*.c))
SIM_OBJ := $(SIM_SUPPORT:%.c=$(BUILD)/obj/%.o)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(TLS_LIBS) -lcmocka -lpthread

$(BUILD)/sim/%: $(BUILD)/obj/tests/sim/%.o $(SIM_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SIM_OBJ) $(LIB) -lcmocka -lpthread

.SECONDARY:
.PHONY: test-fair
test-fair: ## every kind and number of failing entries among good ones, for each number of lanes
	$(Q)$(SUBMAKE) $(BUILD)/sim/test_uplink_fair
	$(Q)NAVETTE_FAIR=all $(BUILD)/sim/test_uplink_fair

.PHONY: unit sim test-programs test-run
unit: $(UNIT_BIN) ## unit tests alone
	$(Q)sh tests/tools/run-tests.sh $(foreach t,$(UNIT_BIN),'unit/$(notdir $t)=$t')
sim: $(SIM_BIN) ## simulated runs alone
	$(Q)sh tests/tools/run-tests.sh $(foreach t,$(SIM_BIN),'sim/$(notdir $t)=$t')

# Fragments add to TEST_NEEDS (what to build) and TEST_RUNS ('name=command', no '=' in the name).
TEST_NEEDS += $(UNIT_BIN) $(SIM_BIN)
TEST_RUNS += $(foreach t,$(UNIT_BIN),'unit/$(notdir $t)=$t')
TEST_RUNS += $(foreach t,$(SIM_BIN),'sim/$(notdir $t)=$t')

test:
	$(Q)$(SUBMAKE) test-programs
	$(Q)$(MAKE) --no-print-directory test-run
test-run:
	$(Q)sh tests/tools/run-tests.sh $(TEST_RUNS)

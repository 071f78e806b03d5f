# SPDX-License-Identifier: Apache-2.0
# Figures and proofs about the library's objects.

.PHONY: size check-size check-noalloc
size: ## code, memory and stack of each room, written to tests/size/table.md
	$(Q)python3 tests/size/size.py $(BUILD)/size
check-size: ## compare with tests/size/table.md
	$(Q)python3 tests/size/size.py --check $(BUILD)/size
check-noalloc: lib ## no object of the library refers to an allocator or has static memory
	$(Q)sh tests/size/noalloc.sh $(LIB) "$(CC)"

# A library without the words that config.h can leave out, and the tests that do not read them: all
# else must come out the same.
SMALL_FLAGS := -DNVT_ERR_SENTENCES=0 -DNVT_SERVER_WORDS=0
SMALL_WORDY := base_bytes base_time client_failure coopcycle_% demarches_% piste cli_% flow grant \
	refresh served uplink uplink_% every_byte power_cut
SMALL_UNIT := $(filter-out $(SMALL_WORDY:%=test_%),$(UNIT_SRC:tests/unit/%.c=%))
SMALL_SIM := $(filter-out $(SMALL_WORDY:%=test_%),$(SIM_SRC:tests/sim/%.c=%))
SMALL_BIN := $(SMALL_UNIT:%=$(BUILD)/unit/%) $(SMALL_SIM:%=$(BUILD)/sim/%) $(BUILD)/size/test_small

.PHONY: check-small small-run
check-small: ## tests of a library without names, sentences and servers' words
	$(Q)$(SUBMAKE) BUILD=$(BUILD)/small CPPFLAGS='$(CPPFLAGS) $(SMALL_FLAGS)' small-run
small-run: $(SMALL_BIN)
	$(Q)sh tests/tools/run-tests.sh $(foreach t,$(SMALL_BIN),'$(patsubst $(BUILD)/%,%,$t)=$t')
$(BUILD)/size/%: $(BUILD)/obj/tests/size/%.o $(SIM_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SIM_OBJ) $(LIB) -lcmocka -lpthread

TEST_NEEDS += $(LIB)
TEST_RUNS += 'size/v2-apart=sh tests/size/apart.sh $(LIB)'

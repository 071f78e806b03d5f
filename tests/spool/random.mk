# SPDX-License-Identifier: Apache-2.0
# The spool on a device that fails in every way, beside a ledger kept apart; what damage does to it;
# mutants of it.

RANDOM_CUTS ?= 150000
RANDOM_DAMAGE_CUTS ?= 60000
MUTANTS ?= 200
RANDOM_OBJ := $(patsubst %,$(BUILD)/obj/tests/spool/random/%.o,faulty ledger run image)

$(BUILD)/spool/random: $(BUILD)/obj/tests/spool/random/random.o $(RANDOM_OBJ) $(LIB)
$(BUILD)/spool/damage: $(BUILD)/obj/tests/spool/random/damage.o \
	$(BUILD)/obj/tests/spool/random/places.o $(RANDOM_OBJ) $(LIB)
$(BUILD)/spool/random $(BUILD)/spool/damage:
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB)

TEST_NEEDS += $(BUILD)/spool/random $(BUILD)/spool/damage
TEST_RUNS += 'spool/random=$(BUILD)/spool/random $(RANDOM_CUTS)'
TEST_RUNS += 'spool/random-damage=$(BUILD)/spool/random $(RANDOM_DAMAGE_CUTS) 1 cd'
TEST_RUNS += 'spool/damage=$(BUILD)/spool/damage tests/spool/damage.md'

.PHONY: spool-random spool-random-long spool-damage spool-mutants
spool-random: ## the spool on a device that fails in every way: RANDOM_CUTS (150000) cut points
	$(Q)$(SUBMAKE) $(BUILD)/spool/random
	$(Q)$(BUILD)/spool/random $(RANDOM_CUTS)
spool-random-long: ## the same, more than a million
	$(Q)$(MAKE) --no-print-directory spool-random RANDOM_CUTS=1200000
spool-damage: ## damage of each kind in each place of a spool: tests/spool/damage.md
	$(Q)$(SUBMAKE) $(BUILD)/spool/damage
	$(Q)$(BUILD)/spool/damage >tests/spool/damage.md
spool-mutants: ## MUTANTS (200) random mutants of the spool that its fast tests should notice
	$(Q)$(SUBMAKE) $(BUILD)/spool/random \
		$(patsubst tests/sim/%.c,$(BUILD)/sim/%,$(wildcard tests/sim/test_spool*.c))
	$(Q)CC='$(CC)' JOBS=$(JOBS) python3 tests/spool/mutants.py $(BUILD) $(MUTANTS)

# SPDX-License-Identifier: Apache-2.0
# Thirty days of a vehicle in simulated time, seed after seed.

LIFE_SECONDS ?= 60
LIFE_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/life/*.c port/sim/*.c) \
	tests/sim/registry.c tests/sim/registry_http.c tests/sim/tls_clear.c tests/sim/vehicle.c)

$(BUILD)/life/life: $(LIFE_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(LIFE_OBJ) $(LIB)

.PHONY: test-life
test-life: ## thirty days of a vehicle, seed after seed, for LIFE_SECONDS (60)
	$(Q)$(SUBMAKE) $(BUILD)/life/life
	$(Q)$(BUILD)/life/life $(LIFE_SECONDS)

TEST_NEEDS += $(BUILD)/life/life
TEST_RUNS += 'life=$(BUILD)/life/life 60 1 12 && echo "1 passed, 0 failed"'

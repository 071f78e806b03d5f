# SPDX-License-Identifier: Apache-2.0
# The spool through power cuts: every byte of every operation, two cuts deep.

SPOOL_SECONDS ?= 45
SPOOL_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/spool/*.c) port/sim/flash.c)

$(BUILD)/spool/powercut: $(SPOOL_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(SPOOL_OBJ) $(LIB)

.PHONY: test-spool
test-spool: ## power cuts at every byte of the spool's operations, SPOOL_SECONDS (45) of them chosen
	$(Q)$(SUBMAKE) $(BUILD)/spool/powercut
	$(Q)$(BUILD)/spool/powercut $(SPOOL_SECONDS)

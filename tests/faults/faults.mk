# SPDX-License-Identifier: Apache-2.0
# Network faults: a relay between the command and the stand-in.

RELAY_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/faults/relay*.c))

$(BUILD)/relay: $(RELAY_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(RELAY_OBJ)

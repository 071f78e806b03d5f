# SPDX-License-Identifier: Apache-2.0
# Network faults: a relay between the command and the stand-in.

RELAY_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/faults/relay*.c))

$(BUILD)/relay: $(RELAY_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(RELAY_OBJ)

$(BUILD)/tests/every_byte: $(BUILD)/obj/tests/faults/every_byte.o $(BUILD)/obj/tests/faults/relay_ask.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TLS_LIBS) -lpthread

# In front of the C library: a resolver that fails, a clock that runs faster.
$(BUILD)/tests/host.so: tests/faults/host.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -O1 -Wall -Wextra -shared -fPIC -o $@ $< -ldl

FAULTS_NEEDS := $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys $(BUILD)/relay \
	$(BUILD)/tests/every_byte $(BUILD)/tests/host.so
.PHONY: test-faults
test-faults: $(FAULTS_NEEDS) ## the service behind networks that delay, cut, garble, swallow and lose
	$(Q)BUILD=$(BUILD) sh tests/faults/faults.sh

# SPDX-License-Identifier: Apache-2.0
# The stand-in server: libmicrohttpd over GnuTLS, jansson. For tests and `make run` only.

STANDIN_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/standin/*.c))

$(BUILD)/standin: $(STANDIN_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(STANDIN_OBJ) -lmicrohttpd -lgnutls -ljansson -lm

.PHONY: standin
standin: $(BUILD)/standin ## the local server that stands in for the five systems
TEST_NEEDS += $(BUILD)/standin
TEST_RUNS += 'standin=BUILD=$(BUILD) sh tests/standin/selftest.sh'
TEST_RUNS += 'standin-v2=BUILD=$(BUILD) sh tests/standin/v2.sh'
TEST_RUNS += 'standin-systems=BUILD=$(BUILD) sh tests/standin/systems.sh'

# SPDX-License-Identifier: Apache-2.0
# Clocks, waiting and look-ups of port/freertos on the host, with a kernel that the test plays.

FREERTOS_SRC := tests/freertos/test_freertos.c port/freertos/freertos.c port/freertos/resolve.c \
	port/lwip/addr.c
FREERTOS_HEADERS := $(wildcard port/freertos/*.h port/lwip/*.h tests/freertos/fake/*.h include/navette/*.h)

$(BUILD)/freertos/test_freertos: $(FREERTOS_SRC) $(FREERTOS_HEADERS) $(BUILD)/flags
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -Itests/freertos/fake -Iport/freertos -Iport/lwip \
		$(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(FREERTOS_SRC) -lcmocka

TEST_NEEDS += $(BUILD)/freertos/test_freertos
TEST_RUNS += 'freertos=$(BUILD)/freertos/test_freertos'

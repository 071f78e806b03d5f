# SPDX-License-Identifier: Apache-2.0
# A day's journeys as JSON Lines, for the demonstration and the end-to-end tests.

JOURNEYS := $(BUILD)/tools/journeys
JOURNEYS_OBJ := $(BUILD)/obj/tests/tools/journeys.o $(BUILD)/obj/tests/tools/journeys_data.o

$(JOURNEYS): $(JOURNEYS_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(JOURNEYS_OBJ) $(LIB) $(TLS_LIBS) -lpthread

.PHONY: journeys
journeys: $(JOURNEYS)

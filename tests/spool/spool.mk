# SPDX-License-Identifier: Apache-2.0
# The spool through power cuts and faults: random runs cut at every byte, two cuts deep, and every
# short sequence of operations with a cut and a fault at every call.

SPOOL_SECONDS ?= 45
SPOOL_DEPTH ?= 5
SPOOL_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/spool/,model.c powercut.c) \
	port/sim/flash.c)
EXHAUST_SRC := $(addprefix tests/spool/,ask.c chip.c crc.c deeds.c exhaust.c explore.c hash.c jobs.c \
	know.c lives.c oracle.c resume.c seen.c trace.c warm.c) $(wildcard src/spool/*.c)
EXHAUST_OBJ := $(EXHAUST_SRC:%.c=$(BUILD)/fast/%.o)

$(BUILD)/spool/powercut: $(SPOOL_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(SPOOL_OBJ) $(LIB)

# The checker and the room it checks are built for speed, however the rest is.
$(BUILD)/fast/%.o: %.c $(BUILD)/flags | $(BUILD)/found-lib
	$(call compile,-O3)

$(BUILD)/spool/exhaust: $(EXHAUST_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(EXHAUST_OBJ) $(LIB)

TEST_NEEDS += $(BUILD)/spool/exhaust
TEST_RUNS += 'spool/exhaust=$(BUILD)/spool/exhaust quick'

.PHONY: test-spool spool-exhaustive
test-spool: ## power cuts at every byte of the spool's operations, SPOOL_SECONDS (45) of them chosen
	$(Q)$(SUBMAKE) $(BUILD)/spool/powercut
	$(Q)$(BUILD)/spool/powercut $(SPOOL_SECONDS)

spool-exhaustive: ## every sequence of SPOOL_DEPTH (5) operations with every cut and fault, or what is left of it
	$(Q)$(SUBMAKE) $(BUILD)/spool/exhaust
	$(Q)SPOOL_PROGRESS=1 SPOOL_DONE=$(BUILD)/spool/exhaust-$(SPOOL_DEPTH).done \
		$(BUILD)/spool/exhaust $(SPOOL_DEPTH)

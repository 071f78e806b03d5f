# Unit tests (cmocka): each tests/unit/test_*.c is one program against the library.
# Simulated runs: each tests/sim/test_*.c is one, with the scripted network of port/sim and TLS
# replaced at link time by the clear-text stand-in tests/sim/tls_clear.c.

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
SIM_SRC := $(wildcard tests/sim/test_*.c)
SIM_BIN := $(SIM_SRC:tests/sim/%.c=$(BUILD)/sim/%)
SIM_SUPPORT := $(wildcard port/sim/*.c) $(filter-out $(SIM_SRC),$(wildcard tests/sim/*.c))
SIM_OBJ := $(SIM_SUPPORT:%.c=$(BUILD)/obj/%.o)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(TLS_LIBS) -lcmocka -lpthread

$(BUILD)/sim/%: $(BUILD)/obj/tests/sim/%.o $(SIM_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SIM_OBJ) $(LIB) -lcmocka -lpthread

.SECONDARY:
.PHONY: unit sim
unit: $(UNIT_BIN)
	$(Q)for t in $(UNIT_BIN); do $$t || exit 1; done
sim: $(SIM_BIN)
	$(Q)for t in $(SIM_BIN); do $$t || exit 1; done

# SPDX-License-Identifier: Apache-2.0
# The port conformance test, run on the POSIX port, and its server as a program of its own.

CONF_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,\
	$(filter-out tests/conformance/main_%.c,$(wildcard tests/conformance/*.c)))

$(BUILD)/conformance/%: $(BUILD)/obj/tests/conformance/main_%.o $(CONF_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(CONF_OBJ) $(LIB) -lpthread

.PHONY: conformance
conformance: $(BUILD)/conformance/posix $(BUILD)/conformance/server ## the POSIX port through the port conformance test
	$(Q)$(BUILD)/conformance/posix

TEST_NEEDS += $(addprefix $(BUILD)/conformance/,posix server mutants resolver)
TEST_RUNS += 'conformance/posix=$(BUILD)/conformance/posix'
TEST_RUNS += 'conformance/mutants=$(BUILD)/conformance/mutants'
TEST_RUNS += 'conformance/resolver=$(BUILD)/conformance/resolver'

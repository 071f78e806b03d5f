# SPDX-License-Identifier: Apache-2.0
# The port conformance test, run on the POSIX port and the block devices, and its server as a program
# of its own.

CONF_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,\
	$(filter-out tests/conformance/main_%.c,$(wildcard tests/conformance/*.c)))

$(BUILD)/conformance/%: $(BUILD)/obj/tests/conformance/main_%.o $(CONF_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) -lpthread

$(BUILD)/conformance/block: $(BUILD)/obj/port/sim/flash.o

.PHONY: conformance
conformance: $(addprefix $(BUILD)/conformance/,posix block file server) ## the POSIX port and the block devices through the port conformance test
	$(Q)$(BUILD)/conformance/posix
	$(Q)$(BUILD)/conformance/block
	$(Q)$(BUILD)/conformance/file

TEST_NEEDS += $(addprefix $(BUILD)/conformance/,posix server mutants resolver block file)
TEST_RUNS += 'conformance/posix=$(BUILD)/conformance/posix'
TEST_RUNS += 'conformance/mutants=$(BUILD)/conformance/mutants'
TEST_RUNS += 'conformance/resolver=$(BUILD)/conformance/resolver'
TEST_RUNS += 'conformance/block=$(BUILD)/conformance/block'
TEST_RUNS += 'conformance/file=$(BUILD)/conformance/file'

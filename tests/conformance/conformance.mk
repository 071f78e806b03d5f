# SPDX-License-Identifier: Apache-2.0
# The self-test of port/selftest, run on the ports and block devices of this project and on broken ones,
# and its server as a program of its own.

CONF_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard port/selftest/*.c) \
	$(filter-out tests/conformance/main_%.c,$(wildcard tests/conformance/*.c)))

$(BUILD)/conformance/%: $(BUILD)/obj/tests/conformance/main_%.o $(CONF_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(CONF_LIBS) -lpthread

$(BUILD)/conformance/block: $(BUILD)/obj/port/sim/flash.o
$(BUILD)/conformance/stub: $(BUILD)/obj/port/stub/stub.o
$(BUILD)/conformance/stub: CONF_LIBS := $(TLS_LIBS)

$(BUILD)/conformance/disk: $(BUILD)/tests/disk.so

CONF_RUNS := posix mutants resolver block file disk stub
.PHONY: conformance
conformance: $(addprefix $(BUILD)/conformance/,$(CONF_RUNS) server) ## the ports and the block devices through the self-test
	$(Q)sh tests/tools/run-tests.sh $(foreach t,$(CONF_RUNS),'conformance/$t=$(BUILD)/conformance/$t')

TEST_NEEDS += $(addprefix $(BUILD)/conformance/,$(CONF_RUNS) server)
TEST_RUNS += $(foreach t,$(CONF_RUNS),'conformance/$t=$(BUILD)/conformance/$t')

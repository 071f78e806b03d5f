# SPDX-License-Identifier: Apache-2.0
# The library's bounds for the registry against rules that were not written from it: the stand-in's
# here, the registry's own validators in tests/interop/registry.sh.

REGISTRY_OBJ := $(BUILD)/obj/tests/registry
REGISTRY_RULES := $(addprefix $(BUILD)/obj/tests/standin/,schema.o rpc_rules.o clock.o)

$(BUILD)/registry/differential: $(REGISTRY_OBJ)/differential.o $(REGISTRY_OBJ)/mutants.o \
		$(REGISTRY_RULES) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(TLS_LIBS) \
		-ljansson -lcmocka -lm -lpthread

$(BUILD)/registry/verdicts: $(REGISTRY_OBJ)/verdicts.o $(REGISTRY_OBJ)/mutants.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(TLS_LIBS) \
		-lpthread

TEST_NEEDS += $(BUILD)/registry/differential $(BUILD)/registry/verdicts
TEST_RUNS += 'registry/differential=$(BUILD)/registry/differential'

# SPDX-License-Identifier: Apache-2.0
# The README's example of the library, compiled as it stands there and run against the stand-in.

README_BIN := $(BUILD)/readme/example

$(BUILD)/readme/example.c: README.md
	$(Q)mkdir -p $(@D) && awk '/^```c$$/ { on = 1; next } /^```$$/ { on = 0 } on' $< >$@

$(README_BIN): $(BUILD)/readme/example.c $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(TLS_LIBS) -lpthread

TEST_NEEDS += $(README_BIN) $(BUILD)/standin
TEST_RUNS += 'readme=BUILD=$(BUILD) sh tests/readme/readme.sh'

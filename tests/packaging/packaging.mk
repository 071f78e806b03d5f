# SPDX-License-Identifier: Apache-2.0
# The forms in which others take the library in, each used as they would.

PACKAGES := amalgamation install embedded

.PHONY: check-packages
check-packages: all shared amalgamation ## amalgamation, installed library, CMake, Zephyr and ESP-IDF files
	$(Q)MAKE='$(MAKE)' STRICT='$(STRICT)' BUILD=$(BUILD) JOBS=$(JOBS) NO_SETUP=1 \
		TEST_TIMEOUT=900 sh tests/tools/run-tests.sh \
		$(foreach p,$(PACKAGES),'packages/$p=sh tests/packaging/$p.sh $(BUILD)/packages/$p')

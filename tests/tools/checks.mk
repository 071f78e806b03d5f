# SPDX-License-Identifier: Apache-2.0
# The tests again, elsewhere: other compilers, another Mbed TLS, sanitizers, valgrind. Each in a
# build folder of its own.

SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: check-compilers check-big-endian check-sanitize check-valgrind ci ci-groups
check-compilers: ## gcc and clang, strict, 32 and 64 bit, both Mbed TLS lines
	$(Q)MAKE="$(MAKE)" STRICT="$(STRICT)" BUILD=$(BUILD) JOBS=$(JOBS) sh tests/tools/compilers.sh
check-big-endian: ## unit tests and simulated runs on an emulated big-endian machine
	$(Q)MAKE="$(MAKE)" JOBS=$(JOBS) sh tests/tools/big-endian.sh $(BUILD)/big-endian
# The mutants of the conformance test overrun buffers on purpose.
check-sanitize: ## every test under the address and undefined-behaviour sanitizers
	$(Q)$(SUBMAKE) BUILD=$(BUILD)/sanitize CFLAGS='$(SANITIZE)' test-programs
	$(Q)TEST_SKIP=conformance/mutants $(MAKE) --no-print-directory BUILD=$(BUILD)/sanitize \
		CFLAGS='$(SANITIZE)' SPOOL_QUICK_DEPTH=2 RANDOM_CUTS=20000 RANDOM_DAMAGE_CUTS=8000 test-run
check-valgrind: ## the end-to-end run under valgrind
	$(Q)$(SUBMAKE) test-programs
	$(Q)MAKE="$(MAKE)" BUILD=$(BUILD) sh tests/tools/valgrind.sh
ci: ## all of it, as continuous integration does
	$(Q)bash .ci/run
# The groups of packages that STEPS need.
ci-groups:
	@echo $(sort $(foreach s,$(STEPS),$(setup_$(s))))

# SPDX-License-Identifier: Apache-2.0
# navette: the library, the command, and every check. `make help` lists the targets.
#
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, CROSS_COMPILE, DESTDIR and PREFIX mean the usual; V=1 shows the
# commands. BUILD is the folder for all that is made; ROOMS limits the library to some rooms.
# NO_SETUP=1 keeps targets that need more packages from installing them.

BUILD ?= build
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
# Where systemd looks for units of this prefix.
UNITDIR ?= $(PREFIX)/lib/systemd/system
WARNINGS := -Wall -Wextra
# Set by our own checks only, never imposed on users.
STRICT := -pedantic -Wconversion -Wshadow -Wcast-align -Wstrict-prototypes -Werror

# An Mbed TLS other than the system's: its folder with include/ and library/.
MBEDTLS_DIR ?=
ifneq ($(MBEDTLS_DIR),)
TLS_CPPFLAGS := -isystem $(MBEDTLS_DIR)/include
TLS_LIBS := -L$(MBEDTLS_DIR)/library -lmbedtls -lmbedx509 -lmbedcrypto
else
TLS_LIBS := -lmbedtls -lmbedx509 -lmbedcrypto
endif
# The folder of jsmn.h where the compiler does not look by itself.
JSMN_DIR ?=
ifneq ($(JSMN_DIR),)
JSMN_CPPFLAGS := -idirafter $(JSMN_DIR)
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))
# Checks build in parallel unless the caller chose; MAKEFLAGS tells that inside a recipe only.
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: all lib help clean install setup FORCE
.DEFAULT_GOAL := all

# ---- the two commands to start with; their recipes are in tests/run/run.mk and tests/tests.mk ----

.PHONY: run test
run: ## tokens, journeys and calls of all five systems, against a local stand-in
test: ## every test, with one closing count line

# ---- packages --------------------------------------------------------------------------------

# Done while this file is read, so that it comes before everything, with -j too.
setup_run := run
setup_test := test
$(foreach t,unit sim e2e cli-test tls-test conformance standin,$(eval setup_$t := test))
setup_lint := lint
setup_fuzz := fuzz
setup_fuzz-smoke := fuzz
setup_bench := bench
setup_bench-short := bench
setup_size := cross
setup_check-size := cross
setup_prove := prove
setup_test-spool := build
setup_test-life := build
setup_test-kill := test
setup_test-faults := faults
setup_bench-uplink := bench
setup_check-big-endian := big-endian
setup_check-noalloc := build
setup_check-compilers := check
setup_check-sanitize := check
setup_check-valgrind := check
setup_interop := interop
setup_firmware := firmware
setup_test-firmware := firmware
setup_firmware-size := firmware
setup_check-firmware-size := firmware
setup_check-targets := targets
setup_check-packages := packaging
SETUP_GROUPS := $(sort $(foreach g,$(MAKECMDGOALS),$(setup_$(g))))
ifneq ($(SETUP_GROUPS),)
ifeq ($(NO_SETUP),)
$(shell sh tests/tools/setup.sh $(SETUP_GROUPS) >&2)
ifneq ($(.SHELLSTATUS),0)
$(error packages are missing; NO_SETUP=1 goes on without them)
endif
export NO_SETUP := 1
endif
endif

# ---- library ---------------------------------------------------------------------------------

ROOMS ?= base http json tls conn spool auth client uplink api
PORT ?= posix ram
LIB_SRC := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)) $(foreach p,$(PORT),$(wildcard port/$(p)/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB := $(BUILD)/libnavette.a
ALL_CPPFLAGS = -Iinclude -D_POSIX_C_SOURCE=200809L $(TLS_CPPFLAGS) $(JSMN_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c99 $(WARNINGS) $(CFLAGS)

all: lib $(BUILD)/navette ## the library and the command (the default)
lib: $(LIB) ## the library alone: build/libnavette.a

$(LIB): $(LIB_OBJ) $(BUILD)/lib-files
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJ)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/found-lib
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Two files that change with the flags and with the set of sources: what depends on them is made anew.
$(BUILD)/flags: NOW = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS)
$(BUILD)/lib-files: NOW = $(AR) $(LIB_OBJ)
$(BUILD)/flags $(BUILD)/lib-files: FORCE
	$(shell mkdir -p $(@D))$(file >$@.now,$(NOW))
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@

# One sentence for each missing header instead of a page of errors.
need = @{ printf '\043include <$(1)>\n' | $(CC) $(ALL_CPPFLAGS) -E -x c - >/dev/null 2>&1; } || \
	{ printf 'navette needs $(2): apt-get install $(3)$(4)\n' >&2; exit 1; }
$(BUILD)/found-lib: $(BUILD)/flags
	@command -v $(firstword $(CC)) >/dev/null || \
		{ echo "no compiler '$(firstword $(CC))' here: set CC, or apt-get install gcc" >&2; exit 1; }
	$(call need,stdint.h,the C library headers,libc6-dev,)
	$(call need,mbedtls/ssl.h,Mbed TLS,libmbedtls-dev,$(comma) or set MBEDTLS_DIR=folder)
	$(call need,jsmn.h,jsmn,libjsmn-dev,$(comma) or set JSMN_DIR=folder)
	@touch $@
$(BUILD)/found-cli: $(BUILD)/flags
	$(call need,ini.h,inih for the command,libinih-dev,; 'make lib' goes without)
	@touch $@
comma := ,

# ---- command ---------------------------------------------------------------------------------

CLI_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/cli/*.c))
$(CLI_OBJ): | $(BUILD)/found-cli

$(BUILD)/navette: $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) $(TLS_LIBS) -linih -lpthread

# ---- install ---------------------------------------------------------------------------------

VERSION := $(shell sed -n 's/^.define NVT_VERSION "\(.*\)"/\1/p' include/navette/navette.h)

install: all ## install under DESTDIR/PREFIX: command, service, library, headers, pkg-config file
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/include/navette $(DESTDIR)$(UNITDIR)
	$(Q)install -m 755 $(BUILD)/navette $(DESTDIR)$(PREFIX)/bin/navette
	$(Q)install -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib/libnavette.a
	$(Q)install -m 644 include/navette/*.h $(DESTDIR)$(PREFIX)/include/navette
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'Name: navette' 'Version: $(VERSION)' \
		'Description: carries tokens and journeys from gateways to public APIs' \
		'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -lnavette' \
		'Libs.private: -lmbedtls -lmbedx509 -lmbedcrypto -lpthread' \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/navette.pc
	$(Q)sed 's|@BINDIR@|$(PREFIX)/bin|' port/systemd/navette.service >$(DESTDIR)$(UNITDIR)/navette.service

# ---- the rest --------------------------------------------------------------------------------

include tests/tests.mk
include $(sort $(filter-out tests/tests.mk,$(wildcard tests/*.mk tests/*/*.mk port/*/*.mk fuzz/*.mk)))

# Here, where every fragment has added to it.
test-programs: all $(TEST_NEEDS)
-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(filter-out %.d,$(MAKEFILE_LIST)) | \
		while IFS='|' read -r name what; do printf '  make %-16s %s\n' "$$name" "$$what"; done

clean: ## remove what was built
	rm -rf $(BUILD)

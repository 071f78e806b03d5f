# SPDX-License-Identifier: Apache-2.0
# navette: the library, the command, and every check. `make help` lists the targets.
#
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, CROSS_COMPILE, SYSROOT, PKG_CONFIG, DESTDIR, PREFIX and LIBDIR mean
# the usual; V=1 shows the commands. BUILD is the folder for all that is made; ROOMS and PORT limit the
# library to some rooms and ports. NO_SETUP=1 keeps targets that need more packages from installing them.

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
LIBDIR ?= $(PREFIX)/lib
# Where systemd looks for units of this prefix.
UNITDIR ?= $(PREFIX)/lib/systemd/system
# The target's root, where the compiler does not know it by itself; pkg-config then looks there alone.
SYSROOT ?=
ifneq ($(SYSROOT),)
override CC += --sysroot=$(SYSROOT)
export PKG_CONFIG_SYSROOT_DIR ?= $(SYSROOT)
export PKG_CONFIG_LIBDIR ?= $(SYSROOT)/usr/lib/pkgconfig:$(SYSROOT)/usr/share/pkgconfig
endif
# The host's own is not asked about another machine's libraries.
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
# pkg OPTION,PACKAGES,WHERE IT KNOWS NONE
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null || echo $(3))
WARNINGS := -Wall -Wextra
# Set by our own checks only, never imposed on users.
STRICT := -pedantic -Wconversion -Wshadow -Wcast-align -Wstrict-prototypes -Werror

# An Mbed TLS other than the system's: its folder with include/ and library/.
MBEDTLS_DIR ?=
TLS_NAMES := -lmbedtls -lmbedx509 -lmbedcrypto
ifneq ($(MBEDTLS_DIR),)
TLS_CPPFLAGS := -isystem $(MBEDTLS_DIR)/include
TLS_LIBS := -L$(MBEDTLS_DIR)/library $(TLS_NAMES)
else
TLS_CPPFLAGS := $(call pkg,--cflags,mbedtls)
TLS_LIBS := $(call pkg,--libs,mbedtls mbedx509 mbedcrypto,$(TLS_NAMES))
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

.PHONY: all lib shared help clean install FORCE
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
setup_spool-exhaustive := build
setup_test-life := build
setup_test-kill := test
setup_test-kill-failing := test
setup_test-kill-long := test
setup_test-faults := faults
setup_bench-uplink := bench
setup_bench-spool-size := bench
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
PORT ?= posix ram stub selftest
LIB_SRC := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)) $(foreach p,$(PORT),$(wildcard port/$(p)/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB := $(BUILD)/libnavette.a
# No folder's name gets into what is built, nor into its debug information.
MAPPED = -ffile-prefix-map=$(CURDIR)=. $(foreach d,MBEDTLS_DIR JSMN_DIR SYSROOT,\
	$(if $($(d)),-ffile-prefix-map=$($(d))=$(d)))
ALL_CPPFLAGS = -Iinclude -D_POSIX_C_SOURCE=200809L $(TLS_CPPFLAGS) $(JSMN_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c99 $(WARNINGS) $(MAPPED) $(CFLAGS)

all: lib $(BUILD)/navette ## the library and the command (the default)
lib: $(LIB) ## the library alone: build/libnavette.a
shared: ## the shared library: build/libnavette.so

$(LIB): $(LIB_OBJ) $(BUILD)/lib-files
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJ)

define compile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(1) -MMD -MP -c -o $@ $<
endef
$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/found-lib
	$(call compile)
$(BUILD)/pic/%.o: %.c $(BUILD)/flags | $(BUILD)/found-lib
	$(call compile,-fPIC)

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

# ---- shared library --------------------------------------------------------------------------

VERSION := $(shell sed -n 's/^.define NVT_VERSION "\(.*\)"/\1/p' include/navette/navette.h)
# As long as the first number is 0, the second one tells what fits together.
SONAME := libnavette.so.$(basename $(VERSION))
SHARED := $(BUILD)/libnavette.so
PIC_OBJ := $(LIB_SRC:%.c=$(BUILD)/pic/%.o)
# The headers of what is in the library: a port that is left out leaves out its own.
HEADERS := $(filter-out $(patsubst port/%,include/navette/%.h,$(filter-out $(PORT:%=port/%),\
	$(wildcard port/*))),$(wildcard include/navette/*.h))

shared: $(SHARED)
$(SHARED): $(SHARED).$(VERSION)
	$(Q)ln -sf $(<F) $(BUILD)/$(SONAME) && ln -sf $(SONAME) $@
$(SHARED).$(VERSION): $(PIC_OBJ) $(BUILD)/exports $(BUILD)/lib-files
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(BUILD)/exports \
		-Wl,-z,defs -o $@ $(PIC_OBJ) $(TLS_LIBS) -lpthread
# What the public headers declare is exported, and nothing else.
$(BUILD)/exports: $(HEADERS)
	$(Q)mkdir -p $(@D) && { echo '{ global:' && sed -n -e '/^static/d; /^typedef/d' \
		-e 's/^[a-z].*[ *]\(nvt_[a-z0-9_]*\)[([;].*/\1;/p' $^ && echo 'local: *; };'; } >$@

# ---- command ---------------------------------------------------------------------------------

CLI_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/cli/*.c))
$(CLI_OBJ): | $(BUILD)/found-cli

$(BUILD)/navette: $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) $(TLS_LIBS) \
		$(call pkg,--libs,inih,-linih) -lpthread

# ---- install ---------------------------------------------------------------------------------

# With -static in LDFLAGS no shared library is made.
INSTALL_SHARED := $(if $(findstring -static,$(LDFLAGS)),,$(SHARED).$(VERSION) $(SHARED))

install: all $(INSTALL_SHARED) ## install under DESTDIR/PREFIX: command, service, libraries, headers
	$(Q)install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(LIBDIR)/pkgconfig $(PREFIX)/include/navette $(UNITDIR))
	$(Q)install -m 755 $(BUILD)/navette $(DESTDIR)$(PREFIX)/bin/navette
	$(Q)install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/navette
	$(Q)install -m 644 $(LIB) $(firstword $(INSTALL_SHARED)) $(DESTDIR)$(LIBDIR)
	$(Q)$(if $(INSTALL_SHARED),cp -P $(BUILD)/$(SONAME) $(SHARED) $(DESTDIR)$(LIBDIR),:)
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'Name: navette' 'Version: $(VERSION)' \
		'Description: carries tokens and journeys from gateways to public APIs' \
		'Cflags: -I$${prefix}/include' 'Libs: -L$(LIBDIR:$(PREFIX)/%=$${prefix}/%) -lnavette' \
		'Libs.private: $(TLS_NAMES) -lpthread' >$(DESTDIR)$(LIBDIR)/pkgconfig/navette.pc
	$(Q)sed 's|@BINDIR@|$(PREFIX)/bin|' port/systemd/navette.service >$(DESTDIR)$(UNITDIR)/navette.service

# ---- the rest --------------------------------------------------------------------------------

include tests/tests.mk
include $(sort $(filter-out tests/tests.mk,$(wildcard tests/*.mk tests/*/*.mk port/*/*.mk fuzz/*.mk)))

# Here, where every fragment has added to it.
test-programs: all $(TEST_NEEDS)
-include $(shell find $(wildcard $(BUILD)/obj $(BUILD)/pic $(BUILD)/fast) /dev/null -name '*.d')

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(filter-out %.d,$(MAKEFILE_LIST)) | \
		while IFS='|' read -r name what; do printf '  make %-16s %s\n' "$$name" "$$what"; done

clean: ## remove what was built
	rm -rf $(BUILD)

# navette: the library, the command, and every check. `make help` lists the targets.
# Usual variables: CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, CROSS_COMPILE, PKG_CONFIG, DESTDIR, PREFIX, V=1.

BUILD ?= build
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
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

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# ---- library ---------------------------------------------------------------------------------

ROOMS ?= base http json tls conn auth client api
LIB_SRC := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)) $(wildcard port/posix/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB := $(BUILD)/libnavette.a
ALL_CPPFLAGS = -Iinclude -D_POSIX_C_SOURCE=200809L $(TLS_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c99 $(WARNINGS) $(CFLAGS)

.PHONY: all help clean
all: $(LIB) $(BUILD)/navette

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJ)

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- command ---------------------------------------------------------------------------------

CLI_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/cli/*.c))

$(BUILD)/navette: $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) $(TLS_LIBS) -linih -lpthread

# ---- the rest --------------------------------------------------------------------------------

include $(wildcard tests/*.mk tests/*/*.mk fuzz/*.mk)
-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

clean:
	rm -rf $(BUILD)

# SPDX-License-Identifier: Apache-2.0
# `make bench-handshake`: what a handshake costs with Mbed TLS 3.6 as it is delivered and as
# port/mbedtls configures it for a host. MBEDTLS_TREE: its source tree, compiled; fetched by default.

MBEDTLS_TREE ?= $(shell sh tests/tools/mbedtls.sh $(BUILD)/mbedtls-3.6 3.6 | tail -n 1)
HANDSHAKE_DIR := $(BUILD)/bench/handshake
HANDSHAKE_TUNED := -O3 -DMBEDTLS_CONFIG_FILE='"navette_mbedtls_config.h"' -DNAVETTE_MBEDTLS_HOST=1 \
	-DNAVETTE_MBEDTLS_TLS13=1 -DNAVETTE_MBEDTLS_X25519=1 -DNAVETTE_MBEDTLS_FAST=1 \
	-DNAVETTE_MBEDTLS_IN_LEN=16384 -DNAVETTE_MBEDTLS_OUT_LEN=16384 -Iport/mbedtls
HANDSHAKE_SRC := tests/bench/handshake.c $(wildcard src/tls/*.c src/base/*.c)

setup_bench-handshake := bench
.PHONY: bench-handshake bench-handshake-programs
bench-handshake: ## instructions of a handshake: stock and tuned, chain unknown and known, resumed
	$(Q)tree='$(MBEDTLS_TREE)' && \
		$(SUBMAKE) MBEDTLS_TREE="$$tree" bench-handshake-programs && \
		sh tests/bench/handshake.sh $(HANDSHAKE_DIR)/stock $(HANDSHAKE_DIR)/tuned "stock 3.6"

ifneq ($(filter bench-handshake-programs,$(MAKECMDGOALS)),)
HANDSHAKE_EVEREST := $(MBEDTLS_TREE)/3rdparty/everest
HANDSHAKE_MBED := $(filter-out %/timing.c %/net_sockets.c %/psa_its_file.c, \
	$(wildcard $(MBEDTLS_TREE)/library/*.c)) \
	$(patsubst %,$(HANDSHAKE_EVEREST)/library/%,everest.c x25519.c Hacl_Curve25519_joined.c)
HANDSHAKE_OBJ := $(patsubst $(MBEDTLS_TREE)/%.c,$(HANDSHAKE_DIR)/%.o,$(HANDSHAKE_MBED))
HANDSHAKE_INCLUDES := $(addprefix -isystem ,$(MBEDTLS_TREE)/include $(MBEDTLS_TREE)/library \
	$(addprefix $(HANDSHAKE_EVEREST)/include,/ /everest /everest/kremlib))

$(HANDSHAKE_DIR)/%.o: $(MBEDTLS_TREE)/%.c port/mbedtls/navette_mbedtls_config.h
	$(call say,CC,$(<F))
	$(Q)mkdir -p $(@D) && $(CC) -w -std=c99 -D_DEFAULT_SOURCE $(HANDSHAKE_INCLUDES) $(HANDSHAKE_TUNED) \
		-c -o $@ $<

$(HANDSHAKE_DIR)/stock: $(HANDSHAKE_SRC)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -O2 -g -std=c99 -D_DEFAULT_SOURCE -Iinclude \
		-isystem $(MBEDTLS_TREE)/include -o $@ $^ \
		-L$(MBEDTLS_TREE)/library -lmbedtls -lmbedx509 -lmbedcrypto

$(HANDSHAKE_DIR)/tuned: $(HANDSHAKE_SRC) $(HANDSHAKE_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -g -std=c99 -D_DEFAULT_SOURCE -Iinclude $(HANDSHAKE_INCLUDES) $(HANDSHAKE_TUNED) -o $@ $^

bench-handshake-programs: $(HANDSHAKE_DIR)/stock $(HANDSHAKE_DIR)/tuned
endif

# SPDX-License-Identifier: Apache-2.0
# In the firmware with both versions of TLS the arithmetic in large numbers is compiled for speed:
# 2.9 KB of flash take 18 percent off each key agreement (20.2 to 16.4 million instructions on a
# Cortex-M3, P-256) and each signature check (22.7 to 18.6). The one with TLS 1.2 is the small one.

$(patsubst %,$(BUILD)/obj/firmware/core-both/\%/library/%.o,bignum bignum_core ecp_curves): \
	FW_CFLAGS += -O2

.PHONY: mbedtls-size
mbedtls-size: ## what the switches of the Mbed TLS configuration cost, into port/mbedtls/table.md
	$(Q)tree='$(MBEDTLS_TREE)' && \
		sh port/mbedtls/size.sh $(BUILD)/mbedtls-size "$$tree" >$(BUILD)/mbedtls-size.md && \
		mv $(BUILD)/mbedtls-size.md port/mbedtls/table.md && cat port/mbedtls/table.md
setup_mbedtls-size := firmware

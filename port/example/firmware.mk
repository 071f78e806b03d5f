# SPDX-License-Identifier: Apache-2.0
# The example gateway as firmware of the emulated board: bare metal here, FreeRTOS in
# port/freertos/freertos.mk. Images and maps: $(BUILD)/firmware/NAME.elf, NAME.map.
#
# FW_CC, FW_CFLAGS and FW_LDFLAGS may be set; all else is for the fragments.

FW_CROSS ?= arm-none-eabi-
FW_CC ?= $(FW_CROSS)gcc
FW_CPU := -mcpu=cortex-m3 -mthumb
FW_CFLAGS ?= -Os -g
FW_STACK ?= 6144

FW_DIR := $(BUILD)/firmware
FW_OBJ := $(BUILD)/obj/firmware
FW_SRC := $(FW_DIR)/src
FW_LWIP := $(FW_SRC)/lwip/src
FW_MBEDTLS := $(FW_SRC)/mbedtls
FW_FREERTOS := $(FW_SRC)/freertos

FW_CPPFLAGS = -Iinclude -Iport/example -Iport/mps2 -Iport/lwip -Iport/mbedtls \
	-isystem $(FW_MBEDTLS)/include -isystem $(FW_LWIP)/include -isystem $(FW_DIR)/jsmn \
	-DMBEDTLS_CONFIG_FILE='"navette_mbedtls_config.h"'
FW_ALL_CFLAGS = -std=c99 $(FW_CPU) -ffunction-sections -fdata-sections -fno-common \
	-ffile-prefix-map=$(CURDIR)/= $(FW_CFLAGS)

# ---- which TLS: "both" speaks 1.2 and 1.3, "tls12" 1.2 alone, "small" 1.2 with P-256 alone ----

FW_TLS_both := -DNAVETTE_MBEDTLS_TLS13=1
FW_TLS_tls12 := -DNAVETTE_MBEDTLS_TLS13=0
FW_TLS_small := $(FW_TLS_tls12) -DNAVETTE_MBEDTLS_RSA=0 -DNAVETTE_MBEDTLS_P384=0

# ---- sources; globs of what is fetched are empty until it is, so `firmware` makes in two steps ----

FW_CORE_SRC := $(foreach r,base http json tls conn spool auth client uplink api,$(wildcard src/$r/*.c)) \
	$(wildcard $(FW_MBEDTLS)/library/*.c)
FW_LWIP_SRC := $(wildcard $(FW_LWIP)/core/*.c $(FW_LWIP)/core/ipv4/*.c) \
	$(FW_LWIP)/netif/ethernet.c $(FW_LWIP)/apps/sntp/sntp.c
FW_BOARD_SRC := $(wildcard port/mps2/*.c)
FW_APP_SRC := port/example/gateway.c port/example/platform.c port/example/report.c $(FW_DIR)/ca.c

# $(call fw_set,NAME,FLAGS): how the objects below $(FW_OBJ)/NAME/ are compiled. What was fetched is
# compiled without warnings.
define fw_set
$(FW_OBJ)/$(1)/%.o: %.c $(FW_DIR)/flags
	$$(call say,FW-CC,$$<)
	$$(Q)mkdir -p $$(@D) && $(FW_CC) $$(FW_CPPFLAGS) $(2) $$(FW_ALL_CFLAGS) \
		$$(if $$(findstring $(FW_SRC)/,$$<),-w,$$(WARNINGS) $$(STRICT)) -MD -MP -c -o $$@ $$<
endef
fw_obj = $(patsubst %.c,$(FW_OBJ)/$(1)/%.o,$(2))

# $(call fw_link,NAME,KIND,TLS[,MAIN]): an image of FW_KIT_KIND (port, stack, board) and of MAIN or
# FW_MAIN_KIND; fw_image makes it a part of `make firmware`.
define fw_link
$(FW_DIR)/$(1).elf: $(call fw_obj,core-$(3),$(FW_CORE_SRC)) $(call fw_obj,kit-$(2),$(FW_KIT_$(2))) \
		$(call fw_obj,app-$(2)-$(3),$(FW_APP_SRC) $(or $(4),$(FW_MAIN_$(2)))) port/mps2/link.ld
	$$(call say,FW-LD,$$@)
	$$(Q)$(FW_CC) $(FW_CPU) -nostartfiles --specs=nano.specs -T port/mps2/link.ld \
		-Wl,--defsym=mps2_stack_bytes=$$(FW_STACK_$(2)) -Wl,--gc-sections \
		-Wl,-Map=$(FW_DIR)/$(1).map $$(FW_LDFLAGS) -o $$@ $$(filter %.o,$$^)
endef
define fw_image
$(call fw_link,$(1),$(2),$(3),$(4))
firmware-images: $(FW_DIR)/$(1).elf
endef

$(eval $(call fw_set,core-both,$(FW_TLS_both)))
$(eval $(call fw_set,core-tls12,$(FW_TLS_tls12)))
$(eval $(call fw_set,core-small,$(FW_TLS_small)))

# ---- bare metal ----

FW_KIT_bare := $(FW_BOARD_SRC) $(wildcard port/lwip/*.c) $(FW_LWIP_SRC)
FW_MAIN_bare := port/example/bare.c port/example/main_bare.c
FW_STACK_bare := $(FW_STACK)
$(eval $(call fw_set,kit-bare,))
$(eval $(call fw_set,app-bare-both,$(FW_TLS_both)))
$(eval $(call fw_set,app-bare-tls12,$(FW_TLS_tls12)))
$(eval $(call fw_image,bare,bare,both))
$(eval $(call fw_image,bare-tls12,bare,tls12))

# With IPv6 beside IPv4, and alone: `make firmware` compiles the ports so, `make firmware-ipv6` links.
FW_IPV6 := -DLWIP_IPV6=1
FW_ONLY_IPV6 := $(FW_IPV6) -DLWIP_IPV4=0

FW_KIT_bare-ipv6 := $(FW_KIT_bare) $(wildcard $(FW_LWIP)/core/ipv6/*.c)
FW_STACK_bare-ipv6 := $(FW_STACK)
$(eval $(call fw_set,kit-bare-ipv6,$(FW_IPV6)))
$(eval $(call fw_set,app-bare-ipv6-tls12,$(FW_IPV6) $(FW_TLS_tls12)))
$(eval $(call fw_link,bare-ipv6,bare-ipv6,tls12,$(FW_MAIN_bare)))
$(eval $(call fw_set,port-lwip-ipv6,$(FW_ONLY_IPV6)))
firmware-ipv6-ports: $(call fw_obj,kit-bare-ipv6,$(wildcard port/lwip/*.c)) \
	$(call fw_obj,port-lwip-ipv6,$(wildcard port/lwip/*.c))

# The self-test of the port and of the flash, on the same board; port/freertos has another one.
FW_SELFTEST_SRC := port/example/main_selftest.c $(wildcard port/selftest/*.c)
$(eval $(call fw_image,selftest-bare,bare,tls12,port/example/bare.c $(FW_SELFTEST_SRC)))

# ---- what is made for them ----

.PHONY: firmware firmware-sources firmware-images firmware-small firmware-ipv6 firmware-ipv6-ports
firmware: firmware-sources ## the example gateway for the emulated board: build/firmware/*.elf
	+$(Q)$(SUBMAKE) firmware-ipv6-ports firmware-images
firmware-images: ; $(Q)$(FW_CROSS)size $^
firmware-ipv6: firmware-sources ## with IPv6 beside IPv4: build/firmware/bare-ipv6.elf, freertos-ipv6.elf
	+$(Q)$(SUBMAKE) $(FW_DIR)/bare-ipv6.elf $(FW_DIR)/freertos-ipv6.elf
firmware-small: firmware-sources ## the least of it: FreeRTOS, TLS 1.2 with P-256
	+$(Q)$(SUBMAKE) $(FW_DIR)/freertos-small.elf
	$(Q)$(FW_CROSS)size $(FW_DIR)/freertos-small.elf

firmware-sources:
	$(Q)sh tests/tools/firmware-sources.sh $(FW_SRC)

$(FW_DIR)/flags: NOW = $(FW_CC) $(FW_CPPFLAGS) $(FW_ALL_CFLAGS) $(FW_TLS_both) $(FW_TLS_tls12) $(FW_TLS_small) $(STRICT)
$(FW_DIR)/flags: FORCE | $(FW_DIR)/jsmn/jsmn.h
	$(shell mkdir -p $(FW_DIR))$(file >$@.now,$(NOW))
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@

# Out of the host's include folder, where the host's C library is too.
$(FW_DIR)/jsmn/jsmn.h: $(or $(JSMN_DIR),/usr/include)/jsmn.h
	$(Q)mkdir -p $(@D) && cp $< $@

$(BUILD)/pki/ca.pem:
	$(Q)sh tests/pki/make-pki.sh $(@D) >/dev/null 2>&1

# The one CA that the gateway trusts: a product has its own here.
$(FW_DIR)/ca.c: $(BUILD)/pki/ca.pem
	$(Q)mkdir -p $(@D) && { printf '#include "gateway.h"\n\nconst uint8_t gateway_ca[] = {'; \
		od -An -v -tu1 $< | sed 's/\([0-9]\{1,\}\)/\1,/g'; \
		printf '};\nconst size_t gateway_ca_len = sizeof gateway_ca;\n'; } >$@

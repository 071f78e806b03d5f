# SPDX-License-Identifier: Apache-2.0
# The example gateway on FreeRTOS: a part of `make firmware`, after port/example/firmware.mk.

FW_FREERTOS_CPPFLAGS := -DGATEWAY_FREERTOS -Iport/freertos -isystem $(FW_FREERTOS)/include \
	-isystem $(FW_FREERTOS)/portable/GCC/ARM_CM3
FW_KERNEL_SRC := $(addprefix $(FW_FREERTOS)/,tasks.c queue.c list.c portable/GCC/ARM_CM3/port.c)

# What both ports on lwIP have.
FW_LWIP_BOTH := port/lwip/addr.c port/lwip/hang_up.c

# SysTick is the kernel's.
FW_KIT_freertos := $(filter-out port/mps2/tick.c,$(FW_BOARD_SRC)) $(wildcard port/freertos/*.c) \
	$(FW_LWIP_BOTH) $(FW_LWIP_SRC) $(FW_KERNEL_SRC) \
	$(addprefix $(FW_LWIP)/api/,api_lib.c api_msg.c netbuf.c tcpip.c)
FW_MAIN_freertos := port/example/rtos.c port/example/main_freertos.c
# Of interrupts, and of main before the kernel runs.
FW_STACK_freertos := 1024
$(eval $(call fw_set,kit-freertos,$(FW_FREERTOS_CPPFLAGS)))
$(eval $(call fw_set,app-freertos-both,$(FW_FREERTOS_CPPFLAGS) $(FW_TLS_both)))
$(eval $(call fw_set,app-freertos-tls12,$(FW_FREERTOS_CPPFLAGS) $(FW_TLS_tls12)))
$(eval $(call fw_image,freertos,freertos,both))
$(eval $(call fw_image,freertos-tls12,freertos,tls12))
$(eval $(call fw_image,selftest-freertos,freertos,tls12,port/example/rtos.c $(FW_SELFTEST_SRC)))
FW_KIT_freertos-ipv6 := $(FW_KIT_freertos) $(wildcard $(FW_LWIP)/core/ipv6/*.c)
FW_STACK_freertos-ipv6 := $(FW_STACK_freertos)
$(eval $(call fw_set,kit-freertos-ipv6,$(FW_FREERTOS_CPPFLAGS) $(FW_IPV6)))
$(eval $(call fw_set,app-freertos-ipv6-tls12,$(FW_FREERTOS_CPPFLAGS) $(FW_IPV6) $(FW_TLS_tls12)))
$(eval $(call fw_link,freertos-ipv6,freertos-ipv6,tls12,$(FW_MAIN_freertos)))
$(eval $(call fw_set,port-freertos-ipv6,$(FW_FREERTOS_CPPFLAGS) $(FW_ONLY_IPV6)))
firmware-ipv6-ports: $(call fw_obj,kit-freertos-ipv6,$(wildcard port/freertos/*.c) $(FW_LWIP_BOTH)) \
	$(call fw_obj,port-freertos-ipv6,$(wildcard port/freertos/*.c) $(FW_LWIP_BOTH))
$(eval $(call fw_set,app-freertos-small,$(FW_FREERTOS_CPPFLAGS) $(FW_TLS_small)))
$(eval $(call fw_link,freertos-small,freertos,small))

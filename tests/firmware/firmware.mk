# SPDX-License-Identifier: Apache-2.0
# The example firmware in the emulator; tests/firmware/firmware.py says what is tried.

FIRMWARE_IMAGES ?= bare freertos
FIRMWARE_ALL ?= $(FIRMWARE_IMAGES) $(FIRMWARE_IMAGES:%=%-tls12)
FIRMWARE_RUN = $(Q)BUILD=$(BUILD) python3 tests/firmware

.PHONY: test-firmware test-firmware-driver firmware-size check-firmware-size
test-firmware: ## journeys from the emulated boards: TLS 1.2, 1.3, lost packets, kills, refusals
	$(Q)$(SUBMAKE) firmware $(BUILD)/standin $(BUILD)/conformance/server
	$(FIRMWARE_RUN)/firmware.py $(FIRMWARE_IMAGES)
test-firmware-driver: ## does the firmware's test find what a board does wrong?
	$(Q)$(SUBMAKE) firmware $(BUILD)/standin $(BUILD)/tools/journeys $(BUILD)/conformance/server
	$(Q)BUILD=$(BUILD) sh tests/firmware/selftest.sh $(firstword $(FIRMWARE_IMAGES))
firmware-size: ## flash, RAM, peaks and instructions of the firmware, written to tests/firmware/table.md
	$(Q)$(SUBMAKE) firmware $(BUILD)/standin
	$(FIRMWARE_RUN)/table.py $(FIRMWARE_ALL)
check-firmware-size: ## compare with tests/firmware/table.md
	$(Q)$(SUBMAKE) firmware $(BUILD)/standin
	$(FIRMWARE_RUN)/table.py --check $(FIRMWARE_ALL)

# SPDX-License-Identifier: Apache-2.0
# `make bench-uplink`: the gateway service beside curl on a link of 50 ms, and the spool's figures.
# tests/bench/uplink.py and uplink_spool.c say what is measured and how.

UPLINK_SECONDS ?= 10
UPLINK_MINUTES ?= 2
SPOOL_BENCH_SECONDS ?= 2
SPOOL_BENCH_MIB ?= 1 4 16 64
BENCH_UPLINK := $(addprefix $(BUILD)/bench/,uplink uplink_spool)
BENCH_UPLINK_NEEDS := $(BENCH_UPLINK) $(BUILD)/navette $(BUILD)/standin $(BUILD)/relay \
	$(BUILD)/tests/peak $(BUILD)/tools/journeys

$(BENCH_UPLINK): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/port/sim/flash.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TLS_LIBS) -lpthread

.PHONY: bench-uplink
bench-uplink: ## the gateway beside curl on a link of 50 ms; what the spool costs
	$(Q)$(SUBMAKE) $(BENCH_UPLINK_NEEDS)
	$(Q)$(BUILD)/tools/journeys --count 2000 >$(BUILD)/bench/journeys.jsonl
	$(Q)$(BUILD)/bench/uplink_spool $(BUILD)/bench $(BUILD)/bench/journeys.jsonl \
		$(SPOOL_BENCH_SECONDS) $(SPOOL_BENCH_MIB)
	$(Q)BUILD=$(BUILD) python3 tests/bench/uplink.py $(UPLINK_SECONDS) --minutes $(UPLINK_MINUTES)

# By hand: it writes more than a GiB.
SPOOL_SIZES ?= 10000 100000 1000000
.PHONY: bench-spool-size
bench-spool-size: ## memory, intake, restart and first pick of the gateway with up to a million journeys
	$(Q)$(SUBMAKE) $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys
	$(Q)BUILD=$(BUILD) python3 tests/bench/spool_size.py $(SPOOL_SIZES)

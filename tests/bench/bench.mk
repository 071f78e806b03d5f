# SPDX-License-Identifier: Apache-2.0
# `make bench`: every figure beside that of its peers, in one run. tests/bench/post.sh explains the
# POST part; with the Mbed TLS that the system has not, TLS 1.2 and 1.3 are both measured.

BENCH_POST := $(foreach c,bare navette curl,$(BUILD)/bench/post_$c)
OTHER_TLS = $$(sh tests/tools/mbedtls.sh $(BUILD)/other-mbedtls | tail -n 1)

$(BUILD)/bench/post_%: $(BUILD)/obj/tests/bench/post.o $(BUILD)/obj/tests/bench/post_%.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TLS_LIBS) $(if $(findstring curl,$@),-lcurl) \
		-lpthread

BENCH_PARSE := $(BUILD)/bench/bench_http $(BUILD)/bench/bench_json

.PHONY: bench bench-parse bench-short bench-post bench-post-programs bench-post-other
bench: ## figures beside those of the peers, as ratios
	$(Q)$(SUBMAKE) bench-post-programs $(BENCH_PARSE)
	$(Q)$(MAKE) --no-print-directory bench-parse bench-post
	$(Q)$(MAKE) --no-print-directory bench-post-other
	$(Q)$(MAKE) --no-print-directory bench-uplink

bench-short: ## the same in a minute or two, less exact
	$(Q)ROUNDS=3 COUNT=500 PROFILED=100 UPLINK_SECONDS=2 UPLINK_MINUTES=0 \
		SPOOL_BENCH_SECONDS=0.3 SPOOL_BENCH_MIB='1 4' $(MAKE) --no-print-directory bench

bench-parse:
	$(Q)sh tests/bench/parse.sh "response of 420 + 159 bytes" $(BUILD)/bench/bench_http
	$(Q)for len in 299 1393; do sh tests/bench/parse.sh "token answer of $$len bytes" \
		$(BUILD)/bench/bench_json $$len; $(BUILD)/bench/bench_json navette $$len 10 | \
		awk '{ print "  allocations of navette: " $$3 }'; done

bench-post-programs: $(BENCH_POST)
bench-post:
	@echo "POST of 900 bytes, TLS 1.2, $$(sh tests/bench/tls-version.sh '$(CC) $(ALL_CPPFLAGS)')"
	$(Q)sh tests/bench/post.sh $(BUILD)/bench 12
	$(Q)if sh tests/bench/tls-version.sh '$(CC) $(ALL_CPPFLAGS)' | grep -q ' 3'; then \
		echo "POST of 900 bytes, TLS 1.3"; sh tests/bench/post.sh $(BUILD)/bench 13; fi
bench-post-other:
	$(Q)dir=$(OTHER_TLS) && \
		$(SUBMAKE) BUILD=$(BUILD)/bench-other MBEDTLS_DIR=$$dir bench-post-programs && \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/bench-other MBEDTLS_DIR=$$dir bench-post

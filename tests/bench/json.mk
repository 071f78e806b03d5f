# The JSON reader beside cJSON, if that is there. tests/bench/bench_json.c says how to run it.

JSON_BENCH_PEERS = $(shell echo '\#include <cjson/cJSON.h>' | $(CC) -E -x c - >/dev/null 2>&1 && \
  echo -DNVT_BENCH_CJSON)

$(BUILD)/bench/bench_json: tests/bench/bench_json.c $(LIB)
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(JSON_BENCH_PEERS) -std=c99 $(WARNINGS) -O2 -g \
	  -o $@ $< $(LIB) $(if $(JSON_BENCH_PEERS),-lcjson)

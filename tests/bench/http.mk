# The response parser beside http-parser (Debian 12) and llhttp (from Debian 13 on), each if there.
# tests/bench/bench_http.c says how to run it.

HTTP_BENCH_HAS = $(shell $(CC) -E -include $(1).h -x c /dev/null >/dev/null 2>&1 && echo yes)
HTTP_BENCH_PEERS = $(if $(call HTTP_BENCH_HAS,http_parser),-DNVT_BENCH_HTTP_PARSER) \
  $(if $(call HTTP_BENCH_HAS,llhttp),-DNVT_BENCH_LLHTTP)
HTTP_BENCH_LIBS = $(patsubst -DNVT_BENCH_%,-l%,$(subst HTTP_PARSER,http_parser,$(subst \
  LLHTTP,llhttp,$(HTTP_BENCH_PEERS))))

$(BUILD)/bench/bench_http: tests/bench/bench_http.c $(LIB)
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(HTTP_BENCH_PEERS) -std=c99 $(WARNINGS) -O2 -g \
	  -o $@ $< $(LIB) $(HTTP_BENCH_LIBS)

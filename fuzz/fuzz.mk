# libFuzzer harnesses: each fuzz/fuzz_NAME.c with seeds in fuzz/corpus/NAME/ and, where it helps,
# fuzz/NAME.dict.

# libFuzzer comes with clang alone.
FUZZ_CC ?= $(firstword $(shell for c in clang clang-19 clang-14; do command -v $$c; done) clang)
FUZZ_SECONDS ?= 30
FUZZ_CHECKS := address,undefined
FUZZ_FLAGS := -std=c99 -g -O1 -fno-sanitize-recover=undefined
FUZZ_BIN := $(patsubst fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard fuzz/fuzz_*.c))
FUZZ_OBJ := $(BUILD)/fuzz/obj
fuzz_objects = $(patsubst %.c,$(FUZZ_OBJ)/%.o,$(wildcard $(1)))

# Every harness is linked with the pure rooms; these with more.
FUZZ_CLIENT := $(call fuzz_objects,src/conn/*.c src/client/*.c port/sim/*.c \
	tests/sim/tls_clear.c tests/sim/world.c)
$(BUILD)/fuzz/fuzz_rpc_json: $(call fuzz_objects,src/api/rpc_fields.c src/api/rpc_json.c \
	src/api/shape.c src/api/shape_forms.c src/api/shape_json.c)
$(BUILD)/fuzz/fuzz_coopcycle: $(call fuzz_objects,$(filter-out %_webhook.c %_uplink.c,$(wildcard \
	src/api/coopcycle*.c)) $(wildcard src/api/shape*.c))
$(BUILD)/fuzz/fuzz_webhook: $(call fuzz_objects,src/api/coopcycle_webhook.c)
$(BUILD)/fuzz/fuzz_webhook: FUZZ_LIBS := $(TLS_LIBS)
$(BUILD)/fuzz/fuzz_demarches: $(call fuzz_objects,src/api/demarches*.c src/client/words.c \
	src/client/redact.c src/client/quote.c src/conn/origin.c)
$(BUILD)/fuzz/fuzz_demarches: FUZZ_LIBS := $(TLS_LIBS)
$(BUILD)/fuzz/fuzz_jindexe: $(call fuzz_objects,src/api/jindexe.c)
$(BUILD)/fuzz/fuzz_piste: $(call fuzz_objects,src/api/piste_watch.c)
$(BUILD)/fuzz/fuzz_rpc_answer: $(call fuzz_objects,src/api/rpc.c src/api/rpc_answer.c \
	src/api/rpc_cee.c src/api/rpc_fields.c src/api/rpc_geo.c src/api/rpc_fold.c src/api/shape*.c)
$(BUILD)/fuzz/fuzz_spool: $(call fuzz_objects,src/spool/*.c port/sim/flash.c tests/spool/model.c)
$(BUILD)/fuzz/fuzz_spool_image: $(call fuzz_objects,src/spool/*.c port/sim/flash.c \
	tests/spool/random/image.c)
$(BUILD)/fuzz/fuzz_spool_tool: $(call fuzz_objects,fuzz/cli_stand.c src/cli/spool_image.c \
	src/cli/spool_look.c src/cli/spool_v2.c src/cli/spool_v2_block.c src/spool/*.c)
$(BUILD)/fuzz/fuzz_spool_v2: $(call fuzz_objects,src/cli/spool_v2.c src/cli/spool_v2_block.c)
$(BUILD)/fuzz/fuzz_origin: $(call fuzz_objects,src/conn/origin.c)
$(BUILD)/fuzz/fuzz_quota: $(call fuzz_objects,src/client/quota.c src/client/verdict.c)
$(BUILD)/fuzz/fuzz_done: $(call fuzz_objects,src/client/done.c)
$(BUILD)/fuzz/fuzz_failure: $(call fuzz_objects,src/client/failure.c src/client/words.c \
	src/client/redact.c)
$(BUILD)/fuzz/fuzz_redact: $(call fuzz_objects,src/client/redact.c)
$(BUILD)/fuzz/fuzz_secrets: $(call fuzz_objects,fuzz/cli_stand.c src/cli/secrets.c \
	src/cli/token_cache.c src/cli/file_write.c src/client/client.c src/conn/origin.c \
	src/api/demarches_paste.c)
$(BUILD)/fuzz/fuzz_secrets: FUZZ_LIBS := $(TLS_LIBS)
$(BUILD)/fuzz/fuzz_files: $(call fuzz_objects,fuzz/cli_stand.c $(foreach f,settings serve_settings \
	journey_api config_file refresh_store signals files file_write,src/cli/$f.c) port/posix/folder.c src/api/*.c) \
	$(FUZZ_CLIENT)
$(BUILD)/fuzz/fuzz_lines: $(call fuzz_objects,fuzz/cli_stand.c $(foreach f,feed intake socket line_pool \
	drop drop_file field file_write metrics journey_api journey_line refused mask plain,src/cli/$f.c) \
	src/spool/*.c port/ram/*.c src/api/*.c) $(FUZZ_CLIENT)
$(BUILD)/fuzz/fuzz_lines: FUZZ_LIBS := $(TLS_LIBS)
$(BUILD)/fuzz/fuzz_files: FUZZ_LIBS := -linih $(TLS_LIBS)
$(BUILD)/fuzz/fuzz_call $(BUILD)/fuzz/fuzz_request: $(FUZZ_CLIENT)

$(BUILD)/fuzz/%: $(FUZZ_OBJ)/fuzz/%.o $(call fuzz_objects,$(foreach r,base http json auth,src/$(r)/*.c))
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_CHECKS) -o $@ $^ $(FUZZ_LIBS)

$(FUZZ_OBJ)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(ALL_CPPFLAGS) $(FUZZ_FLAGS) \
		-fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -MMD -MP -c -o $@ $<

.PHONY: fuzz fuzz-smoke
fuzz: $(FUZZ_BIN) ## the fuzz harnesses
fuzz-smoke: ## each fuzz harness for FUZZ_SECONDS (30)
	$(Q)$(SUBMAKE) fuzz
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) sh fuzz/smoke.sh $(BUILD)/fuzz
-include $(shell test -d $(FUZZ_OBJ) && find $(FUZZ_OBJ) -name '*.d')

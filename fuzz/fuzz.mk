# libFuzzer harnesses: each fuzz/fuzz_NAME.c with seeds in fuzz/corpus/NAME/ and, where it helps,
# fuzz/NAME.dict.

# libFuzzer comes with clang alone.
FUZZ_CC ?= $(firstword $(shell for c in clang clang-19 clang-14; do command -v $$c; done) clang)
FUZZ_SECONDS ?= 30
FUZZ_FLAGS := -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_BIN := $(patsubst fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard fuzz/fuzz_*.c))
FUZZ_LIB_SRC := $(wildcard src/base/*.c src/http/*.c src/json/*.c src/auth/*.c)

$(BUILD)/fuzz/%: fuzz/%.c $(FUZZ_LIB_SRC)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(ALL_CPPFLAGS) -std=c99 $(FUZZ_FLAGS) -o $@ $^

.PHONY: fuzz fuzz-smoke
fuzz: $(FUZZ_BIN)
fuzz-smoke: fuzz
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) sh fuzz/smoke.sh $(BUILD)/fuzz

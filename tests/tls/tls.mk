# SPDX-License-Identifier: Apache-2.0
# The TLS room against openssl s_server. A server ends with the program that started it, however
# that one ends.

TLS_TEST_PKI := $(BUILD)/tls/pki
TLS_TEST_SRC := $(wildcard tests/tls/test_*.c)
TLS_TEST_BIN := $(TLS_TEST_SRC:tests/tls/%.c=$(BUILD)/tls/%)
TLS_TEST_RUNS := $(foreach t,$(TLS_TEST_BIN),'tls/$(notdir $t)=NVT_TEST_PKI=$(TLS_TEST_PKI) $t') \
	$(foreach t,refusals stream,'tls/test_$t, no memory=NVT_TEST_FORGET=1 NVT_TEST_PKI=$(TLS_TEST_PKI) \
	$(BUILD)/tls/test_$t')

$(TLS_TEST_PKI)/ca.pem: tests/pki/make-pki.sh
	$(call say,PKI,$(@D))
	$(Q)sh $< $(@D)

$(BUILD)/tls/test_%: $(BUILD)/obj/tests/tls/test_%.o $(BUILD)/obj/tests/tls/peer.o $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(TLS_LIBS) -lcmocka

.PHONY: tls-test
tls-test: $(TLS_TEST_BIN) $(TLS_TEST_PKI)/ca.pem ## the TLS room against openssl s_server
	$(Q)sh tests/tools/run-tests.sh $(TLS_TEST_RUNS)

TEST_NEEDS += $(TLS_TEST_BIN) $(TLS_TEST_PKI)/ca.pem
TEST_RUNS += $(TLS_TEST_RUNS)

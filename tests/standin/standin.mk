# The stand-in server: libmicrohttpd over GnuTLS, jansson. For tests and `make run` only.

STANDIN_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/standin/*.c))

$(BUILD)/standin: $(STANDIN_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(STANDIN_OBJ) -lmicrohttpd -lgnutls -ljansson -lm

.PHONY: standin
standin: $(BUILD)/standin

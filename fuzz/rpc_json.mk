# SPDX-License-Identifier: Apache-2.0
# The journey check is in the api room, beyond the pure rooms that every harness is linked with.
$(BUILD)/fuzz/fuzz_rpc_json: src/api/rpc_fields.c src/api/rpc_json.c

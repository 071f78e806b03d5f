# SPDX-License-Identifier: Apache-2.0
# Figures and proofs about the library's objects.

.PHONY: size check-size check-noalloc
size: ## code, memory and stack of each room, written to tests/size/table.md
	$(Q)python3 tests/size/size.py $(BUILD)/size
check-size: ## compare with tests/size/table.md
	$(Q)python3 tests/size/size.py --check $(BUILD)/size
check-noalloc: lib ## no object of the library refers to an allocator or has static memory
	$(Q)sh tests/size/noalloc.sh $(LIB) "$(CC)"

# SPDX-License-Identifier: Apache-2.0
# What find_package(navette) reads, beside the libraries.

CMAKE_DIR := $(LIBDIR)/cmake/navette

.PHONY: install-cmake
install: install-cmake
install-cmake: all
	$(Q)install -d $(DESTDIR)$(CMAKE_DIR)
	$(Q)install -m 644 port/cmake/mbedtls.cmake $(DESTDIR)$(CMAKE_DIR)
	$(Q)sed 's|@INCLUDES@|$(shell realpath -m --relative-to=$(CMAKE_DIR) $(PREFIX)/include)|' \
		port/cmake/navette-config.cmake.in >$(DESTDIR)$(CMAKE_DIR)/navette-config.cmake
	$(Q)sed 's|@VERSION@|$(VERSION)|; s|@POINTER@|'$$(echo __SIZEOF_POINTER__ | $(CC) -E -P -x c -)'|' \
		port/cmake/navette-config-version.cmake.in >$(DESTDIR)$(CMAKE_DIR)/navette-config-version.cmake

# SPDX-License-Identifier: Apache-2.0
# The library as one header and one source, for those who would rather add two files to a project.

AMALGAMATION := $(BUILD)/amalgamation

.PHONY: amalgamation
amalgamation: $(AMALGAMATION)/navette.c ## the library as build/amalgamation/navette.[ch]
$(AMALGAMATION)/navette.c: port/amalgamation/amalgamate.py include/navette/navette.h \
		$(foreach r,$(ROOMS),$(wildcard src/$r/*.[ch])) \
		$(wildcard include/navette/*.h port/ram/*.[ch] port/posix/*.[ch] port/stub/*.c port/selftest/*.[ch])
	$(call say,JOIN,$@)
	$(Q)python3 port/amalgamation/amalgamate.py $(@D)

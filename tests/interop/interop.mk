# SPDX-License-Identifier: Apache-2.0
# The command against servers that we did not write: those of the npm packages of package.json,
# and the usual front servers. Packages come from the npm registry once for each lock file; the runs
# themselves stay on the loopback interface.

INTEROP := oauth graphql prism registry fronts
INTEROP_HERE := $(filter $(INTEROP),$(patsubst tests/interop/%.sh,%,$(wildcard tests/interop/*.sh)))
INTEROP_RUNS = $(foreach s,$(INTEROP_HERE),'interop/$(s)=BUILD=$(BUILD) sh tests/interop/$(s).sh')
INTEROP_PACKAGES := $(BUILD)/interop/installed
INTEROP_NEEDS := $(BUILD)/navette $(BUILD)/standin $(BUILD)/tools/journeys \
	$(BUILD)/registry/verdicts $(INTEROP_PACKAGES)

$(INTEROP_PACKAGES): tests/interop/package-lock.json tests/interop/package.json
	$(call say,NPM,$(@D))
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
		npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error && \
		touch $(@F)

.PHONY: interop
interop: $(INTEROP_NEEDS) ## the command against servers that others wrote
	$(Q)TEST_TIMEOUT=900 sh tests/tools/run-tests.sh $(INTEROP_RUNS)

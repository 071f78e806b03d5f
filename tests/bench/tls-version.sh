#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the name and version of the Mbed TLS that a compiler with its flags would use:
#     tls-version.sh "CC FLAGS"
# shellcheck disable=SC2086 # words
printf '#include <mbedtls/version.h>\nV MBEDTLS_VERSION_STRING_FULL\n' | $1 -E -P - |
    sed -n 's/^V "\(.*\)"/\1/p'

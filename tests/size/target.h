/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a small target leaves out of the distribution's Mbed TLS configuration. It shapes Mbed TLS's
 * structs, which are members of ours.
 */
#undef MBEDTLS_THREADING_C
#undef MBEDTLS_THREADING_PTHREAD

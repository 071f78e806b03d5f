/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS 3.6 for navette, on a target without an operating system or a heap unless told
 * otherwise: a TLS client that checks certificates, and nothing else. Compile Mbed TLS, navette and
 * all that includes their headers with -DMBEDTLS_CONFIG_FILE='"navette_mbedtls_config.h"'
 *
 * Switches, set with -D, each 0 or 1 unless told otherwise:
 *
 * NAVETTE_MBEDTLS_TLS12: TLS 1.2 (default 1).
 *
 * NAVETTE_MBEDTLS_TLS13: TLS 1.3 (default 0). It asks two functions of the board
 * (port/example/platform.c has both): mbedtls_hardware_poll seeds a generator that PSA crypto has
 * of its own, and mbedtls_ms_time tells milliseconds that never go back, as mono_ms of struct
 * nvt_port_clock does. The second is what a ticket's age is told from: without it a server refuses
 * each ticket and every connection costs a full handshake.
 *
 * NAVETTE_MBEDTLS_RSA: servers and CAs with RSA keys (default 1: public CAs still have them).
 *
 * NAVETTE_MBEDTLS_P384: P-384 and SHA-384 (default 1: so do intermediates of public CAs).
 *
 * NAVETTE_MBEDTLS_X25519: X25519 beside P-256 for the key agreement (default 0).
 *
 * NAVETTE_MBEDTLS_CHACHA: ChaCha20-Poly1305 beside AES-GCM (default 1).
 *
 * NAVETTE_MBEDTLS_COMB: tables of multiples of the curves' base points (default 1): 5.4 KB of flash
 * that take a third off every key agreement and signature check.
 *
 * NAVETTE_MBEDTLS_FAST: larger AES and SHA code, for much data (default 0).
 *
 * NAVETTE_MBEDTLS_HOST: for a system with a C library, a heap and a random generator (default 0).
 *
 * NAVETTE_MBEDTLS_EVEREST: X25519 by Project Everest, formally verified and about twice as fast on
 * 64-bit cores (default: where both HOST and X25519 are chosen). Compile 3rdparty/everest too.
 *
 * NAVETTE_MBEDTLS_IN_LEN: largest record that is received, bytes (default 4096). Set max_fragment
 * of nvt_tls_settings to the same: a server that is not told may send 16384. The server's chain
 * must fit as well.
 *
 * NAVETTE_MBEDTLS_OUT_LEN: largest record that is sent, bytes (default 2048).
 *
 * Without HOST all memory comes from the arena of mbedtls_memory_buffer_alloc_init, to be called
 * first.
 */
#ifndef NAVETTE_MBEDTLS_CONFIG_H
#define NAVETTE_MBEDTLS_CONFIG_H

#ifndef NAVETTE_MBEDTLS_TLS12
#define NAVETTE_MBEDTLS_TLS12 1
#endif
#ifndef NAVETTE_MBEDTLS_TLS13
#define NAVETTE_MBEDTLS_TLS13 0
#endif
#ifndef NAVETTE_MBEDTLS_RSA
#define NAVETTE_MBEDTLS_RSA 1
#endif
#ifndef NAVETTE_MBEDTLS_P384
#define NAVETTE_MBEDTLS_P384 1
#endif
#ifndef NAVETTE_MBEDTLS_X25519
#define NAVETTE_MBEDTLS_X25519 0
#endif
#ifndef NAVETTE_MBEDTLS_CHACHA
#define NAVETTE_MBEDTLS_CHACHA 1
#endif
#ifndef NAVETTE_MBEDTLS_COMB
#define NAVETTE_MBEDTLS_COMB 1
#endif
#ifndef NAVETTE_MBEDTLS_FAST
#define NAVETTE_MBEDTLS_FAST 0
#endif
#ifndef NAVETTE_MBEDTLS_HOST
#define NAVETTE_MBEDTLS_HOST 0
#endif
#ifndef NAVETTE_MBEDTLS_EVEREST
#define NAVETTE_MBEDTLS_EVEREST (NAVETTE_MBEDTLS_HOST && NAVETTE_MBEDTLS_X25519)
#endif
#ifndef NAVETTE_MBEDTLS_IN_LEN
#define NAVETTE_MBEDTLS_IN_LEN 4096
#endif
#ifndef NAVETTE_MBEDTLS_OUT_LEN
#define NAVETTE_MBEDTLS_OUT_LEN 2048
#endif

/* ---- the platform: an arena, no files, no printf, no clock but for the age of tickets ---- */

/* Dates are checked by navette with the port's clock, so that Mbed TLS needs none
 * (MBEDTLS_HAVE_TIME_DATE stays off). */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#if !NAVETTE_MBEDTLS_HOST
#define MBEDTLS_PLATFORM_MEMORY
/* Else the C library's calloc would be linked as what the arena replaces. */
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
/* mbedtls_memory_buffer_alloc_max_get, for the memory table. */
#define MBEDTLS_MEMORY_DEBUG
/* What the arena's checks say and do when it is damaged: stop, in the board's fault handler. */
#define MBEDTLS_PLATFORM_FPRINTF_MACRO(...) ((void)0)
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap()
/* For functions that print; none is linked. The C library's would bring its heap into the map. */
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO(...) (-1)
#define MBEDTLS_PLATFORM_PRINTF_MACRO(...) (-1)
#endif

/* A server of TLS 1.3 takes a ticket only when the client tells how old it is (RFC 8446 section
 * 4.2.11.1). */
#if NAVETTE_MBEDTLS_TLS13
#define MBEDTLS_HAVE_TIME
#if !NAVETTE_MBEDTLS_HOST
#define MBEDTLS_PLATFORM_MS_TIME_ALT
/* The time of day has its place in a TLS 1.2 hello, where nobody reads it: four zeros, and the 28
 * random bytes behind them. */
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO long
#define MBEDTLS_PLATFORM_TIME_MACRO(out) ((mbedtls_time_t)0)
#endif
#endif

/* ---- random numbers: the port's entropy seeds this generator ---- */

#define MBEDTLS_CTR_DRBG_C

/* ---- symmetric ---- */

#define MBEDTLS_AES_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#if NAVETTE_MBEDTLS_P384
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#endif
#if NAVETTE_MBEDTLS_CHACHA
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#endif
#if NAVETTE_MBEDTLS_HOST
#define MBEDTLS_AESNI_C
#define MBEDTLS_AESCE_C
#endif
/* Tables made at the start would be 10 KiB of RAM. */
#define MBEDTLS_AES_ROM_TABLES
/* GCM and the generator encrypt only. */
#if !NAVETTE_MBEDTLS_TLS13
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#endif
#if !NAVETTE_MBEDTLS_FAST
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#endif

/* ---- public keys ---- */

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#if NAVETTE_MBEDTLS_P384
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#endif
#if NAVETTE_MBEDTLS_X25519
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#endif
#if NAVETTE_MBEDTLS_EVEREST
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
#endif
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_FIXED_POINT_OPTIM NAVETTE_MBEDTLS_COMB
#if NAVETTE_MBEDTLS_RSA
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#endif

/* ---- certificates ---- */

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO

/* ---- TLS ---- */

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_SESSION_TICKETS
/* So that navette can remember a chain that it verified before (navette/tls.h). */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_IN_CONTENT_LEN NAVETTE_MBEDTLS_IN_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN NAVETTE_MBEDTLS_OUT_LEN

#if NAVETTE_MBEDTLS_TLS12
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#if NAVETTE_MBEDTLS_RSA
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#endif
#endif

#if NAVETTE_MBEDTLS_TLS13
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_HKDF_C
#define MBEDTLS_PSA_CRYPTO_C
/* Keys that TLS holds at once, with room; 32 slots would cost 1.5 KiB. */
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8
#define MBEDTLS_ENTROPY_C
#define MBEDTLS_ENTROPY_FORCE_SHA256
#if !NAVETTE_MBEDTLS_HOST
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT
#endif
#endif

#endif

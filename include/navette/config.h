/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every fixed size of navette, each with its reason. Override one with -DNAME=VALUE for the
 * library and for everything that includes its headers alike: the sizes shape public structs.
 */
#ifndef NAVETTE_CONFIG_H
#define NAVETTE_CONFIG_H

/* What a target without flash to spare may leave out, 0 each; figures for Cortex-M3 in
 * tests/size/table.md. Results, verdicts and errors stay the same, only words go.
 * NVT_ERR_SENTENCES: the names and sentences of nvt_err_name and nvt_err_text; both then say
 * "NVT_E_?" and an uplink's receipt gives the number as reason ("-803"). */
#ifndef NVT_ERR_SENTENCES
#define NVT_ERR_SENTENCES 1
#endif

/* NVT_SERVER_WORDS: what servers say of a refusal (message, field and code of struct nvt_failure).
 * Codes that the client itself acts on are kept ("invalid_grant", "timeout"), and so are the labels
 * of a receipt. */
#ifndef NVT_SERVER_WORDS
#define NVT_SERVER_WORDS 1
#endif

/* Longest access token kept, bytes. CoopCycle's RSA-4096 JWT is about 1 050; the registry's about
 * 900. */
#ifndef NVT_TOKEN_CAP
#define NVT_TOKEN_CAP 1536
#endif

/* Longest credential other than a token (access key, secret key), bytes. PISTE and the registry
 * use 64. */
#ifndef NVT_SECRET_CAP
#define NVT_SECRET_CAP 128
#endif

/* Longest refresh token kept, with its final NUL. Jindexe's have 86 characters. */
#ifndef NVT_REFRESH_CAP
#define NVT_REFRESH_CAP 96
#endif

/* Longest API key, with its final NUL. UUIDs have 36 characters. */
#ifndef NVT_API_KEY_CAP
#define NVT_API_KEY_CAP 65
#endif

/* Quotas that one profile can have, that of its token route included. */
#ifndef NVT_RATES_MAX
#define NVT_RATES_MAX 5
#endif

/* Longest wait for the quota inside a call, ms: a longer one ends it with NVT_RETRY and the time.
 */
#ifndef NVT_QUOTA_WAIT_MS
#define NVT_QUOTA_WAIT_MS 1000
#endif

/* Receive window of one call, bytes; the same room holds JSON tokens (20 bytes each) while an
 * answer is read: 74 of them, a registry status has about 40. With it one client and one call fill
 * 8 KiB on a 32-bit target. */
#ifndef NVT_IO_CAP
#define NVT_IO_CAP 1480
#endif

/* Answer memory of one call, bytes: the response head, then as much of the body as fits behind it.
 * A token answer with the longest token behind a usual head is about 2 200. The request is staged
 * in window and answer memory together (3 720): a journey of 2 KiB leaves with its head and the
 * registry's token in one TLS record. */
#ifndef NVT_IN_CAP
#define NVT_IN_CAP 2240
#endif

/* Longest response head accepted (status line, fields and final CRLF), bytes. Must be below
 * NVT_IN_CAP. */
#ifndef NVT_HEAD_MAX
#define NVT_HEAD_MAX 2048
#endif

/* Most fields accepted in one response head. Gateways add about 15; 64 leaves room and bounds
 * look-ups. */
#ifndef NVT_HTTP_FIELDS_MAX
#define NVT_HTTP_FIELDS_MAX 64
#endif

/* Most interim (1xx) responses skipped before the final one. One 103 is usual, 100 is never asked
 * for. */
#ifndef NVT_HTTP_INTERIM_MAX
#define NVT_HTTP_INTERIM_MAX 4
#endif

/* Longest chunk-size line including extensions, bytes (RFC 9112 section 7.1.1 lets a recipient cap
 * it). */
#ifndef NVT_HTTP_CHUNK_LINE_MAX
#define NVT_HTTP_CHUNK_LINE_MAX 256
#endif

/* Longest trailer section, bytes. Trailers are validated and dropped (RFC 9112 section 7.1.2). */
#ifndef NVT_HTTP_TRAILER_MAX
#define NVT_HTTP_TRAILER_MAX 1024
#endif

/* Deepest nesting of arrays and objects in JSON, read or written. At most 32: the depth is a bit
 * set. */
#ifndef NVT_JSON_DEPTH_MAX
#define NVT_JSON_DEPTH_MAX 16
#endif

/* Back-off when the server names no time, ms: the first, doubled for each further one in a row, and
 * the longest. A server's own time is believed up to a day (an uplink: NVT_UPLINK_TOLD_MAX_MS). */
#ifndef NVT_BACKOFF_MS
#define NVT_BACKOFF_MS 1000
#endif
#ifndef NVT_BACKOFF_MAX_MS
#define NVT_BACKOFF_MAX_MS 300000
#endif

/* Whether a CRC takes a kilobyte of table instead of 64 bytes, and less time: a mount of a large
 * spool does little else. */
#ifndef NVT_CRC32_KILOBYTE
#if defined(__unix__) || defined(__APPLE__)
#define NVT_CRC32_KILOBYTE 1
#else
#define NVT_CRC32_KILOBYTE 0
#endif
#endif

/* Entries that can be on their way at once. */
#ifndef NVT_SPOOL_OUT_MAX
#define NVT_SPOOL_OUT_MAX 32
#endif

/* Small values kept beside the entries: tokens, trust anchors, a clock's floor; at most 32. */
#ifndef NVT_SPOOL_VALUES
#define NVT_SPOOL_VALUES 8
#endif

/* Blocks of large devices that are kept free, at most: so many may turn out bad at once. */
#ifndef NVT_SPOOL_SPARE_MAX
#define NVT_SPOOL_SPARE_MAX 8
#endif

/* Connections of an uplink unless the caller says otherwise: 20 000 requests a minute need 17 of
 * them on a link of 50 ms, a vehicle's needs 1. */
#ifndef NVT_UPLINK_LANES
#define NVT_UPLINK_LANES 4
#endif

/* Room for the request object of any system's typed calls (struct nvt_rpc_request is the largest).
 */
#ifndef NVT_UPLINK_REQUEST_CAP
#define NVT_UPLINK_REQUEST_CAP 1664
#endif

/* Pauses of the uplink after failures, ms: the first and the longest. Each is drawn between a
 * twelfth and a sixth of the time since when it fails (at first between the first one and twice
 * that), so that it is back soon after a short outage, and that a fleet that lost the network
 * together does not come back together. */
#ifndef NVT_UPLINK_PAUSE_MS
#define NVT_UPLINK_PAUSE_MS 1000
#endif
#ifndef NVT_UPLINK_PAUSE_MAX_MS
#define NVT_UPLINK_PAUSE_MAX_MS 300000
#endif

/* The first pause when the credentials, the address or the certificate are refused, ms: nobody
 * mends them within seconds, and the registry grants five tokens a minute. */
#ifndef NVT_UPLINK_BLOCKED_MS
#define NVT_UPLINK_BLOCKED_MS 30000
#endif

/* How long a connection without an entry is kept open, ms: longer than servers keep theirs is in
 * vain. */
#ifndef NVT_UPLINK_IDLE_MS
#define NVT_UPLINK_IDLE_MS 75000
#endif

/* Longest time for which a server's Retry-After, or its quota, is believed without a look whether
 * it still holds, ms: a maintenance page may say "a day" and be gone in a minute. */
#ifndef NVT_UPLINK_TOLD_MAX_MS
#define NVT_UPLINK_TOLD_MAX_MS 900000
#endif

/* Failing entries of which an uplink remembers that they certainly have not arrived. How many can
 * fail at once does not depend on it: those beyond are looked up before they are sent again. */
#ifndef NVT_UPLINK_NOTES_MAX
#define NVT_UPLINK_NOTES_MAX 8
#endif

/* Longest time, s, that an entry is kept for because the system's clock is not there yet. A clock
 * that drifts stays below it; one that is set wrong, or a time in another zone, is for people.
 * Where many entries are early what is less urgent waits so long behind them. */
#ifndef NVT_UPLINK_EARLY_MAX_S
#define NVT_UPLINK_EARLY_MAX_S 120
#endif

/* Longest host name with its final NUL (RFC 1035 section 2.3.4: 253 characters). */
#ifndef NVT_HOST_CAP
#define NVT_HOST_CAP 254
#endif

/* Longest path prefix of a base URL with its final NUL. */
#ifndef NVT_BASE_PATH_CAP
#define NVT_BASE_PATH_CAP 64
#endif

/* Addresses of one host that are tried. Two of each family cover every host of the five systems. */
#ifndef NVT_ADDRS_MAX
#define NVT_ADDRS_MAX 4
#endif

/* Connection attempts in flight at once (RFC 8305 section 5), and the delay between two starts, ms.
 */
#ifndef NVT_RACE_MAX
#define NVT_RACE_MAX 2
#endif
#ifndef NVT_RACE_DELAY_MS
#define NVT_RACE_DELAY_MS 250
#endif

/* Public-key pins one trust setting can hold: one in use, one for the next key. */
#ifndef NVT_TLS_PINS_MAX
#define NVT_TLS_PINS_MAX 2
#endif

/* Certificate chains that one trust setting remembers as verified (56 bytes each), 0: none. As many
 * as there are hosts that a client goes to and back again. */
#ifndef NVT_TLS_CHAINS_MAX
#define NVT_TLS_CHAINS_MAX 4
#endif

/* Text of a server's own words kept in struct nvt_failure, bytes with the final NUL. */
#ifndef NVT_FAILURE_TEXT_CAP
#define NVT_FAILURE_TEXT_CAP 160
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The navette command: what its files share. Unlike the library it uses the C library freely. */
#ifndef NAVETTE_CLI_H
#define NAVETTE_CLI_H

#include <navette/api.h>
#include <navette/navette.h>
#include <navette/posix.h>

#include <stdarg.h>
#include <stdio.h>

/* Lets the compiler check the arguments of our printf-like functions. */
#if defined(__GNUC__)
#define CLI_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define CLI_PRINTF(format_at, args_at)
#endif

/* ---- exit codes: the one table, also printed by --help ---- */

/* clang-format off */
#define CLI_EXIT_TABLE(X) \
    X(CLI_OK,           0, "done") \
    X(CLI_PARTLY,       1, "done, but some journeys were refused or set aside") \
    X(CLI_USAGE,        2, "the command line is wrong") \
    X(CLI_CONFIG,       3, "configuration, credentials file or CA file missing, unreadable or wrong") \
    X(CLI_NETWORK,      4, "the server was not reached, or not in time") \
    X(CLI_TLS,          5, "TLS: certificate, host name, version or clock") \
    X(CLI_AUTH,         6, "the server refused the credentials") \
    X(CLI_REFUSED,      7, "the API refused the request") \
    X(CLI_LATER,        8, "not done: try again later (quota, server trouble)") \
    X(CLI_UNKNOWN,      9, "the request may have arrived: ask for its status first") \
    X(CLI_INPUT,       10, "an input or output file, or the data in it") \
    X(CLI_ANSWER,      11, "the server's answer cannot be understood") \
    X(CLI_CHECK,       12, "doctor, status, spool check or convert found something wrong") \
    X(CLI_LOGIN,       13, "a new login is needed: the refresh token is no longer accepted") \
    X(CLI_INTERRUPTED, 130, "stopped by a signal")
/* clang-format on */

enum cli_exit {
#define CLI_EXIT_ENUM(name, number, text) name = (number),
    CLI_EXIT_TABLE(CLI_EXIT_ENUM)
#undef CLI_EXIT_ENUM
};

/* ---- the command line: args.c ---- */

#define CLI_WORDS_MAX 16

/* The values of an option that may be repeated. */
struct words {
    const char *item[CLI_WORDS_MAX];
    size_t count;
};

/* Every option of every command, named as on the command line; NULL or false when not given. */
struct args {
    /* of all commands */
    const char *base_url, *environment, *token_url, *scope, *ca_file, *token_file, *timeout;
    const char *config;
    struct words pin;
    bool json, no_cache;
    unsigned verbose;
    /* of some */
    const char *account, *address, *after, *api, *attachment, *body, *code, *connections, *country,
        *cursor_file, *data;
    const char *driving_license, *drop, *end, *first, *from, *include, *insee, *instructeur, *key;
    const char *last_name, *limit, *message, *motivation, *number, *offset, *operation, *output;
    const char *phone, *query_id, *refused, *retry_for, *socket, *socket_mode, *spool, *spool_size;
    const char *start, *state, *status, *stop, *to, *type, *updated_since, *variables;
    struct words header;
    bool all, direct, metrics, no_auth, show, tour;
    const char *word[4]; /* what is not an option */
    size_t word_count;
    const struct command *command; /* whose they are */
};

struct command {
    const char *name;  /* "journey send" */
    const char *takes; /* its own options by name, a space between: "refused retry-for" */
    size_t min_words, max_words;
    int (*run)(const struct args *a);
    const char *usage; /* "FILE|-" */
    const char *about; /* one line */
    const char *help;  /* details and examples */
};

/* Each file of commands has one table, which ends with {.name = NULL}. A further table is one line
 * here and one in the list of commands.c. */
extern const struct command general_commands[];
extern const struct command journey_commands[];
extern const struct command route_commands[];
extern const struct command cee_commands[];
extern const struct command piste_commands[];
extern const struct command jindexe_commands[];
extern const struct command query_commands[];
extern const struct command delivery_commands[];
extern const struct command spool_commands[];
extern const struct command serve_commands[];
extern const struct command status_commands[];

/* All of them; a NULL ends the list. */
extern const struct command *const cli_tables[];

/* CLI_OK with *out filled in, or CLI_USAGE after a message; *out_help when --help was asked for. */
int args_parse(const struct command *c, int argc, char **argv, struct args *out, bool *out_help);

/* Whether the command takes that option, none of all commands': "api". */
bool args_may_have(const struct args *a, const char *name);

/* commands.c: finds and runs; returns the exit code. */
int commands_run(int argc, char **argv);

/* Whether the command's first word is this one: "journey" of "journey send". */
bool command_in_group(const struct command *c, const char *group);

/* help.c */
void help_all(FILE *to);
void help_command(const struct command *c);
void help_group(const char *group); /* "journey": its commands */

/* ---- settings: options, environment, configuration file ---- */

#define CLI_PATH_CAP 512
#define CLI_CA_FILE "/etc/ssl/certs/ca-certificates.crt" /* unless another is named */

struct settings {
    const struct nvt_profile *system;
    char base_url[CLI_PATH_CAP];  /* "": the system's own */
    char token_url[CLI_PATH_CAP]; /* "": the system's own */
    char scope[CLI_PATH_CAP];     /* "": the system's own */
    char ca_file[CLI_PATH_CAP];
    char token_file[CLI_PATH_CAP];  /* "": none */
    char config_file[CLI_PATH_CAP]; /* the one read, "": none */
    uint8_t pins[NVT_TLS_PINS_MAX][32];
    size_t pin_count;
    enum nvt_bearer bearer;
    uint32_t timeout_s;
    bool token_cache;
    bool no_token; /* what is asked for needs none: none is kept or looked for */
    bool json;
    unsigned verbose;
};

/* CLI_OK, or the exit code after a message. */
int settings_load(struct settings *s, const struct nvt_profile *system, const struct args *a);

/* ---- journey_api.c: which version of the registry's API is spoken ---- */

struct journey_api {
    const char *name; /* "v3.3", "v2" */
    const struct nvt_profile *profile;
    const struct nvt_uplink_kind *kind;
    nvt_err (*check)(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                     int64_t now_s, struct nvt_failure *out_failure);
    nvt_err (*due)(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                   uint32_t *out_due_s);
    nvt_err (*status)(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span id);
    nvt_err (*cancel)(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span id,
                      struct nvt_span code, struct nvt_span message);
};

/* The one of this run, which settings_load sets: v3.3 unless --api or [rpc] says otherwise. A run
 * speaks one version; the settings' system is then its profile. */
extern const struct journey_api *journey_api;

const struct journey_api *journey_api_find(const char *name); /* NULL: there is none */
bool journey_api_is_v2(void);

/* config_file.c: hands over each setting of the file; section "" before any. take returns "", or
 * what is wrong with it, then reading goes on, and that line is named in the end. CLI_OK, or
 * CLI_CONFIG after a message. */
typedef const char *(*config_take)(void *ctx, const char *section, const char *name,
                                   const char *value);
int config_file_read(const char *path, config_take take, void *ctx, bool json);

/* serve_settings.c: whether the section [serve] has a setting of that name. */
bool serve_knows(const char *name);

/* The system of that name, or NULL after a message. */
const struct nvt_profile *system_named(const char *name, bool json);

/* Whole decimal number from 1 to max; false when it is not one. */
bool parse_count(const char *text, uint64_t max, uint32_t *out);

/* ---- secrets.c ---- */

/* What a request may need beside the token and the API key: Chorus Pro's technical account; "" when
 * the file has none. */
struct secrets_extra {
    char account_login[NVT_SECRET_CAP];
    char account_password[NVT_SECRET_CAP];
};

/* Fills the client's token or credentials, and *extra, from the settings' token file. CLI_OK or an
 * exit code after a message; then nothing is kept. */
int secrets_load(struct nvt_client *client, const struct settings *s, struct secrets_extra *extra);

/* ---- token_cache.c ---- */

#define CLI_CACHE_KEY_CAP 65U /* hex SHA-256 */

/* The file for tokens of one client's origin, scope and credentials, shared with other runs. */
struct token_cache {
    char path[CLI_PATH_CAP]; /* "": none */
    char key[CLI_CACHE_KEY_CAP];
    int lock;                    /* of the run that is about to ask for a token; -1 */
    bool foreign;                /* what lies there is not understood: it stays as it is */
    uint8_t held[NVT_TOKEN_CAP]; /* what was read there last, or written */
    size_t held_len;
};

/* For the credentials as they are now: those that change from run to run (a refresh token that was
 * kept) come in later. False when there is no place for it, or a static token needs none. */
bool token_cache_open(struct token_cache *t, const struct nvt_client *c);

/* Gives the client the token that lies there, unless that is the one it had from there before. */
void token_cache_load(struct token_cache *t, struct nvt_client *c);

/* Keeps a token that the client has fetched; removes one that it had from there and dropped. */
void token_cache_save(struct token_cache *t, const struct nvt_client *c);

/* One run at a time asks for a token. False: another is about to. Without room for a lock there is
 * none. */
bool token_cache_lock(struct token_cache *t);
void token_cache_close(struct token_cache *t);
void token_cache_unlock(struct token_cache *t);

/* ---- refresh_store.c ---- */

/* The refresh token of one client, kept in a file that outlives a power cut. */
struct refresh_store {
    char dir[CLI_PATH_CAP];
    char path[CLI_PATH_CAP];        /* "": none is kept */
    char spare[CLI_PATH_CAP + 16U]; /* room for the next one, beside it */
    char key[65];                   /* hex SHA-256 */
    int lock;                       /* of the run that is about to ask for a token; -1 */
    const char *wrong;              /* what failed, and its errno */
    int error;
};

/* Loads the token that was kept last into the client's credentials; nothing happens without a user
 * or refresh token. A client without an access token has the store to itself until it leaves.
 * CLI_OK, or the exit code after a message: then the next refresh token could not be kept. Either
 * way refresh_store_close. */
int refresh_store_open(struct refresh_store *st, struct nvt_client *c, const struct settings *set);
void refresh_store_close(struct refresh_store *st);

/* Before a token is asked for: has the store to itself, with the newest refresh token and room for
 * the next. NVT_AGAIN: another run has it. NVT_E_GRANT_KEEP after a message. */
nvt_err refresh_store_enter(struct refresh_store *st, struct nvt_client *c);

/* The client's keeper. */
nvt_err refresh_store_keep(struct refresh_store *st, struct nvt_span refresh_token);

/* Lets others at it. */
void refresh_store_leave(struct refresh_store *st);

/* Where what must outlive a power cut goes: $STATE_DIRECTORY, or navette's place in a user's home.
 * False without either, or when it is too long. */
bool place_state_dir(char *out, size_t cap);

/* Makes the folder and those above it, for the user alone; path is as before afterwards. */
bool place_make_dirs(char *path);

/* ---- session.c: one client and one call, made ready ---- */

struct session {
    const struct settings *settings;
    struct nvt_posix posix;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_call call;
    struct secrets_extra extra;
    struct token_cache cache;
    struct refresh_store refresh;
    uint64_t turn_end_ms;    /* no longer does it wait for another run's token, 0: not waiting */
    bool own_token;          /* takes no other run's token: this is to be a login */
    uint64_t grace_ms;       /* after a signal, for the answer to a request that has gone out */
    uint64_t stop_at_ms;     /* when that time is over, 0: no signal yet */
    uint64_t busy_ms;        /* spent in session_run so far */
    unsigned calls;          /* how often it ran */
    void (*tick)(void *ctx); /* called a few times a second while waiting, or NULL */
    void *tick_ctx;
};

/* CLI_OK, or the exit code after a message; then nothing needs closing. */
int session_open(struct session *s, const struct settings *settings, bool with_secrets);
void session_close(struct session *s);

/* Steps the begun call to its outcome; a signal cancels it. */
void session_run(struct session *s);

/* Makes sure that the client has a token, without sending anything else. False when there is none:
 * the call's outcome says why. */
bool session_fetch_token(struct session *s);

/* Opens the call's connection, which its next request uses. NVT_OK or why not. */
nvt_err session_connect(struct session *s);

/* Begins nothing: waits until that monotonic time, or a signal. */
void session_wait(struct session *s, uint64_t until_ms);

uint64_t session_now_ms(const struct session *s);

/* Whether the call's request has gone out, in part at least, and its answer may still come. */
bool session_is_out(const struct nvt_call *call);

/* Wall time, or 0 while it is not known. */
int64_t session_wall_s(const struct session *s);

/* ---- request.c: what the commands of one request share ---- */

/* Settings and session of one command. CLI_OK, or the exit code after a message; then nothing needs
 * closing. */
int request_prepare(struct session *s, struct settings *settings, const struct nvt_profile *system,
                    const struct args *a);

/* Runs what was begun (begun: what the nvt_X_verb returned) to its outcome. CLI_OK when it was
 * delivered, else the exit code after a message. */
int request_finish(struct session *s, const char *what, nvt_err begun);

/* The fields of --header for *q. Those that are as good as a token are marked, and not printed from
 * now on. CLI_OK, or CLI_USAGE after a message. */
int request_headers(const struct args *a, struct nvt_header headers[CLI_WORDS_MAX],
                    struct nvt_request *q);

/* Methods that may be repeated (RFC 9110 section 9.2.2). */
bool request_is_idempotent(const char *method);

/* An answer of any size in memory: nvt_request.sink = answer_keep, sink_ctx = &answer, which starts
 * as zeros; free(answer.mem). */
struct answer {
    uint8_t *mem;
    size_t len, cap;
};

nvt_err answer_keep(void *ctx, struct nvt_span piece);

/* Members of the JSON object under way: "http_status", "ms", "bytes_out", "bytes_in"; or these but
 * for the first. */
void out_figures(const struct session *s);
void out_traffic(const struct session *s);

/* signals.c: a signal asked us to stop. */
void signals_catch(void);
bool signals_stop(void);
int signals_fd(void);

/* For a service: SIGHUP and SIGUSR1 no longer stop it. Each is told once; drain before asking, so
 * that one that comes meanwhile wakes again. */
void signals_serve(void);
void signals_drain(void);
bool signals_reload(void);
bool signals_resume(void);

/* ---- mask.c: what was sent as a secret is not printed, whoever says it ---- */

void mask_learn(const struct nvt_client *c, const struct secrets_extra *extra);
void mask_learn_tokens(const struct nvt_client *c); /* they change during a run */
void mask_learn_account(const struct secrets_extra *extra);
void mask_add(struct nvt_span text);              /* a further secret */
void mask_add_header(const struct nvt_header *h); /* one that is secret, and what it holds */
void mask_forget(void);

/* Text that is complete. */
void mask_print(FILE *to, struct nvt_span text);
void mask_put(struct nvt_buf *out, struct nvt_span text);

/* The same where there may not be room for all: what is cut after it was masked shows no part of a
 * secret, what is cut before does. As many whole characters as fit, and a NUL. */
void mask_copy(char *out, size_t cap, struct nvt_span text);
void mask_format(char *out, size_t cap, const char *format, va_list args);

/* ---- messages: say.c ---- */

/* plain.c: fit for one line: controls become spaces, what is no UTF-8 '?'. */
void make_plain(char *text);

/* One line on standard error: "navette: ...". */
void say(const char *format, ...) CLI_PRINTF(1, 2);

/* The same, and with --json an object on standard output; returns code. */
int fail(bool json, int code, nvt_err err, const char *format, ...) CLI_PRINTF(4, 5);

/* What to do about err: half a sentence, "" when there is no advice. */
const char *remedy(nvt_err err);

/* The exit code for a call that ended like this. */
int exit_of(const struct nvt_outcome *o);
int exit_of_err(nvt_err err);

/* Says why the call failed in one sentence, in JSON too when asked; returns the exit code. */
int fail_outcome(const struct session *s, const char *what);

/* "sentence: server's words (HTTP 422, code -32422, field f); remedy" without secrets. */
void describe(char *out, size_t cap, const struct nvt_failure *f);

/* field.c: why a body is not sent: "licence_plate: the text is shorter or longer than the API
 * accepts (1 to 32 characters)". */
void describe_field(char *out, size_t cap, const struct nvt_failure *f);

/* What the failed call's system advises (hints.h), "" when nothing; say_hint says it. */
const char *hint_of(const struct session *s);
void say_hint(const struct session *s);

/* Prints text for a terminal: JSON escapes resolved, controls as spaces. */
void put_text(FILE *to, struct nvt_span raw, bool escaped);

/* ---- JSON on standard output: out.c ---- */

/* One object; names are literals. */
void out_begin(void);
void out_str(const char *name, const char *value);
void out_span(const char *name, struct nvt_span raw_string); /* as it stands in JSON, escaped */
void out_int(const char *name, int64_t value);
void out_bool(const char *name, bool value);
void out_raw(const char *name, struct nvt_span json); /* a value; null when it is empty or broken */
void out_open_array(const char *name);
void out_open_object(const char *name); /* name NULL: an item */
void out_close_array(void);
void out_close_object(void);
void out_end(void); /* prints it and a line end */

/* ---- files ---- */

/* The whole file (or standard input for "-") in memory to be freed, a NUL behind it. NULL after a
 * message (with json and that exit code) when it cannot be read or is longer than max. */
uint8_t *file_read(const char *path, size_t max, size_t *out_len, bool json, int code);

/* All of the bytes, from where fd stands. False with errno; some may be written then. */
bool file_write(int fd, struct nvt_span bytes);

/* Opens a file of dir (AT_FDCWD) that no other run has open so; flags are O_CREAT or 0, the mode is
 * the user's alone. The lock ends with the descriptor, so with the run, however it ends. -1 with
 * errno: EACCES or EAGAIN when another run has it. */
int file_open_locked(int dir, const char *name, int flags);

/* Longest line of journeys, here and in the service: the largest legal journey, each of its texts
 * of 256 characters of four bytes, fits. */
#define CLI_LINE_MAX 40960U

/* Lines of a file in fixed memory. */
struct lines {
    FILE *file; /* what it is read by goes past its buffer */
    const char *name;
    uint64_t size;   /* of the file, 0 when not known */
    uint64_t offset; /* read so far */
    unsigned long number;
    size_t len;
    size_t peak;   /* longest line so far */
    bool too_long; /* the line under way is longer than CLI_LINE_MAX: its end is dropped */
    bool begun;    /* a byte of the line under way is there */
    bool ended;    /* nothing more comes */
    bool failed;   /* reading failed */
    size_t from, piece_len;
    uint8_t piece[16384];
    char text[CLI_LINE_MAX + 1U];
};

enum lines_got {
    LINES_END,
    LINES_LINE,
    LINES_LATER /* whoever writes it has not yet written a whole line */
};

int lines_open(struct lines *l, const char *path, bool json);
bool lines_next(struct lines *l); /* false at the end; blank lines are skipped */
void lines_close(struct lines *l);

/* The same without waiting: with LINES_LATER wait for the file's descriptor. */
enum lines_got lines_try(struct lines *l);

/* ---- commands that stand in tables of other files ---- */

int cmd_token(const struct args *a);
int cmd_call(const struct args *a);
int cmd_doctor(const struct args *a);
int cmd_version(const struct args *a);
int cmd_journey_send(const struct args *a);
int cmd_journey_check(const struct args *a);
int cmd_journey_list(const struct args *a);
int cmd_journey_reconcile(const struct args *a);

#endif

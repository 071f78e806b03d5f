/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette serve: takes journeys in, keeps them through power cuts, delivers them. One loop steps
 * whatever can go on and then waits for the first thing that can; nothing in it blocks but the
 * disk.
 */
#include "serve.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define IO_PAUSE_MS 1000U /* before a spool whose device failed is stepped again */
#define CLOCK_SET_S 5     /* a clock that is moved by more than this was set */
#define CLOCK_EVERY_MS 5000U

/* ---- client and uplink ---- */

/* Each journey then begins with a page of its own, which most of them do not outgrow: of memory
 * that is never touched the system gives none. */
static uint8_t *first_page(uint8_t *room)
{
    uintptr_t beyond = (uintptr_t)room % (uintptr_t)SERVE_PAGE;
    return beyond == 0U ? room : room + ((uintptr_t)SERVE_PAGE - beyond);
}

static nvt_err start_uplink(struct serve *s)
{
    struct nvt_uplink_config config;
    (void)memset(&config, 0, sizeof config);
    config.kind = journey_api->kind;
    config.client = &s->session.client;
    config.spool = &s->spool;
    config.lanes = s->lanes;
    config.bodies = first_page(s->bodies);
    config.body_cap = SERVE_ENTRY_MAX;
    config.lane_count = (uint8_t)s->set.connections;
    config.settled = receipts_take;
    config.ctx = s;
    return nvt_uplink_init(&s->uplink, &config);
}

/* CLI_OK, or the exit code after a message; then nothing needs closing. */
static int open_client(struct serve *s)
{
    int code = session_open(&s->session, &s->settings, true);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = start_uplink(s);
    if (err != NVT_OK) {
        session_close(&s->session);
        return fail(s->settings.json, exit_of_err(err), err, "%s; %s", nvt_err_text(err),
                    remedy(err));
    }
    s->token_stamp = 0;
    s->client_open = true;
    return CLI_OK;
}

static void close_client(struct serve *s)
{
    if (s->client_open) {
        nvt_uplink_free(&s->uplink);
        session_close(&s->session);
        s->client_open = false;
    }
}

/* A token in hand when the power goes saves one of the five a minute afterwards. */
static void keep_token(struct serve *s)
{
    struct nvt_client *c = &s->session.client;
    uint32_t stamp = c->token.len == 0U ? 0U : c->token_stamp + 1U;
    if (stamp != s->token_stamp) {
        s->token_stamp = stamp;
        mask_learn_tokens(c);
        if (s->session.cache.path[0] != '\0') {
            token_cache_save(&s->session.cache, c);
        }
    }
}

static void tell_io(struct serve *s, nvt_err err)
{
    bool failed = err == NVT_E_SPOOL_IO;
    if (failed && !s->io_failed) {
        tell(TELL_ERROR, "the spool %s cannot be written (%s): check the drive; tried again",
             s->set.spool_file, strerror(s->file.last_errno));
    } else if (!failed && s->io_failed) {
        tell(TELL_NOTE, "the spool %s can be written again", s->set.spool_file);
    } else {
        /* as before */
    }
    s->io_failed = failed;
}

/* ---- reading the configuration again ---- */

/* These belong to what is open; they count from the next start on. */
static void keep_places(const struct serve *s, struct serve_settings *next)
{
    const struct serve_settings *now = &s->set;
    if (strcmp(next->spool_file, now->spool_file) != 0 ||
        strcmp(next->socket_path, now->socket_path) != 0 || next->socket_mode != now->socket_mode) {
        tell(TELL_WARNING, "another spool or socket takes a restart: they stay as they are");
    }
    (void)memcpy(next->spool_file, now->spool_file, sizeof next->spool_file);
    (void)memcpy(next->socket_path, now->socket_path, sizeof next->socket_path);
    next->socket_mode = now->socket_mode;
    next->direct = now->direct;
}

/* What comes next, once what is on the wire has ended. */
static struct settings next_settings;
static struct serve_settings next_set;

/* Whether settings, credentials and certificates can be used, before the old ones are given up. */
static bool load_next(const struct serve *s)
{
    static struct settings settings;
    static struct serve_settings set;
    static struct session trial;
    const struct journey_api *api = journey_api;
    int code = settings_load(&settings, s->settings.system, s->args);
    if (journey_api != api) { /* what is in the spool was written for it */
        tell(TELL_ERROR, "another version of the API takes a restart");
        journey_api = api;
        return false;
    }
    if (code == CLI_OK) {
        code = serve_settings_load(&set, &settings, s->args);
    }
    if (code == CLI_OK) {
        code = session_open(&trial, &settings, true);
    }
    if (code == CLI_OK) {
        session_close(&trial);
        mask_learn(&s->session.client, &s->session.extra); /* closing forgot it all */
        keep_places(s, &set);
        next_settings = settings;
        next_set = set;
    }
    return code == CLI_OK;
}

/* What they cannot use now they try again later. A folder that is well stays open: a file of it
 * may be half taken. */
static void reopen_places(struct serve *s, bool other_folder)
{
    receipts_close(s);
    (void)receipts_open(s);
    if (other_folder || s->drop_err != NULL) {
        (void)drop_open(s);
    }
}

static int reload(struct serve *s)
{
    struct nvt_uplink_counters count = s->uplink.state.count;
    bool other_folder = strcmp(s->set.drop_dir, next_set.drop_dir) != 0;
    close_client(s);
    s->reloading = false;
    s->settings = next_settings;
    s->set = next_set;
    int code = open_client(s);
    if (code == CLI_OK) {
        s->uplink.state.count = count;
        reopen_places(s, other_folder);
        notify_send("READY=1");
        tell(TELL_NOTE, "the configuration was read again");
    }
    return code;
}

/* ---- signals ---- */

static void begin_drain(struct serve *s)
{
    nvt_uplink_stop(&s->uplink);
    s->drain_at_ms = session_now_ms(&s->session) + (uint64_t)s->set.stop_s * 1000U;
}

static void begin_stop(struct serve *s)
{
    struct nvt_spool_info info;
    nvt_spool_info(&s->spool, &info);
    tell(TELL_NOTE, "stopping: %lu journeys wait in the spool", (unsigned long)info.pending);
    notify_send("STOPPING=1");
    s->stopping = true;
    begin_drain(s);
}

/* Type=notify-reload wants to know when the reading began. */
static void begin_reload(struct serve *s)
{
    char text[64];
    (void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)session_now_ms(&s->session) * 1000U);
    notify_send(text);
    if (load_next(s)) {
        if (!s->reloading) {
            begin_drain(s);
        }
        s->reloading = true;
    } else {
        tell(TELL_ERROR, "what was read is not used: the service goes on as before");
        notify_send("READY=1");
    }
}

static void obey_signals(struct serve *s)
{
    if (!signals_stop()) {
        signals_drain();
    }
    if (signals_stop() && !s->stopping) {
        begin_stop(s);
    }
    if (signals_reload() && !s->stopping) {
        begin_reload(s);
    }
    if (signals_resume()) {
        nvt_uplink_resume(&s->uplink);
    }
}

/* ---- this clock ---- */

static bool is_about_clock(nvt_err err)
{
    return err == NVT_E_TLS_CLOCK || err == NVT_E_TLS_NOT_YET || err == NVT_E_TLS_EXPIRED;
}

/* A board without a battery starts in 1970, where no certificate is valid: once its clock is set,
 * the link need not wait any longer. Returns when to look again. */
static uint64_t watch_clock(struct serve *s)
{
    const struct nvt_uplink_state *u = &s->uplink.state;
    uint64_t now = session_now_ms(&s->session);
    int64_t wall_s = session_wall_s(&s->session);
    int64_t origin_s = wall_s == 0 ? 0 : wall_s - (int64_t)(now / 1000U);
    int64_t moved_s = origin_s - s->clock_origin_s;
    bool waits = u->link != NVT_UPLINK_UP && is_about_clock(u->last.err);
    if (moved_s < -CLOCK_SET_S || moved_s > CLOCK_SET_S) {
        s->clock_origin_s = origin_s;
        if (waits) {
            tell(TELL_NOTE, "this clock was set: trying %s again", s->session.client.origin.host);
            nvt_uplink_resume(&s->uplink);
        }
    }
    return waits ? now + CLOCK_EVERY_MS : UINT64_MAX;
}

/* ---- the loop ---- */

/* Tells the manager that we live; returns when to do so again. */
static uint64_t beat(struct serve *s)
{
    uint64_t now = session_now_ms(&s->session);
    if (s->beat_every_ms == 0U) {
        return UINT64_MAX;
    }
    if (now >= s->beat_ms) {
        notify_send("WATCHDOG=1");
        s->beat_ms = now + s->beat_every_ms;
    }
    return s->beat_ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What the service itself waits for: signals and times. */
static void own_wait(struct serve *s, nvt_err step, struct nvt_wait *out)
{
    uint64_t now = session_now_ms(&s->session);
    (void)memset(out, 0, sizeof *out);
    out->until_ms = earlier(earlier(beat(s), tell_progress(s)), watch_clock(s));
    if (s->set.drop_dir[0] != '\0' && !s->stopping) {
        out->until_ms = earlier(out->until_ms, s->drop_more ? now : s->scan_at_ms);
    }
    if (s->stopping || s->reloading) {
        out->until_ms = earlier(out->until_ms, s->drain_at_ms);
    }
    if (step == NVT_E_SPOOL_IO) {
        out->until_ms = earlier(out->until_ms, now + IO_PAUSE_MS);
    }
    /* Once a signal to stop has come, the pipe stays readable. */
    if (signals_fd() >= 0 && !signals_stop()) {
        out->on[0].sock = (nvt_sock)signals_fd();
        out->on[0].events = NVT_WAIT_READ;
        out->count = 1U;
    }
}

/* Steps everything once and waits. False when what was to be drained is. */
static bool turn(struct serve *s)
{
    struct nvt_wait waits[SERVE_WAITS_MAX];
    size_t n = 0;
    obey_signals(s);
    spool_guard(s);
    socket_step(s);
    drop_step(s, session_now_ms(&s->session));
    nvt_err err = nvt_uplink_step(&s->uplink, waits, SERVE_LANES_MAX + 1U, &n);
    tell_io(s, err);
    keep_token(s);
    bool draining = s->stopping || s->reloading;
    if (draining && (err == NVT_OK || session_now_ms(&s->session) >= s->drain_at_ms)) {
        return false;
    }
    n = err == NVT_AGAIN ? n : 0U;
    n += socket_waits(s, waits + n, SERVE_WAITS_MAX - 1U - n);
    own_wait(s, err, &waits[n]);
    (void)nvt_posix_wait(&s->session.posix, waits, n + 1U);
    return true;
}

static int loop(struct serve *s)
{
    int code = CLI_OK;
    while (code == CLI_OK && !s->stopping) {
        while (turn(s)) {
        }
        if (s->reloading && !s->stopping) {
            code = reload(s);
        }
    }
    return code;
}

/* ---- start and end ---- */

static void tell_ready(const struct serve *s)
{
    notify_send("READY=1");
    tell(TELL_NOTE, "navette %s serves: journeys come in at %s%s%s, go to %s over %lu connections",
         NVT_VERSION, s->set.socket_path[0] == '\0' ? "no socket" : s->set.socket_path,
         s->set.drop_dir[0] == '\0' ? "" : " and ", s->set.drop_dir, s->session.client.origin.host,
         (unsigned long)s->set.connections);
}

static int open_intake(struct serve *s)
{
    int code = s->set.socket_path[0] == '\0' ? CLI_OK : socket_open(s);
    if (code == CLI_OK) {
        code = drop_open(s);
        if (code != CLI_OK) {
            socket_close(s);
        }
    }
    return code;
}

static int serve_client(struct serve *s)
{
    int code = open_client(s);
    if (code != CLI_OK) {
        return code;
    }
    s->start_ms = session_now_ms(&s->session);
    code = open_intake(s);
    if (code == CLI_OK) {
        tell_ready(s);
        code = loop(s);
        s->guard_ms = 0; /* a last look */
        spool_guard(s);
        drop_close(s);
        socket_close(s);
    }
    close_client(s);
    return code;
}

static int serve_spool(struct serve *s)
{
    int code = receipts_open(s);
    if (code == CLI_OK) {
        code = serve_client(s);
        receipts_close(s);
    }
    return code;
}

/* Mbed TLS takes two buffers of 16 KiB for each connection and touches a little of each: as pages
 * of their own they cost what is touched. What a handshake needed goes back at once. */
static void spare_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 16384);
    (void)mallopt(M_TRIM_THRESHOLD, 16384);
    (void)mallopt(M_TOP_PAD, 0);
#endif
}

static int cmd_serve(const struct args *a)
{
    static struct serve s;
    spare_memory();
    s.args = a;
    s.listener = -1;
    s.refused = -1;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        s.clients[i].fd = -1;
    }
    s.beat_every_ms = notify_watchdog_ms();
    signals_serve();
    int code = settings_load(&s.settings, &nvt_rpc_profile, a);
    if (code == CLI_OK) {
        code = serve_settings_load(&s.set, &s.settings, a);
    }
    if (code == CLI_OK) {
        code = spool_open(&s);
    }
    if (code == CLI_OK) {
        code = serve_spool(&s);
        nvt_posix_file_close(&s.file);
    }
    return code;
}

const struct command serve_commands[] = {
    {"serve", "api spool spool-size socket socket-mode drop refused connections direct stop", 0, 0,
     cmd_serve, "", "take journeys in, keep them through power cuts, deliver them",
     "Runs until it is stopped. Journeys come in over a Unix socket, one JSON object a line, and "
     "each\n"
     "line is answered once it is durable: {\"ok\":true,\"id\":17}; or as files of such lines "
     "that are\n"
     "moved into the drop folder. They go out to the registry, most urgent first, as quota and "
     "network\n"
     "allow. What it will never take is added to the refused file, with the reason.\n"
     "  --spool FILE      where they are kept ($STATE_DIRECTORY/spool, or\n"
     "                    ~/.local/state/navette/spool); made when it is missing\n"
     "  --spool-size MIB  of a spool that is made (16): about 1 000 journeys each\n"
     "  --socket PATH     none: no socket ($RUNTIME_DIRECTORY/navette.sock; "
     "/run/navette/navette.sock\n"
     "                    for root; $XDG_RUNTIME_DIR/navette.sock)\n"
     "  --socket-mode M   who may connect, in octal (0660)\n"
     "  --drop FOLDER     look for files NAME.json and NAME.jsonl there (none)\n"
     "  --refused FILE    journeys that were refused or came too late (SPOOL.refused)\n"
     "  --api VERSION     of the registry that entries are written for: v3.3 (the default) or v2\n"
     "  --connections N   to the registry at once, 1 to 32 (4)\n"
     "  --direct          a new spool is written past the page cache (O_DIRECT), 4 KiB a record\n"
     "  --stop SECONDS    how long what is on the wire may take after SIGTERM (10)\n"
     "The same names with _ for - stand in the section [serve] of the configuration file; besides\n"
     "scan = seconds between two looks at the drop folder (2), direct = yes or no.\n"
     "NAVETTE_SPOOL and NAVETTE_SOCKET count before the file.\n"
     "A spool of format 2 is converted at the start, and kept as SPOOL.v2 until the next one; one "
     "that\n"
     "was damaged as SPOOL.v2-damaged, until somebody removes it.\n"
     "SIGTERM or SIGINT: ends what is on the wire and stops, exit 0; a second one stops at once.\n"
     "SIGHUP: reads configuration, credentials and certificates again. SIGUSR1: the network is "
     "back.\n"
     "\n"
     "Examples:\n"
     "  navette serve --environment demo --token-file ~/.config/navette/keys\n"
     "  navette serve --spool /data/spool --socket /run/navette.sock --drop /data/in -v\n"},
    {.name = NULL},
};

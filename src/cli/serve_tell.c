/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says: to the journal or to standard error, a line for each change and none for
 * each journey; to its manager, one line about how things stand. */
#include "serve.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_EVERY_MS 5000U
#define AGAIN_EVERY_MS 60000U

/* ---- lines ---- */

/* JOURNAL_STREAM is "device:inode" of what the manager made our standard error (systemd.exec(5)).
 */
static bool is_journal(void)
{
    const char *text = getenv("JOURNAL_STREAM");
    struct stat st;
    char mine[64];
    if (text == NULL || fstat(STDERR_FILENO, &st) != 0) {
        return false;
    }
    (void)snprintf(mine, sizeof mine, "%llu:%llu", (unsigned long long)st.st_dev,
                   (unsigned long long)st.st_ino);
    return strcmp(text, mine) == 0;
}

void tell(enum tell_level level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): taken over from a file analysed before
    mask_format(text, sizeof text, format, args);
    va_end(args);
    if (is_journal()) {
        make_plain(text);
        (void)fprintf(stderr, "<%d>%s\n", (int)level, text);
    } else {
        say("%s", text);
    }
}

/* ---- the link ---- */

/* Our own count, or the server's: everyday matters. */
static bool is_quota(const struct nvt_failure *f)
{
    return f->err == NVT_E_QUOTA || f->err == NVT_E_GRANT_QUOTA || f->http_status == 429U;
}

static unsigned long long seconds_until(const struct serve *s, uint64_t at_ms)
{
    uint64_t now = session_now_ms(&s->session);
    return at_ms > now ? (unsigned long long)((at_ms - now + 999U) / 1000U) : 0U;
}

static void tell_down(struct serve *s, const struct nvt_uplink_state *u)
{
    char about[512];
    struct nvt_spool_info info;
    bool blocked = u->link == NVT_UPLINK_BLOCKED;
    describe(about, sizeof about, &u->last);
    nvt_spool_info(&s->spool, &info);
    tell(blocked ? TELL_ERROR : TELL_WARNING,
         "%s: %s; %lu journeys are kept, tried again in %llu s%s", s->session.client.origin.host,
         about, (unsigned long)info.pending, seconds_until(s, u->resume_ms),
         blocked ? " or at once after a reload" : "");
}

/* Once for each reason, and not more often than once a minute: a link that comes and goes must not
 * fill the journal of a gateway. */
static bool is_news(const struct serve *s, const struct nvt_uplink_state *u, uint64_t now_ms)
{
    const struct serve_told *told = &s->told;
    bool blocked = u->link == NVT_UPLINK_BLOCKED && told->link != NVT_UPLINK_BLOCKED;
    bool other = told->link == NVT_UPLINK_UP || told->err != u->last.err;
    return blocked || (other && now_ms >= told->again_ms);
}

static void tell_link(struct serve *s)
{
    const struct nvt_uplink_state *u = &s->uplink.state;
    struct serve_told *told = &s->told;
    uint64_t now = session_now_ms(&s->session);
    bool down = u->link == NVT_UPLINK_HELD || u->link == NVT_UPLINK_BLOCKED;
    if (down && !is_quota(&u->last) && is_news(s, u, now)) {
        tell_down(s, u);
        told->down_ms = told->link == NVT_UPLINK_UP ? now : told->down_ms;
        told->again_ms = now + AGAIN_EVERY_MS;
        told->link = u->link;
        told->err = u->last.err;
    } else if (u->link == NVT_UPLINK_UP && told->link != NVT_UPLINK_UP) {
        tell(TELL_NOTE, "%s answers again after %llu s", s->session.client.origin.host,
             (unsigned long long)((now - told->down_ms) / 1000U));
        told->link = NVT_UPLINK_UP;
        told->err = NVT_OK;
    } else {
        /* as it was, or on its way */
    }
}

/* Journeys that fail by themselves while the link is up: once when it has lasted a minute. */
static void tell_failing(struct serve *s)
{
    enum { LASTS_MS = 60000 };
    const struct nvt_uplink_state *u = &s->uplink.state;
    struct serve_told *told = &s->told;
    char about[512];
    uint64_t now = session_now_ms(&s->session);
    if (u->deferred == 0U) {
        told->failing_ms = 0;
        told->failing = false;
    } else if (told->failing_ms == 0U) {
        told->failing_ms = now;
    } else if (!told->failing && u->link == NVT_UPLINK_UP &&
               now - told->failing_ms >= (uint64_t)LASTS_MS) {
        told->failing = true;
        describe(about, sizeof about, &u->last);
        tell(TELL_WARNING, "%s: %s; %lu journeys fail so, and are tried behind the others",
             s->session.client.origin.host, about, (unsigned long)u->deferred);
    } else {
        /* it may pass, or was said */
    }
}

/* ---- the spool ---- */

/* What was found damaged since the start. */
static void tell_damage(struct serve *s, const struct nvt_spool_info *info)
{
    struct serve_told *told = &s->told;
    if (info->damaged != told->damaged || info->lost != told->lost) {
        tell(TELL_WARNING,
             "%s: %lu damaged records by now, %lu journeys of which are lost; navette spool check "
             "tells more",
             s->set.spool_file, (unsigned long)info->damaged, (unsigned long)info->lost);
        told->damaged = info->damaged;
        told->lost = info->lost;
    }
}

/* Nothing rests on a sync that failed, but a drive whose syncs fail is not well. */
static void tell_syncs(struct serve *s, const struct nvt_spool_info *info)
{
    struct serve_told *told = &s->told;
    uint64_t now = session_now_ms(&s->session);
    if (info->failed_syncs != told->failed_syncs && now >= told->syncs_ms) {
        tell(TELL_WARNING,
             "%s: %lu syncs have failed since the start (%s): what they were to keep was written "
             "again, or nobody was told that it is kept; check the drive",
             s->set.spool_file, (unsigned long)info->failed_syncs, strerror(s->file.last_errno));
        told->failed_syncs = info->failed_syncs;
        told->syncs_ms = now + AGAIN_EVERY_MS;
    }
}

static void tell_spool(struct serve *s)
{
    struct nvt_spool_info info;
    nvt_spool_info(&s->spool, &info);
    tell_damage(s, &info);
    tell_syncs(s, &info);
}

/* ---- the manager ---- */

static const char *const links[] = {"link up", "link down", "link tried", "credentials refused"};

static void put_status(struct serve *s, const struct nvt_spool_info *info)
{
    char text[192];
    const struct nvt_uplink_counters *c = &s->uplink.state.count;
    (void)snprintf(
        text, sizeof text, "STATUS=%lu journeys wait; delivered %lu, refused %lu, expired %lu; %s",
        (unsigned long)info->pending, (unsigned long)c->delivered, (unsigned long)c->refused,
        (unsigned long)c->expired, links[(unsigned)s->uplink.state.link % 4U]);
    notify_send(text);
}

/* When there is more to be said, UINT64_MAX: no need. */
static uint64_t tell_manager(struct serve *s)
{
    struct serve_told *told = &s->told;
    struct nvt_spool_info info;
    const struct nvt_uplink_counters *c = &s->uplink.state.count;
    uint32_t done = c->delivered + c->refused + c->expired;
    uint64_t now = session_now_ms(&s->session);
    nvt_spool_info(&s->spool, &info);
    if (done == told->done && info.pending == told->pending &&
        s->uplink.state.link == told->status_link) {
        return UINT64_MAX;
    }
    if (now < told->status_ms) {
        return told->status_ms;
    }
    put_status(s, &info);
    told->done = done;
    told->pending = info.pending;
    told->status_link = s->uplink.state.link;
    told->status_ms = now + STATUS_EVERY_MS;
    return UINT64_MAX;
}

uint64_t tell_progress(struct serve *s)
{
    tell_link(s);
    tell_failing(s);
    tell_spool(s);
    return getenv("NOTIFY_SOCKET") == NULL ? UINT64_MAX : tell_manager(s);
}

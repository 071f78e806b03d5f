/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway: settings, spool, trust, journeys, delivery. */
#include "gateway.h"

#include <mbedtls/memory_buffer_alloc.h>

uint16_t gateway_dns_port = 53, gateway_sntp_port = 123;

/* What TLS allocates for itself comes from here and from nowhere else. */
static uint8_t arena[GATEWAY_ARENA_LEN];

/* ---- settings ---- */

/* Takes the next word off *text. */
static struct nvt_span next_word(const char **text)
{
    *text += strspn(*text, " ");
    struct nvt_span word = nvt_span_of(*text, strcspn(*text, " "));
    *text += word.len;
    return word;
}

/* Value of "name=value"; false when the word has another name. */
static bool value_of(struct nvt_span word, const char *name, struct nvt_span *out)
{
    size_t len = strlen(name);
    if (word.len <= len || memcmp(word.ptr, name, len) != 0 || word.ptr[len] != (uint8_t)'=') {
        return false;
    }
    *out = nvt_span_drop(word, len + 1U);
    return true;
}

static bool take_text(struct nvt_span value, char *out, size_t cap)
{
    if (value.len == 0U || value.len >= cap) {
        return false;
    }
    (void)memcpy(out, value.ptr, value.len);
    out[value.len] = '\0';
    return true;
}

static bool take_number(struct nvt_span value, uint64_t max, uint32_t *out)
{
    uint64_t number = 0;
    if (nvt_u64_parse(value, max, &number) != NVT_OK) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool take_port(struct nvt_span value, uint16_t *out)
{
    uint32_t number = 0;
    bool ok = take_number(value, UINT16_MAX, &number);
    *out = (uint16_t)number;
    return ok;
}

static bool take_setting(struct gateway_settings *s, struct nvt_span word)
{
    const struct {
        const char *name;
        uint32_t *out;
        uint32_t max;
    } numbers[] = {{"journeys", &s->journeys, 100000U},
                   {"first", &s->first, 100000000U},
                   {"tls", &s->tls, 13U},
                   {"loss", &s->lose_permille, 999U},
                   {"seed", &s->seed, UINT32_MAX},
                   {"entropy", &s->entropy, 1U}};
    struct nvt_span value;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (value_of(word, numbers[i].name, &value)) {
            return take_number(value, numbers[i].max, numbers[i].out);
        }
    }
    if (value_of(word, "host", &value)) {
        return take_text(value, s->host, sizeof s->host);
    }
    if (value_of(word, "id", &value)) {
        return take_text(value, s->id, sizeof s->id);
    }
    if (value_of(word, "port", &value)) {
        return take_port(value, &s->port);
    }
    if (value_of(word, "dns_port", &value)) {
        return take_port(value, &s->dns_port);
    }
    return value_of(word, "sntp_port", &value) && take_port(value, &s->sntp_port);
}

bool gateway_parse(const char *words, struct gateway_settings *out)
{
    *out = (struct gateway_settings){
        "registre.localhost", "GW", 443U, 53U, 123U, 1U, 0U, 0U, 1U, 13U, 1U};
    (void)next_word(&words); /* the image's own name */
    for (struct nvt_span word = next_word(&words); word.len > 0U; word = next_word(&words)) {
        if (!take_setting(out, word)) {
            return false;
        }
    }
    gateway_dns_port = out->dns_port;
    gateway_sntp_port = out->sntp_port;
    return out->tls >= 12U;
}

/* ---- start ---- */

/* A new chip is made a spool; one that holds something else is not touched. */
static nvt_err open_spool(struct gateway *g, const struct nvt_port_block *flash)
{
    const struct nvt_spool_config config = {
        flash,         g->buffer, sizeof g->buffer, g->window, sizeof g->window, g->picks,
        GATEWAY_PICKS, 0U};
    struct nvt_spool_info info;
    nvt_err err = nvt_spool_mount(&g->spool, &config);
    if (err == NVT_E_SPOOL_BLANK) {
        err = nvt_spool_format(&g->spool, &config);
    }
    if (err == NVT_OK) {
        nvt_spool_info(&g->spool, &info);
        g->kept = info.pending + info.delivered + info.refused + info.expired + info.lost;
    }
    return err;
}

static nvt_err open_tls(struct gateway *g)
{
    struct nvt_tls_settings settings;
    (void)memset(&settings, 0, sizeof settings);
    settings.ca = nvt_span_of(gateway_ca, gateway_ca_len);
    settings.clock = NVT_TLS_CLOCK_REQUIRED;
    settings.no_tls13 = g->settings.tls == 12U;
    /* A server of TLS 1.3 may answer the wish, which Mbed TLS takes for an error. */
    settings.max_fragment = settings.no_tls13 ? (uint16_t)GATEWAY_RECORD : 0U;
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    return nvt_tls_config_init(&g->tls, g->port, &settings, NULL);
}

static nvt_err open_client(struct gateway *g)
{
    char mem[96];
    struct nvt_buf url;
    nvt_buf_init(&url, mem, sizeof mem - 1U);
    nvt_buf_put(&url, NVT_LIT("https://"));
    nvt_buf_put(&url, nvt_span_str(g->settings.host));
    nvt_buf_put_byte(&url, (uint8_t)':');
    nvt_buf_put_u64(&url, g->settings.port);
    mem[url.len] = '\0';
    nvt_err err = nvt_client_init(&g->client, &nvt_rpc_profile, g->port, &g->tls, mem, NULL);
    if (err == NVT_OK) {
        /* The test server's. A product reads them from where its secrets are. */
        err = nvt_credentials_set_key_pair(
            &g->client.credentials, NVT_LIT("5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10"),
            NVT_LIT("Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S"));
    }
    /* So that a restart needs no token: the registry grants five a minute. */
    return err == NVT_OK ? nvt_uplink_keep_tokens(&g->client, &g->spool) : err;
}

static nvt_err on_settled(void *ctx, const struct nvt_uplink_receipt *receipt);

static nvt_err open_uplink(struct gateway *g)
{
    const struct nvt_uplink_config config = {.kind = &nvt_rpc_uplink,
                                             .client = &g->client,
                                             .spool = &g->spool,
                                             .lanes = &g->lane,
                                             .bodies = g->body,
                                             .body_cap = sizeof g->body,
                                             .lane_count = 1U,
                                             .settled = on_settled,
                                             .ctx = g};
    g->token_stamp = g->client.token_stamp;
    return nvt_uplink_init(&g->uplink, &config);
}

enum gateway_status gateway_open(struct gateway *g, const struct gateway_settings *settings,
                                 const struct nvt_port *port, const struct nvt_port_block *flash)
{
    (void)memset(g, 0, sizeof *g);
    g->settings = *settings;
    g->port = port;
    nvt_err err = open_spool(g, flash);
    if (err != NVT_OK) {
        gateway_say_err("error", err);
        return GATEWAY_E_FLASH;
    }
    err = open_tls(g);
    if (err == NVT_OK) {
        err = open_client(g);
    }
    if (err == NVT_OK) {
        err = open_uplink(g);
    }
    if (err != NVT_OK) {
        gateway_say_err("error", err);
        return GATEWAY_E_SETUP;
    }
    return GATEWAY_DONE;
}

/* ---- journeys ---- */

static void put_padded(struct nvt_buf *b, uint32_t number, uint32_t digits)
{
    uint32_t scale = 1U;
    for (uint32_t i = 1U; i < digits; i++) {
        scale *= 10U;
    }
    for (; scale > 0U; scale /= 10U) {
        nvt_buf_put_byte(b, (uint8_t)('0' + number / scale % 10U));
    }
}

/* Everybody rides once: the registry counts the trips of a person. */
static bool put_person(struct nvt_rpc_identity *who, uint32_t number, char key[65],
                       struct nvt_buf *phone)
{
    nvt_buf_put(phone, NVT_LIT("+336"));
    put_padded(phone, number, 8U);
    nvt_err err = nvt_rpc_identity_key(nvt_buf_span(phone), NVT_LIT("Lefèvre"), key);
    who->identity_key = nvt_span_of(key, 64U);
    who->operator_user_id = nvt_buf_span(phone);
    return err == NVT_OK && nvt_rpc_phone_trunc(nvt_buf_span(phone), &who->phone_trunc) == NVT_OK;
}

/* What a vehicle would have measured: Massy to Palaiseau and on, an hour ago. */
static void put_route(struct nvt_rpc_journey *j, int64_t now_s, uint32_t number)
{
    j->operator_class = 'C';
    j->start.time_s = now_s - 3600 - (int64_t)(number % 600U);
    j->start.lat_e7 = 487253500 + (int32_t)(number % 1000U) * 100;
    j->start.lon_e7 = 22613000;
    j->end.time_s = j->start.time_s + 1500;
    j->end.lat_e7 = 488049000;
    j->end.lon_e7 = 21204000;
    j->distance_m = 18400U + number % 1000U;
    j->driver_revenue = 240U;
    j->passenger_contribution = 240U;
    j->passenger_seats = 1U;
}

static nvt_err write_journey(const struct gateway *g, uint32_t number, int64_t now_s,
                             struct nvt_buf *out)
{
    char key[2][65];
    uint8_t phone_mem[2][16];
    uint8_t id_mem[48];
    struct nvt_buf phone[2];
    struct nvt_buf id;
    struct nvt_rpc_journey j;
    (void)memset(&j, 0, sizeof j);
    nvt_buf_init(&id, id_mem, sizeof id_mem);
    nvt_buf_put(&id, nvt_span_str(g->settings.id));
    nvt_buf_put_byte(&id, (uint8_t)'-');
    put_padded(&id, number, 9U);
    nvt_buf_init(&phone[0], phone_mem[0], sizeof phone_mem[0]);
    nvt_buf_init(&phone[1], phone_mem[1], sizeof phone_mem[1]);
    j.operator_journey_id = nvt_buf_span(&id);
    j.operator_trip_id = nvt_buf_span(&id);
    if (!put_person(&j.driver, 2U * number, key[0], &phone[0]) ||
        !put_person(&j.passenger, 2U * number + 1U, key[1], &phone[1])) {
        return NVT_E_FIELD_FORMAT;
    }
    put_route(&j, now_s, number);
    return nvt_rpc_journey_write(&j, NVT_RPC_V3, now_s, out, NULL);
}

bool gateway_make(const struct gateway *g, struct gateway_journey *out)
{
    enum { DAY_S = 86400 };
    int64_t now_s = 0;
    struct nvt_buf text;
    if (g->kept >= g->settings.journeys || !g->port->clock.wall_s(g->port->clock.ctx, &now_s)) {
        return false;
    }
    nvt_buf_init(&text, out->text, sizeof out->text);
    nvt_err err = write_journey(g, g->settings.first + g->kept, now_s, &text);
    if (err != NVT_OK) {
        gateway_say_err("journey", err);
    }
    out->len = text.len;
    out->due_s = (uint32_t)(now_s - 3600 + DAY_S); /* the registry takes them for a day */
    return err == NVT_OK;
}

nvt_err gateway_keep(struct gateway *g, const struct gateway_journey *journey)
{
    uint32_t id = 0;
    nvt_err err =
        nvt_spool_append(&g->spool, nvt_span_of(journey->text, journey->len), journey->due_s, &id);
    if (err != NVT_OK) {
        return err;
    }
    g->kept++;
    g->kept_now++;
    if (g->kept == g->settings.journeys) {
        struct gateway_line l;
        gateway_line(&l, "navette: appended ");
        gateway_number(&l, g->kept_now);
        gateway_end(&l);
    }
    return NVT_OK;
}

/* ---- delivery ---- */

/* A product would tell the vehicle's system. */
static nvt_err on_settled(void *ctx, const struct nvt_uplink_receipt *receipt)
{
    struct gateway_line l;
    (void)ctx;
    if (receipt->state != NVT_SPOOL_DELIVERED) {
        gateway_line(&l, "navette: not delivered ");
        gateway_number(&l, receipt->id);
        gateway_word(&l, " ");
        nvt_buf_put(&l.buf, receipt->reason);
        gateway_end(&l);
    }
    return NVT_OK;
}

/* When a handshake has ended: what it was and what it cost. */
static void tell_connection(struct gateway *g)
{
    const struct nvt_tls *tls = &g->lane.call.conn.tls;
    struct gateway_line l;
    *(tls->resumed ? &g->times.resumed_us : &g->times.handshake_us) = g->times.connect_us;
    g->times.connect_us = 0;
    if (!g->told_tls) {
        gateway_line(&l, "navette: tls ");
        gateway_word(&l, nvt_tls_version(tls));
        gateway_word(&l, " ");
        gateway_word(&l, nvt_tls_suite(tls));
        gateway_end(&l);
        g->told_tls = true;
    }
}

bool gateway_is_open(const struct gateway *g)
{
    return g->lane.call.conn.phase == NVT_CONN_OPEN;
}

void gateway_measure(struct gateway *g, bool was_open, uint32_t took_us)
{
    bool open = gateway_is_open(g);
    if (was_open) {
        g->times.deliver_us += took_us;
    } else {
        g->times.connect_us += took_us;
    }
    if (open && !was_open) {
        tell_connection(g);
    }
}

/* Why nothing goes out, each time that changes: the uplink tries again by itself. */
static void tell_link(struct gateway *g)
{
    const struct nvt_failure *last = &g->uplink.state.last;
    struct gateway_line l;
    if (g->uplink.state.link == NVT_UPLINK_UP || last->err == g->told_err) {
        return;
    }
    g->told_err = last->err;
    gateway_line(&l, "navette: held ");
    gateway_word(&l, nvt_err_name(last->err));
    gateway_word(&l, " ");
    nvt_buf_put_i64(&l.buf, last->detail);
    gateway_end(&l);
}

void gateway_step(struct gateway *g, struct nvt_wait waits[GATEWAY_WAITS], size_t *out_count)
{
    nvt_err err = nvt_uplink_step(&g->uplink, waits, GATEWAY_WAITS, out_count);
    if (err != NVT_OK && err != NVT_AGAIN) {
        gateway_say_err("spool", err); /* what is out stays: the next step tries again */
    }
    tell_link(g);
    if (g->client.token_stamp != g->token_stamp) {
        g->token_stamp = g->client.token_stamp;
        err = nvt_uplink_save_token(&g->client, &g->spool);
        if (err != NVT_OK) {
            gateway_say_err("token", err);
        }
    }
}

bool gateway_ended(const struct gateway *g, enum gateway_status *out_status)
{
    struct nvt_spool_info info;
    if (g->uplink.state.link == NVT_UPLINK_BLOCKED) {
        /* Nobody mends that within seconds. A product would say so and go on stepping. */
        gateway_say_err("error", g->uplink.state.last.err);
        *out_status = GATEWAY_E_BLOCKED;
        return true;
    }
    nvt_spool_info(&g->spool, &info);
    *out_status = info.refused + info.expired + info.lost > 0U ? GATEWAY_E_REFUSED : GATEWAY_DONE;
    return g->kept >= g->settings.journeys && info.pending == 0U;
}

void gateway_close(struct gateway *g)
{
    struct nvt_spool_info info;
    struct gateway_line l;
    gateway_report(g);
    nvt_uplink_free(&g->uplink);
    nvt_client_free(&g->client);
    nvt_tls_config_free(&g->tls);
    nvt_spool_info(&g->spool, &info);
    gateway_line(&l, "navette: done ");
    gateway_number(&l, info.delivered);
    gateway_word(&l, " journeys");
    gateway_end(&l);
}

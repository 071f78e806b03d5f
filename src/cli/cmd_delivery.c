/* SPDX-License-Identifier: Apache-2.0 */
/* navette delivery create, read, update, cancel, check, quote, confirm and ping */
#include "cmd_delivery.h"

#include <stdlib.h>

static struct delivery delivery;

/* ---- what is printed ---- */

static const char *status_name(uint8_t status)
{
    static const char *const names[] = {"other", "TODO", "DOING", "DONE", "FAILED", "CANCELLED"};
    return names[status <= NVT_COOPCYCLE_CANCELLED ? status : NVT_COOPCYCLE_OTHER];
}

static void print_json(const struct nvt_coopcycle_receipt *r, const char *key)
{
    out_begin();
    out_bool("ok", true);
    out_int("id", (int64_t)r->id);
    out_str("iri", r->iri);
    out_str("tracking_url", r->tracking_url);
    out_open_array("tasks");
    for (size_t i = 0; i < r->task_count; i++) {
        out_str(NULL, status_name(r->status[i]));
    }
    out_close_array();
    if (key[0] != '\0') {
        out_str("key", key);
        out_bool("key_kept", r->keyed);
    }
    out_figures(&delivery.session);
    out_end();
}

static void print_lines(const struct nvt_coopcycle_receipt *r, const char *key)
{
    (void)printf("%-14s %llu\n", "id", (unsigned long long)r->id);
    delivery_line("iri", r->iri);
    delivery_line("tracking_url", r->tracking_url);
    for (size_t i = 0; i < r->task_count; i++) {
        (void)printf("task %-9u %s\n", (unsigned)i + 1U, status_name(r->status[i]));
    }
    if (key[0] != '\0') {
        delivery_line("key", key);
    }
}

/* key "": none was sent. */
static int print_receipt(const char *what, const char *key)
{
    struct nvt_coopcycle_receipt r;
    nvt_err err = nvt_coopcycle_read_receipt(&delivery.request, &r);
    if (err != NVT_OK) {
        return fail(delivery.settings.json, CLI_ANSWER, err, "%s: %s%s%s", what, nvt_err_text(err),
                    key[0] == '\0' ? "" : "; it was taken: navette delivery resolve ", key);
    }
    if (delivery.settings.json) {
        print_json(&r, key);
    } else {
        print_lines(&r, key);
    }
    if (key[0] != '\0' && !r.keyed) {
        say("%s: the answer does not show the key %s: this server may not keep it, and then "
            "navette delivery resolve does not find it",
            what, key);
    }
    return CLI_OK;
}

static void print_done(const char *id, const char *done)
{
    if (delivery.settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("id", id);
        out_figures(&delivery.session);
        out_end();
    } else {
        (void)printf("%s %s\n", id, done);
    }
}

/* ---- create ---- */

/* The key is told before anything is sent: whatever happens then, it is known. */
static int run_create(const struct args *a, uint8_t **text, size_t *len)
{
    int code = delivery_put_key(&delivery, a, text, len);
    if (code != CLI_OK) {
        return code;
    }
    say("key %s", delivery.key);
    code = delivery_run(&delivery, "delivery create",
                        nvt_coopcycle_create(&delivery.session.call, &delivery.request,
                                             nvt_span_of(*text, *len), nvt_span_str(delivery.key)));
    return code == CLI_OK ? print_receipt("delivery create", delivery.key) : code;
}

static int cmd_create(const struct args *a)
{
    size_t len = 0;
    uint8_t *text = delivery_read(a->word[0], nvt_coopcycle_json_check, &len, a->json);
    if (text == NULL) {
        return CLI_INPUT;
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = run_create(a, &text, &len);
        delivery_close(&delivery);
    }
    free(text);
    return code;
}

/* ---- read, update, cancel ---- */

static int cmd_read(const struct args *a)
{
    int code = delivery_open(&delivery, a);
    if (code != CLI_OK) {
        return code;
    }
    code = delivery_run(
        &delivery, "delivery read",
        nvt_coopcycle_get(&delivery.session.call, &delivery.request, nvt_span_str(a->word[0])));
    if (code == CLI_OK) {
        code = print_receipt("delivery read", "");
    }
    delivery_close(&delivery);
    return code;
}

static int cmd_update(const struct args *a)
{
    size_t len = 0;
    uint8_t *text = delivery_read(a->word[1], nvt_coopcycle_update_check, &len, a->json);
    if (text == NULL) {
        return CLI_INPUT;
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = delivery_run(&delivery, "delivery update",
                            nvt_coopcycle_update(&delivery.session.call, &delivery.request,
                                                 nvt_span_str(a->word[0]), nvt_span_of(text, len)));
        if (code == CLI_OK) {
            code = print_receipt("delivery update", "");
        }
        delivery_close(&delivery);
    }
    free(text);
    return code;
}

static int cmd_cancel(const struct args *a)
{
    int code = delivery_open(&delivery, a);
    if (code != CLI_OK) {
        return code;
    }
    code = delivery_run(
        &delivery, "delivery cancel",
        nvt_coopcycle_cancel(&delivery.session.call, &delivery.request, nvt_span_str(a->word[0])));
    if (code == CLI_OK) {
        print_done(a->word[0], "cancelled");
    }
    delivery_close(&delivery);
    return code;
}

/* ---- check, quote, confirm ---- */

static int cmd_check(const struct args *a)
{
    size_t len = 0;
    uint8_t *text = delivery_read(a->word[0], nvt_coopcycle_json_check, &len, a->json);
    if (text == NULL) {
        return CLI_INPUT;
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = delivery_run(&delivery, "delivery check",
                            nvt_coopcycle_feasible(&delivery.session.call, &delivery.request,
                                                   nvt_span_of(text, len)));
        if (code == CLI_OK) {
            print_done(a->word[0], "feasible");
        }
        delivery_close(&delivery);
    }
    free(text);
    return code;
}

static void put_time(char *out, int64_t time_s)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out, 20);
    if (time_s != 0) {
        nvt_time_put_rfc3339(&b, time_s);
    }
    out[b.len] = '\0';
}

static int print_quote(void)
{
    struct nvt_coopcycle_price p;
    char expires[21];
    nvt_err err = nvt_coopcycle_read_quote(&delivery.session.call, &p);
    if (err != NVT_OK) {
        return fail(delivery.settings.json, CLI_ANSWER, err, "delivery quote: %s",
                    nvt_err_text(err));
    }
    put_time(expires, p.expires_s);
    if (delivery.settings.json) {
        out_begin();
        out_bool("ok", true);
        out_int("id", (int64_t)p.id);
        out_int("amount", p.amount);
        out_str("currency", p.currency);
        out_str("expires", expires);
        out_str("key", delivery.key);
        out_figures(&delivery.session);
        out_end();
        return CLI_OK;
    }
    (void)printf("%-14s %llu\n%-14s %lld.%02u %s\n", "quote", (unsigned long long)p.id, "price",
                 (long long)(p.amount / 100), (unsigned)(p.amount % 100), p.currency);
    delivery_line("expires", expires);
    delivery_line("key", delivery.key);
    return CLI_OK;
}

/* A quote carries the key of the delivery that its confirmation makes. */
static int run_quote(const struct args *a, uint8_t **text, size_t *len)
{
    int code = delivery_put_key(&delivery, a, text, len);
    if (code != CLI_OK) {
        return code;
    }
    code = delivery_run(
        &delivery, "delivery quote",
        nvt_coopcycle_quote(&delivery.session.call, &delivery.request, nvt_span_of(*text, *len)));
    return code == CLI_OK ? print_quote() : code;
}

static int cmd_quote(const struct args *a)
{
    size_t len = 0;
    uint8_t *text = delivery_read(a->word[0], nvt_coopcycle_json_check, &len, a->json);
    if (text == NULL) {
        return CLI_INPUT;
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = run_quote(a, &text, &len);
        delivery_close(&delivery);
    }
    free(text);
    return code;
}

static int print_confirmed(void)
{
    struct nvt_coopcycle_receipt r;
    nvt_err err = nvt_coopcycle_read_confirmed(&delivery.session.call, &r);
    if (err != NVT_OK) {
        return fail(delivery.settings.json, CLI_ANSWER, err, "delivery confirm: %s",
                    nvt_err_text(err));
    }
    if (delivery.settings.json) {
        print_json(&r, "");
    } else {
        (void)printf("%-14s %llu\n", "id", (unsigned long long)r.id);
        delivery_line("iri", r.iri);
    }
    return CLI_OK;
}

static int cmd_confirm(const struct args *a)
{
    int code = delivery_open(&delivery, a);
    if (code != CLI_OK) {
        return code;
    }
    (void)snprintf(delivery.key, sizeof delivery.key, "%s", a->key != NULL ? a->key : "KEY");
    code = delivery_run(
        &delivery, "delivery confirm",
        nvt_coopcycle_confirm(&delivery.session.call, &delivery.request, nvt_span_str(a->word[0])));
    if (code == CLI_OK) {
        code = print_confirmed();
    }
    delivery_close(&delivery);
    return code;
}

/* ---- ping ---- */

static int print_me(void)
{
    struct nvt_coopcycle_self self;
    nvt_err err = nvt_coopcycle_read_me(&delivery.session.call, &self);
    if (err != NVT_OK) {
        return fail(delivery.settings.json, CLI_ANSWER, err, "delivery ping: %s",
                    nvt_err_text(err));
    }
    if (delivery.settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("store", self.store);
        out_str("name", self.name);
        out_figures(&delivery.session);
        out_end();
        return CLI_OK;
    }
    delivery_line("name", self.name);
    delivery_line("store", self.store[0] == '\0' ? "none" : self.store);
    return CLI_OK;
}

static int cmd_ping(const struct args *a)
{
    int code = delivery_open(&delivery, a);
    if (code != CLI_OK) {
        return code;
    }
    code = delivery_run(&delivery, "delivery ping",
                        nvt_coopcycle_me(&delivery.session.call, &delivery.request));
    if (code == CLI_OK) {
        code = print_me();
    }
    delivery_close(&delivery);
    return code;
}

const struct command delivery_commands[] = {
    {"delivery create", "key", 1, 1, cmd_create, "FILE|-", "order a delivery",
     "Checks the delivery of FILE (one JSON object) and orders it. CoopCycle makes a delivery for\n"
     "each request, so each carries a key of yours in the metadata of its dropoff: when an answer\n"
     "is lost (exit 9), navette delivery resolve KEY tells whether it was made.\n"
     "  --key KEY         1 to 64 of A-Z a-z 0-9 . _ - (a random one, told before it is sent)\n"
     "\n"
     "Examples:\n"
     "  navette delivery create delivery.json --base-url https://acme.coopcycle.org\n"
     "  navette delivery create - --key order-4711 --json <delivery.json\n"},
    {"delivery read", "", 1, 1, cmd_read, "ID", "its tracking address and the state of its tasks",
     "ID is the number or the IRI (/api/deliveries/12) that create told.\n"
     "\n"
     "Example:\n"
     "  navette delivery read 12 --json\n"},
    {"delivery update", "", 2, 2, cmd_update, "ID FILE|-", "change a delivery",
     "FILE holds the members to change. In a list of tasks each has the id that the delivery gave\n"
     "it; tasks left out of the list are removed.\n"
     "\n"
     "Example:\n"
     "  echo '{\"dropoff\":{\"comments\":\"ring twice\"}}' | navette delivery update 12 -\n"},
    {"delivery cancel", "", 1, 1, cmd_cancel, "ID", "cancel a delivery",
     "Refused (exit 7) once a courier has one of its tasks.\n"
     "\n"
     "Example:\n"
     "  navette delivery cancel 12\n"},
    {"delivery check", "", 1, 1, cmd_check, "FILE|-", "ask whether a delivery is feasible",
     "Nothing is ordered; a refusal (exit 7) says why it is not.\n"
     "\n"
     "Example:\n"
     "  navette delivery check delivery.json\n"},
    {"delivery quote", "key", 1, 1, cmd_quote, "FILE|-", "ask what a delivery costs",
     "Prints the quote's number for navette delivery confirm, its price and its end.\n"
     "  --key KEY         of the delivery that a confirmation makes (a random one)\n"
     "\n"
     "Example:\n"
     "  navette delivery quote delivery.json --json\n"},
    {"delivery confirm", "key", 1, 1, cmd_confirm, "QUOTE", "order what a quote was made for",
     "  --key KEY         the one that quote told, for the message when the outcome is not known\n"
     "\n"
     "Example:\n"
     "  navette delivery confirm 31\n"},
    {"delivery resolve", "key start", 1, 1, cmd_delivery_resolve, "KEY",
     "find out whether a delivery was made",
     "Looks for KEY in the store's deliveries, newest first. Exit 0: it was made, and is printed.\n"
     "Exit 7 with NVT_E_NOT_FOUND: it was not, and may be created again. Anything else: not "
     "known.\n"
     "  --start TIME      when it was sent first: the search ends there (2026-01-31T12:00:00Z)\n"
     "\n"
     "Examples:\n"
     "  navette delivery resolve order-4711 --start 2026-01-31T12:00:00Z\n"
     "  navette delivery resolve order-4711 || test $? -ne 7 || navette delivery create d.json\n"},
    {"delivery ping", "", 0, 0, cmd_ping, "", "whose credentials these are",
     "Example:\n  navette delivery ping --base-url https://acme.coopcycle.org\n"},
    {"delivery webhook", "header", 1, 1, cmd_delivery_webhook, "FILE|-",
     "check what a webhook received",
     "FILE is the body as it came, --token-file holds the secret that the webhook's creation\n"
     "told, and nothing is sent.\n"
     "  --header 'N: V'   X-CoopCycle-Signature as it came\n"
     "\n"
     "Example:\n"
     "  navette delivery webhook body.json --header \"X-CoopCycle-Signature: $SIGNATURE\" \\\n"
     "    --token-file ~/.config/navette/webhook\n"},
    {.name = NULL},
};

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

/* What a verb prints: its outcome stands in the session's call. CLI_OK, or the exit code after a
 * message. */
typedef int printer(const char *what, const char *id);

static int bad_answer(const char *what, nvt_err err)
{
    return fail(delivery.settings.json, CLI_ANSWER, err, "%s: %s", what, nvt_err_text(err));
}

static int print_receipt(const char *what, const char *id)
{
    struct nvt_coopcycle_receipt r;
    const char *key = delivery.key;
    nvt_err err = nvt_coopcycle_read_receipt(&delivery.request, &r);
    (void)id;
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

static int print_done(const char *id, const char *done)
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
    return CLI_OK;
}

static int print_cancelled(const char *what, const char *id)
{
    (void)what;
    return print_done(id, "cancelled");
}

static int print_feasible(const char *what, const char *id)
{
    (void)what;
    return print_done(id, "feasible");
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

static int print_quote(const char *what, const char *id)
{
    struct nvt_coopcycle_price p;
    char expires[21];
    nvt_err err = nvt_coopcycle_read_quote(&delivery.session.call, &p);
    (void)id;
    if (err != NVT_OK) {
        return bad_answer(what, err);
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

static int print_confirmed(const char *what, const char *id)
{
    struct nvt_coopcycle_receipt r;
    nvt_err err = nvt_coopcycle_read_confirmed(&delivery.session.call, &r);
    (void)id;
    if (err != NVT_OK) {
        return bad_answer(what, err);
    }
    if (delivery.settings.json) {
        print_json(&r, "");
    } else {
        (void)printf("%-14s %llu\n", "id", (unsigned long long)r.id);
        delivery_line("iri", r.iri);
    }
    return CLI_OK;
}

static int print_me(const char *what, const char *id)
{
    struct nvt_coopcycle_self self;
    nvt_err err = nvt_coopcycle_read_me(&delivery.session.call, &self);
    (void)id;
    if (err != NVT_OK) {
        return bad_answer(what, err);
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

/* ---- one verb ---- */

enum verb_id { CREATE, READ, UPDATE, CANCEL, CHECK, QUOTE, CONFIRM, PING };

struct verb {
    const char *what;
    delivery_check *check; /* of its file, the last word; NULL: it takes none */
    printer *print;
    bool keyed; /* the file gets a key before it is sent */
    bool tells; /* and the key is told before, so that it is known whatever happens then */
};

static const struct verb verbs[] = {
    [CREATE] = {"delivery create", nvt_coopcycle_json_check, print_receipt, true, true},
    [READ] = {"delivery read", NULL, print_receipt, false, false},
    [UPDATE] = {"delivery update", nvt_coopcycle_update_check, print_receipt, false, false},
    [CANCEL] = {"delivery cancel", NULL, print_cancelled, false, false},
    [CHECK] = {"delivery check", nvt_coopcycle_json_check, print_feasible, false, false},
    /* A quote carries the key of the delivery that its confirmation makes. */
    [QUOTE] = {"delivery quote", nvt_coopcycle_json_check, print_quote, true, false},
    [CONFIRM] = {"delivery confirm", NULL, print_confirmed, false, false},
    [PING] = {"delivery ping", NULL, print_me, false, false},
};

static nvt_err begin(enum verb_id id, struct nvt_span word, struct nvt_span json)
{
    struct nvt_call *call = &delivery.session.call;
    struct nvt_coopcycle_request *r = &delivery.request;
    switch (id) {
    case CREATE:
        return nvt_coopcycle_create(call, r, json, nvt_span_str(delivery.key));
    case READ:
        return nvt_coopcycle_get(call, r, word);
    case UPDATE:
        return nvt_coopcycle_update(call, r, word, json);
    case CANCEL:
        return nvt_coopcycle_cancel(call, r, word);
    case CHECK:
        return nvt_coopcycle_feasible(call, r, json);
    case QUOTE:
        return nvt_coopcycle_quote(call, r, json);
    case CONFIRM:
        return nvt_coopcycle_confirm(call, r, word);
    case PING:
    default:
        return nvt_coopcycle_me(call, r);
    }
}

/* With the session open. */
static int run(enum verb_id id, const struct args *a, uint8_t **text, size_t *len)
{
    const struct verb *v = &verbs[id];
    const char *word = a->word_count == 0U ? "" : a->word[0];
    int code = v->keyed ? delivery_put_key(&delivery, a, text, len, id == QUOTE) : CLI_OK;
    if (code != CLI_OK) {
        return code;
    }
    if (v->tells) {
        say("key %s", delivery.key);
    }
    if (id == CONFIRM) { /* for the message when its outcome is not known */
        (void)snprintf(delivery.key, sizeof delivery.key, "%s", a->key != NULL ? a->key : "KEY");
    }
    code =
        delivery_run(&delivery, v->what, begin(id, nvt_span_str(word), nvt_span_of(*text, *len)));
    return code == CLI_OK ? v->print(v->what, word) : code;
}

static int cmd(enum verb_id id, const struct args *a)
{
    delivery_check *check = verbs[id].check;
    uint8_t *text = NULL;
    size_t len = 0;
    if (check != NULL) {
        text = delivery_read(a->word[a->word_count - 1U], check, &len, a->json);
        if (text == NULL) {
            return CLI_INPUT;
        }
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = run(id, a, &text, &len);
        delivery_close(&delivery);
    }
    free(text);
    return code;
}

static int cmd_create(const struct args *a)
{
    return cmd(CREATE, a);
}

static int cmd_read(const struct args *a)
{
    return cmd(READ, a);
}

static int cmd_update(const struct args *a)
{
    return cmd(UPDATE, a);
}

static int cmd_cancel(const struct args *a)
{
    return cmd(CANCEL, a);
}

static int cmd_check(const struct args *a)
{
    return cmd(CHECK, a);
}

static int cmd_quote(const struct args *a)
{
    return cmd(QUOTE, a);
}

static int cmd_confirm(const struct args *a)
{
    return cmd(CONFIRM, a);
}

static int cmd_ping(const struct args *a)
{
    return cmd(PING, a);
}

const struct command delivery_commands[] = {
    {"delivery create", "key", 1, 1, cmd_create, "FILE|-", "order a delivery",
     "Checks the delivery of FILE (one JSON object) and orders it. CoopCycle makes a delivery for\n"
     "each request, so each carries a key of yours in the metadata of a task: when an answer\n"
     "is lost (exit 9), navette delivery resolve KEY tells whether it was made. Refused is what\n"
     "every CoopCycle server refuses; members that are not known here are told, and sent.\n"
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
     "it, one without is new, and tasks left out of the list are cancelled. A status counts only\n"
     "with the credentials of a dispatcher.\n"
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

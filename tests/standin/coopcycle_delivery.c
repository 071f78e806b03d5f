/* SPDX-License-Identifier: Apache-2.0 */
/* CoopCycle's deliveries and quotes, and the long answers about them. */
#include "coopcycle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_LIFE_S 900

struct delivery {
    unsigned id;
    unsigned store;
    json_t *inputs; /* what was asked for, task by task, for partial updates */
    json_t *tasks;
    int64_t created_s;
    struct delivery *older;
};

struct quote {
    unsigned id;
    json_t *input;
    int64_t end_s;
    unsigned delivery; /* once confirmed */
    struct quote *next;
};

static struct delivery *newest;
static struct quote *quotes;
static unsigned next_id = 1, next_task = 1, next_quote = 1;
static unsigned creates, updates, cancels, quote_calls, confirms, assert_calls;

/* Google's encoding of a line in Paris; its backslashes have to be escaped in JSON. */
static const char polyline[] =
    "qeiiHkxfM\\aAr@kBf@yAl@eBVu@`@gAN_@j@cBRi@Vs@b@mAXu@d@oAp@kBl@cBNc@j@_BZ{@Rk@`@iAv@wBh@yANa@"
    "Ty@"
    "dAaDb@sAXw@n@eBr@qBZ{@h@wAXs@^eAjAcD`@iARg@d@sA\\_A`@gAx@yBd@qANa@l@cBTo@j@}A\\}@Tm@f@qATo@`@"
    "gAl"
    "@_B^cA^aAr@mBTo@r@mBd@oAPc@`@kAVu@h@{Aj@aBZaAb@oALa@p@oBf@yAb@oATq@`@kARk@j@_Bp@mBN_@b@mAh@{A";

/* ---- how they are told ---- */

static double metres(const struct delivery *d)
{
    const json_t *from =
        json_object_get(json_object_get(json_array_get(d->tasks, 0), "address"), "geo");
    const json_t *to = json_object_get(
        json_object_get(json_array_get(d->tasks, json_array_size(d->tasks) - 1U), "address"),
        "geo");
    const double north = json_number_value(json_object_get(to, "latitude")) -
                         json_number_value(json_object_get(from, "latitude"));
    const double east = json_number_value(json_object_get(to, "longitude")) -
                        json_number_value(json_object_get(from, "longitude"));
    return 300.0 + 111000.0 * sqrt(north * north + 0.43 * east * east);
}

static unsigned cents(const struct delivery *d)
{
    return 499U + (unsigned)(metres(d) / 10.0) % 100000U;
}

static json_t *task_of_type(const struct delivery *d, const char *type)
{
    json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        json_t *task = json_array_get(d->tasks, i);
        if (same_text(text_at(task, "type"), type) &&
            (found == NULL || strcmp(type, "DROPOFF") == 0)) {
            found = task;
        }
    }
    return found;
}

/* Each task comes twice: in the list, and as the pickup or the dropoff. */
static json_t *delivery_json(const struct delivery *d)
{
    char iri[40];
    char url[64];
    char order[40];
    char number[16];
    json_t *pickup = task_of_type(d, "PICKUP");
    json_t *dropoff = task_of_type(d, "DROPOFF");
    (void)snprintf(iri, sizeof iri, "/api/deliveries/%u", d->id);
    (void)snprintf(url, sizeof url, "https://standin.test/fr/pub/d/%06x", d->id * 7919U);
    (void)snprintf(order, sizeof order, "/api/orders/%u", d->id + 40U);
    (void)snprintf(number, sizeof number, "B%05u", d->id);
    json_t *body = json_pack(
        "{s:s,s:s,s:s,s:i,s:I,s:I,s:s,s:O,s:O?,s:O?,s:s}", "@context", "/api/contexts/Delivery",
        "@id", iri, "@type", "http://schema.org/ParcelDelivery", "id", (int)d->id, "distance",
        (json_int_t)metres(d), "duration", (json_int_t)(metres(d) / 4), "polyline", polyline,
        "tasks", d->tasks, "pickup", pickup, "dropoff", dropoff, "trackingUrl", url);
    (void)json_object_set_new(body, "order",
                              json_pack("{s:s,s:s,s:s,s:i,s:i,s:s}", "@id", order, "@type",
                                        "http://schema.org/Order", "number", number, "total",
                                        (int)cents(d), "taxTotal", (int)(cents(d) / 6U),
                                        "paymentGateway", "stripe"));
    return body;
}

/* ---- store ---- */

static void number_tasks(const struct delivery *d)
{
    char text[40];
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        json_t *task = json_array_get(d->tasks, i);
        if (json_object_get(task, "id") != NULL) {
            continue; /* it has one */
        }
        (void)snprintf(text, sizeof text, "/api/tasks/%u", next_task);
        (void)json_object_set_new(task, "@id", json_string(text));
        (void)json_object_set_new(task, "id", json_integer(next_task++));
        iso_time(d->created_s, text);
        (void)snprintf(text + 19, sizeof text - 19U, "+00:00");
        (void)json_object_set_new(task, "createdAt", json_string(text));
    }
}

static struct delivery *store_delivery(unsigned store, const json_t *input, json_t *tasks)
{
    struct delivery *d = calloc(1, sizeof *d);
    if (d == NULL) {
        abort();
    }
    d->id = next_id++;
    d->store = store;
    d->inputs = coopcycle_inputs_of(input);
    d->tasks = tasks;
    d->created_s = now_s();
    d->older = newest;
    newest = d;
    number_tasks(d);
    return d;
}

static struct delivery *delivery_named(struct request *r)
{
    char *end = NULL;
    const unsigned long id = strtoul(r->segments[2], &end, 10);
    struct delivery *d = newest;
    while (d != NULL && (*end != '\0' || d->id != id)) {
        d = d->older;
    }
    if (d == NULL) {
        coopcycle_error(r, 404, "Not Found");
        return NULL;
    }
    if (d->store != COOPCYCLE_STORE) {
        coopcycle_error(r, 403, "Access Denied.");
        return NULL;
    }
    return d;
}

/* ---- deliveries ---- */

void coopcycle_create(struct request *r)
{
    json_t *tasks = coopcycle_store_fits(r, r->json) ? coopcycle_tasks_of(r, r->json) : NULL;
    if (tasks != NULL) {
        creates++;
        coopcycle_reply(r, 201, delivery_json(store_delivery(COOPCYCLE_STORE, r->json, tasks)));
    }
}

void coopcycle_read(struct request *r)
{
    const struct delivery *d = delivery_named(r);
    if (d != NULL) {
        coopcycle_reply(r, 200, delivery_json(d));
    }
}

/* ---- updates ---- */

static json_int_t id_of(const json_t *task)
{
    return json_integer_value(json_object_get(task, "id"));
}

static int find_task(const struct delivery *d, json_int_t id)
{
    int found = -1;
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        found = id_of(json_array_get(d->tasks, i)) == id ? (int)i : found;
    }
    return found;
}

/* What is named takes the place of what was asked for, but for null; metadata are added up. */
static void overlay(json_t *old, json_t *new)
{
    for (void *at = json_object_iter(new); at != NULL; at = json_object_iter_next(new, at)) {
        const char *name = json_object_iter_key(at);
        json_t *value = json_object_iter_value(at);
        json_t *target = json_object_get(old, name);
        if (json_is_null(value) || strcmp(name, "id") == 0) {
            continue;
        }
        if (strcmp(name, "metadata") == 0 && json_is_object(target) && json_is_object(value)) {
            (void)json_object_update(target, value);
        } else {
            (void)json_object_set(old, name, value);
        }
    }
}

/* The inputs with one task's changes in them, or the task itself behind the others: false when it
 * is none of this delivery's. */
static bool change_task(const struct delivery *d, json_t *inputs, json_t *task)
{
    const json_t *id = json_object_get(task, "id");
    if (!json_is_integer(id)) {
        return json_array_append_new(inputs, json_deep_copy(task)) == 0;
    }
    const int at = find_task(d, json_integer_value(id));
    if (at >= 0) {
        overlay(json_array_get(inputs, (size_t)at), task);
    }
    return at >= 0;
}

/* The pickup is the first one, the dropoff the last. */
static void change_pair(const struct delivery *d, json_t *inputs, const json_t *body)
{
    static const char *const names[2] = {"pickup", "dropoff"};
    static const char *const types[2] = {"PICKUP", "DROPOFF"};
    for (size_t i = 0; i < 2U; i++) {
        json_t *one = json_object_get(body, names[i]);
        const json_t *task = task_of_type(d, types[i]);
        if (json_is_object(one) && task != NULL) {
            json_t *input = json_array_get(inputs, (size_t)find_task(d, id_of(task)));
            overlay(input, one);
            (void)json_object_set_new(input, "type", json_string(types[i]));
        }
    }
}

static json_t *changed(struct request *r, const struct delivery *d)
{
    json_t *list = json_object_get(r->json, "tasks");
    json_t *inputs = json_deep_copy(d->inputs);
    bool known = true;
    if (json_array_size(list) == 0U) {
        change_pair(d, inputs, r->json);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        known = change_task(d, inputs, json_array_get(list, i)) && known;
    }
    if (!known) {
        coopcycle_error(r, 400, "task.id");
        json_decref(inputs);
        inputs = NULL;
    }
    return inputs;
}

/* Each keeps its number; those that a list leaves out are cancelled. A status counts for
 * dispatchers alone, and this client is none. */
static void keep_numbers(const struct delivery *d, const json_t *list, json_t *tasks)
{
    static const char *const kept[] = {"@id", "id", "createdAt", "status"};
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        const json_t *old = json_array_get(d->tasks, i);
        json_t *task = json_array_get(tasks, i);
        bool named = json_array_size(list) == 0U;
        for (size_t j = 0; j < sizeof kept / sizeof kept[0]; j++) {
            (void)json_object_set(task, kept[j], json_object_get(old, kept[j]));
        }
        for (size_t j = 0; j < json_array_size(list); j++) {
            named = named || id_of(json_array_get(list, j)) == id_of(old);
        }
        if (!named) {
            (void)json_object_set_new(task, "status", json_string("CANCELLED"));
        }
    }
}

void coopcycle_update(struct request *r)
{
    struct delivery *d = delivery_named(r);
    json_t *inputs = d == NULL ? NULL : changed(r, d);
    json_t *tasks = inputs == NULL ? NULL : coopcycle_tasks_of_inputs(r, inputs);
    if (tasks == NULL) {
        json_decref(inputs);
        return;
    }
    keep_numbers(d, json_object_get(r->json, "tasks"), tasks);
    json_decref(d->inputs);
    json_decref(d->tasks);
    d->inputs = inputs;
    d->tasks = tasks;
    number_tasks(d);
    updates++;
    coopcycle_reply(r, 200, delivery_json(d));
}

static bool is_assigned(const struct delivery *d)
{
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        if (json_object_get(json_array_get(d->tasks, i), "assignedTo") != NULL) {
            return true;
        }
    }
    return faults.assigned;
}

/* A second time is as good as the first. */
void coopcycle_cancel(struct request *r)
{
    const struct delivery *d = delivery_named(r);
    if (d == NULL) {
        return;
    }
    if (is_assigned(d)) {
        coopcycle_error(r, 400, "Delivery #%u cannot be cancelled: a task is assigned", d->id);
        return;
    }
    for (size_t i = 0; i < json_array_size(d->tasks); i++) {
        (void)json_object_set_new(json_array_get(d->tasks, i), "status", json_string("CANCELLED"));
    }
    cancels++;
    reply_empty(r, 204);
}

void coopcycle_mark(struct request *r)
{
    const struct delivery *d = delivery_named(r);
    const bool drop = strcmp(r->segments[3], "drop") == 0;
    json_t *task = d == NULL ? NULL : task_of_type(d, drop ? "DROPOFF" : "PICKUP");
    if (task != NULL) {
        (void)json_object_set_new(task, "status", json_string("DONE"));
        coopcycle_reply(r, 200, delivery_json(d));
    }
}

void coopcycle_task(struct request *r)
{
    const json_int_t id = strtol(r->segments[2], NULL, 10);
    for (const struct delivery *d = newest; d != NULL; d = d->older) {
        for (size_t i = 0; i < json_array_size(d->tasks); i++) {
            json_t *task = json_array_get(d->tasks, i);
            if (json_integer_value(json_object_get(task, "id")) == id &&
                d->store == COOPCYCLE_STORE) {
                coopcycle_reply(r, 200, json_incref(task));
                return;
            }
        }
    }
    coopcycle_error(r, 404, "Not Found");
}

/* ---- feasibility, prices, quotes ---- */

void coopcycle_assert(struct request *r)
{
    json_t *tasks = coopcycle_store_fits(r, r->json) ? coopcycle_tasks_of(r, r->json) : NULL;
    assert_calls++;
    if (tasks == NULL) {
        return;
    }
    struct delivery d = {.tasks = tasks};
    if (metres(&d) > 100000.0) {
        coopcycle_violations(r, json_pack("[{s:s,s:s,s:n}]", "propertyPath", "items", "message",
                                          "The address is out of the zone", "code"));
    } else {
        coopcycle_reply(r, 200,
                        json_pack("{s:s,s:s}", "@context", "/api/contexts/Delivery", "@type",
                                  "http://schema.org/ParcelDelivery"));
    }
    json_decref(tasks);
}

void coopcycle_price(struct request *r)
{
    json_t *tasks = coopcycle_store_fits(r, r->json) ? coopcycle_tasks_of(r, r->json) : NULL;
    if (tasks != NULL) {
        struct delivery d = {.tasks = tasks};
        coopcycle_reply(r, 200,
                        json_pack("{s:s,s:s,s:i,s:s,s:{s:i,s:b}}", "@context",
                                  "/api/contexts/RetailPrice", "@type", "RetailPrice", "amount",
                                  (int)cents(&d), "currency", "EUR", "tax", "amount",
                                  (int)(cents(&d) / 6U), "included", 1));
        json_decref(tasks);
    }
}

static json_t *quote_json(const struct quote *q, unsigned amount)
{
    char iri[48];
    char end[40];
    (void)snprintf(iri, sizeof iri, "/api/deliveries/quotes/%u", q->id);
    iso_time(q->end_s, end);
    (void)snprintf(end + 19, sizeof end - 19U, "+00:00");
    return json_pack("{s:s,s:s,s:s,s:i,s:i,s:s,s:s}", "@context", "/api/contexts/DeliveryQuote",
                     "@id", iri, "@type", "DeliveryQuote", "id", (int)q->id, "amount", (int)amount,
                     "currency", "EUR", "expiresAt", end);
}

void coopcycle_quote(struct request *r)
{
    json_t *tasks = coopcycle_store_fits(r, r->json) ? coopcycle_tasks_of(r, r->json) : NULL;
    struct quote *q = tasks == NULL ? NULL : calloc(1, sizeof *q);
    if (q == NULL) {
        return;
    }
    struct delivery d = {.tasks = tasks};
    quote_calls++;
    q->id = next_quote++;
    q->input = json_incref(r->json);
    q->end_s = now_s() + QUOTE_LIFE_S;
    q->next = quotes;
    quotes = q;
    coopcycle_reply(r, 201, quote_json(q, cents(&d)));
    json_decref(tasks);
}

static struct quote *quote_named(struct request *r)
{
    const unsigned long id = strtoul(r->segments[3], NULL, 10);
    struct quote *q = quotes;
    while (q != NULL && q->id != id) {
        q = q->next;
    }
    if (q == NULL) {
        coopcycle_error(r, 404, "Not Found");
    } else if (q->end_s <= now_s()) {
        coopcycle_error(r, 400, "Quote #%u is expired", q->id);
        q = NULL;
    }
    return q;
}

/* An old reader takes the order out of a quote: of metadata it knows the text alone. */
static json_t *inputs_of_quote(const struct quote *q)
{
    json_t *inputs = coopcycle_inputs_of(q->input);
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        json_t *input = json_array_get(inputs, i);
        if (!json_is_string(json_object_get(input, "metadata"))) {
            (void)json_object_del(input, "metadata");
        }
    }
    return inputs;
}

/* Confirmed again it names the delivery of the first time. */
void coopcycle_confirm(struct request *r)
{
    struct quote *q = quote_named(r);
    json_t *asked = q == NULL ? NULL : json_pack("{s:o}", "tasks", inputs_of_quote(q));
    json_t *tasks = q == NULL ? NULL : coopcycle_tasks_of(r, asked);
    if (tasks == NULL) {
        json_decref(asked);
        return;
    }
    struct delivery d = {.tasks = tasks};
    const unsigned amount = cents(&d);
    confirms++;
    if (q->delivery == 0U) {
        q->delivery = store_delivery(COOPCYCLE_STORE, asked, json_incref(tasks))->id;
    }
    json_decref(asked);
    char iri[40];
    (void)snprintf(iri, sizeof iri, "/api/deliveries/%u", q->delivery);
    json_t *body = quote_json(q, amount);
    (void)json_object_set_new(body, "state", json_string("confirmed"));
    (void)json_object_set_new(body, "delivery", json_string(iri));
    json_decref(tasks);
    coopcycle_reply(r, 200, body);
}

/* ---- the store's list ---- */

static unsigned count_of(struct request *r, const char *name, unsigned usual, unsigned most)
{
    const char *text = query_value(r, name);
    const unsigned long n = text == NULL ? usual : strtoul(text, NULL, 10);
    return n == 0UL ? usual : n > most ? most : (unsigned)n;
}

static unsigned deliveries_of(unsigned store)
{
    unsigned n = 0;
    for (const struct delivery *d = newest; d != NULL; d = d->older) {
        n += d->store == store ? 1U : 0U;
    }
    return n;
}

static json_t *page_of(unsigned store, unsigned skip, unsigned count)
{
    json_t *list = json_array();
    for (const struct delivery *d = newest; d != NULL && count > 0U; d = d->older) {
        if (d->store != store) {
            continue;
        }
        if (skip > 0U) {
            skip--;
            continue;
        }
        json_t *item = delivery_json(d);
        (void)json_object_del(item, "@context");
        (void)json_array_append_new(list, item);
        count--;
    }
    return list;
}

static json_t *view_of(const char *base, unsigned size, unsigned page, unsigned pages)
{
    json_t *view = json_pack("{s:o,s:s,s:o,s:o}", "@id",
                             json_sprintf("%s?itemsPerPage=%u&page=%u", base, size, page), "@type",
                             "hydra:PartialCollectionView", "hydra:first",
                             json_sprintf("%s?itemsPerPage=%u&page=1", base, size), "hydra:last",
                             json_sprintf("%s?itemsPerPage=%u&page=%u", base, size, pages));
    if (page < pages) {
        (void)json_object_set_new(
            view, "hydra:next", json_sprintf("%s?itemsPerPage=%u&page=%u", base, size, page + 1U));
    }
    return view;
}

void coopcycle_list(struct request *r)
{
    const unsigned long store = strtoul(r->segments[2], NULL, 10);
    const unsigned size = count_of(r, "itemsPerPage", 15, 100);
    const unsigned page = count_of(r, "page", 1, 1000000);
    if (store != COOPCYCLE_STORE) {
        coopcycle_error(r, store == COOPCYCLE_OTHER_STORE ? 403 : 404,
                        store == COOPCYCLE_OTHER_STORE ? "Access Denied." : "Not Found");
        return;
    }
    const unsigned total = deliveries_of(COOPCYCLE_STORE);
    const unsigned pages = total == 0U ? 1U : (total + size - 1U) / size;
    coopcycle_reply(r, 200,
                    json_pack("{s:s,s:s,s:s,s:i,s:o,s:o}", "@context", "/api/contexts/Delivery",
                              "@id", r->url, "@type", "hydra:Collection", "hydra:totalItems",
                              (int)total, "hydra:member",
                              page_of(COOPCYCLE_STORE, (page - 1U) * size, size), "hydra:view",
                              view_of(r->url, size, page, pages)));
}

/* ---- set-up and state ---- */

/* Number 1 belongs to another store. */
bool coopcycle_deliveries_init(void)
{
    json_t *input = json_pack("{s:{s:s}}", "dropoff", "before", "tomorrow 13:00");
    json_t *tasks = json_pack("[{s:s},{s:s}]", "type", "PICKUP", "type", "DROPOFF");
    if (input != NULL && tasks != NULL) {
        (void)store_delivery(COOPCYCLE_OTHER_STORE, input, tasks);
    }
    json_decref(input);
    return newest != NULL;
}

void coopcycle_deliveries_state(json_t *out)
{
    const unsigned total = deliveries_of(COOPCYCLE_STORE);
    (void)json_object_set_new(out, "deliveries", json_integer(total));
    (void)json_object_set_new(out, "delivery_creates", json_integer(creates));
    (void)json_object_set_new(out, "delivery_updates", json_integer(updates));
    (void)json_object_set_new(out, "delivery_cancels", json_integer(cancels));
    (void)json_object_set_new(out, "delivery_checks", json_integer(assert_calls));
    (void)json_object_set_new(out, "quotes", json_integer(quote_calls));
    (void)json_object_set_new(out, "quote_confirms", json_integer(confirms));
}

void coopcycle_deliveries_free(void)
{
    while (newest != NULL) {
        struct delivery *d = newest;
        newest = d->older;
        json_decref(d->inputs);
        json_decref(d->tasks);
        free(d);
    }
    while (quotes != NULL) {
        struct quote *q = quotes;
        quotes = q->next;
        json_decref(q->input);
        free(q);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries: structs checked and written, finished JSON checked, the key put into it. Every bound
 * from both sides. */
#include <navette/coopcycle.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON 1748865600 /* 2025-06-02T12:00:00Z */
#define POOL 512

static struct nvt_json_tok pool[POOL];
static struct nvt_failure failure;
static uint8_t out_mem[4096];

/* ---- structs ---- */

static struct nvt_coopcycle_task pickup, dropoff, tasks[3];
static struct nvt_coopcycle_address place;
static struct nvt_coopcycle_package packages[2];
static struct nvt_coopcycle_delivery d;

static int reset(void **state)
{
    (void)state;
    (void)memset(&pickup, 0, sizeof pickup);
    (void)memset(&dropoff, 0, sizeof dropoff);
    (void)memset(tasks, 0, sizeof tasks);
    (void)memset(&place, 0, sizeof place);
    (void)memset(packages, 0, sizeof packages);
    (void)memset(&d, 0, sizeof d);
    pickup.before_s = NOON;
    dropoff.before_s = NOON + 1800;
    d.pickup = &pickup;
    d.dropoff = &dropoff;
    return 0;
}

/* The same places as a list: a pickup and two dropoffs. */
static void use_tasks(void)
{
    d.pickup = NULL;
    d.dropoff = NULL;
    d.tasks = tasks;
    d.task_count = 3;
    tasks[0].type = NVT_LIT("pickup");
    tasks[1].type = NVT_LIT("dropoff");
    tasks[2].type = NVT_LIT("Dropoff");
    tasks[0].before_s = NOON;
    tasks[1].before_s = NOON + 1800;
    tasks[2].before_s = NOON + 3600;
}

static void expect_json(const char *wanted)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out_mem, sizeof out_mem - 1U);
    assert_string_equal(nvt_err_name(nvt_coopcycle_delivery_write(&d, &b, &failure)), "NVT_OK");
    out_mem[b.len] = 0;
    assert_string_equal((const char *)out_mem, wanted);
    /* What is written passes the check of finished JSON. */
    assert_int_equal(nvt_coopcycle_json_check(nvt_buf_span(&b), pool, POOL, &failure), NVT_OK);
}

static void expect_ok(void)
{
    assert_string_equal(nvt_err_name(nvt_coopcycle_delivery_check(&d, &failure)), "NVT_OK");
    assert_int_equal(nvt_coopcycle_delivery_check(&d, NULL), NVT_OK);
}

static void expect_fault(nvt_err err, const char *field)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out_mem, sizeof out_mem);
    assert_string_equal(nvt_err_name(nvt_coopcycle_delivery_check(&d, &failure)),
                        nvt_err_name(err));
    assert_string_equal(failure.field, field);
    assert_int_equal(failure.err, err);
    assert_int_equal(nvt_coopcycle_delivery_write(&d, &b, &failure), err);
    assert_int_equal(b.len, 0);
    assert_int_equal(nvt_coopcycle_delivery_check(&d, NULL), err);
}

static void test_write(void **state)
{
    (void)state;
    expect_json("{\"pickup\":{\"before\":\"2025-06-02T12:00:00Z\"},"
                "\"dropoff\":{\"before\":\"2025-06-02T12:30:00Z\"}}");
    d.pickup = NULL;
    expect_json("{\"dropoff\":{\"before\":\"2025-06-02T12:30:00Z\"}}");
    use_tasks();
    d.store = NVT_LIT("/api/stores/1");
    expect_json("{\"tasks\":[{\"before\":\"2025-06-02T12:00:00Z\",\"type\":\"pickup\"},"
                "{\"before\":\"2025-06-02T12:30:00Z\",\"type\":\"dropoff\"},"
                "{\"before\":\"2025-06-02T13:00:00Z\",\"type\":\"Dropoff\"}],"
                "\"store\":\"/api/stores/1\"}");
}

static void test_write_all(void **state)
{
    (void)state;
    d.pickup = NULL;
    dropoff.id = 7;
    dropoff.after_s = NOON;
    dropoff.time_slot_url = NVT_LIT("/api/time_slots/1");
    dropoff.comments = NVT_LIT("Ring \"twice\"\nnavette:k-1");
    dropoff.tags = NVT_LIT("fragile,cold");
    dropoff.weight_g = 1500;
    dropoff.packages = packages;
    dropoff.package_count = 2;
    dropoff.key = NVT_LIT("k-1");
    dropoff.place = &place;
    packages[0].type = NVT_LIT("XL");
    packages[0].quantity = 2;
    packages[1].type = NVT_LIT("S\xC3\xA9");
    packages[1].quantity = 1;
    place.street_address = NVT_LIT("24, Rue de la Paix");
    place.position_e7[0] = 488691234;
    place.position_e7[1] = -23312340;
    place.telephone = NVT_LIT("+33601020304");
    place.contact_name = NVT_LIT("C");
    place.name = NVT_LIT("N");
    place.description = NVT_LIT("D");
    expect_json("{\"dropoff\":{\"before\":\"2025-06-02T12:30:00Z\","
                "\"timeSlotUrl\":\"/api/time_slots/1\",\"after\":\"2025-06-02T12:00:00Z\","
                "\"id\":7,\"address\":{\"streetAddress\":\"24, Rue de la Paix\","
                "\"latLng\":[48.869123,-2.331234],\"telephone\":\"+33601020304\","
                "\"contactName\":\"C\",\"name\":\"N\",\"description\":\"D\"},"
                "\"comments\":\"Ring \\\"twice\\\"\\nnavette:k-1\",\"tags\":\"fragile,cold\","
                "\"weight\":1500,\"packages\":[{\"type\":\"XL\",\"quantity\":2},"
                "{\"type\":\"S\xC3\xA9\",\"quantity\":1}],"
                "\"metadata\":{\"navette_key\":\"k-1\"}}}");
    dropoff.key = NVT_LIT("");
    dropoff.metadata = NVT_LIT("{\"a\":[1]}");
    dropoff.place = NULL;
    dropoff.address = NVT_LIT("/api/addresses/2");
    dropoff.before_s = 0;
    dropoff.after_s = 0;
    dropoff.time_slot = NVT_LIT("2025-06-02 12:00-13:00");
    dropoff.package_count = 0;
    expect_json("{\"dropoff\":{\"timeSlot\":\"2025-06-02 12:00-13:00\","
                "\"timeSlotUrl\":\"/api/time_slots/1\",\"id\":7,"
                "\"address\":\"/api/addresses/2\","
                "\"comments\":\"Ring \\\"twice\\\"\\nnavette:k-1\",\"tags\":\"fragile,cold\","
                "\"weight\":1500,\"metadata\":{\"a\":[1]}}}");
}

/* Too little room anywhere is an error, and never more than the room is written. */
static void test_room(void **state)
{
    struct nvt_buf b;
    (void)state;
    nvt_buf_init(&b, out_mem, sizeof out_mem);
    assert_int_equal(nvt_coopcycle_delivery_write(&d, &b, NULL), NVT_OK);
    size_t len = b.len;
    for (size_t cap = 0; cap <= len; cap++) {
        uint8_t *mem = malloc(cap == 0U ? 1U : cap);
        assert_non_null(mem);
        nvt_buf_init(&b, mem, cap);
        assert_int_equal(nvt_coopcycle_delivery_write(&d, &b, &failure),
                         cap < len ? NVT_E_SPACE : NVT_OK);
        free(mem);
    }
}

static void expect_update(const char *wanted)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out_mem, sizeof out_mem - 1U);
    assert_int_equal(nvt_coopcycle_update_write(&d, &b, &failure), NVT_OK);
    out_mem[b.len] = 0;
    assert_string_equal((const char *)out_mem, wanted);
    assert_int_equal(nvt_coopcycle_update_check(nvt_buf_span(&b), pool, POOL, &failure), NVT_OK);
}

static void test_write_update(void **state)
{
    struct nvt_buf b;
    (void)state;
    d.pickup = NULL;
    dropoff.before_s = 0;
    dropoff.comments = NVT_LIT("x");
    expect_update("{\"dropoff\":{\"comments\":\"x\"}}");
    d.dropoff = NULL;
    expect_update("{}");
    d.tasks = tasks;
    d.task_count = 2;
    tasks[0].id = 7;
    tasks[1].id = 8;
    tasks[1].weight_g = 1;
    expect_update("{\"tasks\":[{\"id\":7},{\"id\":8,\"weight\":1}]}");
    d.task_count = 1; /* which cancels the others */
    expect_update("{\"tasks\":[{\"id\":7}]}");
    d.task_count = 2;
    tasks[1].after_s = NOON;
    tasks[1].before_s = NOON - 1;
    nvt_buf_init(&b, out_mem, sizeof out_mem);
    assert_int_equal(nvt_coopcycle_update_write(&d, &b, &failure), NVT_E_FIELD_ORDER);
    assert_string_equal(failure.field, "tasks[1].before");
    assert_int_equal(b.len, 0);
}

static void test_missing(void **state)
{
    (void)state;
    d.dropoff = NULL;
    expect_fault(NVT_E_FIELD_MISSING, "dropoff");
    d.dropoff = &dropoff;
    dropoff.before_s = 0;
    dropoff.after_s = NOON; /* a window has an end */
    expect_fault(NVT_E_FIELD_MISSING, "dropoff.before");
    dropoff.time_slot_url = NVT_LIT("/api/time_slots/1");
    expect_fault(NVT_E_FIELD_MISSING, "dropoff.before");
    dropoff.time_slot = NVT_LIT("2025-06-02 12:00-13:00");
    expect_ok();
    pickup.before_s = 0; /* the server estimates it */
    expect_ok();
    d.pickup = NULL;
    expect_ok();
    use_tasks();
    tasks[0].before_s = 0;
    expect_ok();
    tasks[1].before_s = 0;
    expect_fault(NVT_E_FIELD_MISSING, "tasks[1].before");
    tasks[1].type = NVT_LIT("pickup");
    expect_ok();
    tasks[2].type = NVT_LIT("pickup");
    expect_fault(NVT_E_FIELD_MISSING, "dropoff");
    tasks[1].type = NVT_LIT("dropoff");
    tasks[1].before_s = NOON + 1;
    tasks[2].type = NVT_LIT("");
    expect_fault(NVT_E_FIELD_MISSING, "tasks[2].type");
}

static void test_both(void **state)
{
    (void)state;
    use_tasks();
    d.dropoff = &dropoff;
    expect_fault(NVT_E_FIELD_BOTH, "tasks");
    d.dropoff = NULL;
    d.pickup = &pickup;
    expect_fault(NVT_E_FIELD_BOTH, "tasks");
    d.pickup = NULL;
    expect_ok();
    place.street_address = NVT_LIT("x");
    tasks[0].place = &place;
    expect_ok();
    tasks[0].address = NVT_LIT("y");
    expect_fault(NVT_E_FIELD_BOTH, "tasks[0].address");
    tasks[0].place = NULL;
    tasks[0].key = NVT_LIT("k");
    tasks[0].metadata = NVT_LIT("{}");
    expect_fault(NVT_E_FIELD_BOTH, "tasks[0].metadata");
}

static void test_count(void **state)
{
    static struct nvt_coopcycle_package many[NVT_COOPCYCLE_LIST_MAX + 1];
    static struct nvt_coopcycle_task all[NVT_COOPCYCLE_LIST_MAX + 1];
    (void)state;
    use_tasks();
    d.task_count = 1;
    expect_fault(NVT_E_FIELD_COUNT, "tasks");
    d.task_count = 2;
    expect_ok();
    for (size_t i = 0; i <= NVT_COOPCYCLE_LIST_MAX; i++) {
        all[i] = tasks[2];
        many[i].type = NVT_LIT("S");
        many[i].quantity = 1;
    }
    d.tasks = all;
    d.task_count = NVT_COOPCYCLE_LIST_MAX;
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_OK);
    all[NVT_COOPCYCLE_LIST_MAX - 1].type = NVT_LIT("");
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_E_FIELD_MISSING);
    assert_string_equal(failure.field, "tasks[999].type");
    d.task_count = NVT_COOPCYCLE_LIST_MAX + 1;
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_E_FIELD_COUNT);
    d.tasks = NULL;
    d.task_count = 2;
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_E_ARG);
    assert_string_equal(failure.field, "tasks");
    (void)reset(NULL);
    dropoff.packages = many;
    dropoff.package_count = NVT_COOPCYCLE_LIST_MAX;
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_OK);
    dropoff.package_count++;
    assert_int_equal(nvt_coopcycle_delivery_check(&d, &failure), NVT_E_FIELD_COUNT);
    assert_string_equal(failure.field, "dropoff.packages");
}

static void test_order(void **state)
{
    (void)state;
    pickup.after_s = NOON;
    expect_ok();
    pickup.after_s = NOON + 1;
    expect_fault(NVT_E_FIELD_ORDER, "pickup.before");
    pickup.after_s = 0;
    pickup.before_s = NOON + 1800;
    expect_ok();
    pickup.before_s++;
    expect_fault(NVT_E_FIELD_ORDER, "dropoff.before");
    use_tasks();
    tasks[2].after_s = NOON + 3600;
    expect_ok();
    tasks[2].after_s++;
    expect_fault(NVT_E_FIELD_ORDER, "tasks[2].before");
    tasks[2].after_s = 0;
    tasks[0].before_s = NOON + 3600; /* later than one dropoff, not than all */
    expect_ok();
    tasks[0].before_s++;
    expect_fault(NVT_E_FIELD_ORDER, "tasks[2].before");
    tasks[0].type = NVT_LIT("PICKUP");
    expect_fault(NVT_E_FIELD_ORDER, "tasks[2].before");
    tasks[0].type = NVT_LIT("DROPOFF"); /* nothing is picked up first */
    expect_ok();
    tasks[0].type = NVT_LIT("pickup");
    tasks[0].before_s = NOON;
    tasks[1].type = NVT_LIT("pickup"); /* the second one may be late */
    tasks[1].before_s = NOON + 7200;
    expect_ok();
}

static void test_ranges(void **state)
{
    (void)state;
    dropoff.weight_g = INT32_MAX;
    dropoff.id = INT32_MAX;
    expect_ok();
    dropoff.weight_g++;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.weight");
    dropoff.weight_g = 0;
    dropoff.id++;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.id");
    dropoff.id = 0;
    dropoff.packages = packages;
    dropoff.package_count = 1;
    packages[0].type = NVT_LIT("S");
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.packages[0].quantity");
    packages[0].quantity = 1;
    expect_ok();
    packages[0].quantity = (uint32_t)INT32_MAX + 1U;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.packages[0].quantity");
    packages[0].quantity = INT32_MAX;
    packages[0].type = NVT_LIT("");
    expect_fault(NVT_E_FIELD_MISSING, "dropoff.packages[0].type");
    dropoff.package_count = 0;
    dropoff.before_s = 253402300799; /* the last second of the year 9999 */
    expect_ok();
    dropoff.before_s++;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.before");
    dropoff.before_s = -1;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.before");
}

static void test_places(void **state)
{
    (void)state;
    dropoff.place = &place;
    expect_fault(NVT_E_FIELD_MISSING, "dropoff.address.streetAddress");
    place.street_address = NVT_LIT("x");
    place.position_e7[0] = 900000000;
    place.position_e7[1] = -1800000000;
    expect_ok();
    place.position_e7[0]++;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.address.latLng");
    place.position_e7[0] = -900000000;
    place.position_e7[1] = 1800000000;
    expect_ok();
    place.position_e7[1]++;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.address.latLng");
    place.position_e7[1] = 0;
    place.position_e7[0] = -900000001;
    expect_fault(NVT_E_FIELD_RANGE, "dropoff.address.latLng");
}

static void test_texts(void **state)
{
    struct nvt_span bad = NVT_LIT("a\xFF");
    char key[NVT_COOPCYCLE_KEY_MAX + 1];
    (void)state;
    dropoff.comments = bad;
    expect_fault(NVT_E_UTF8, "dropoff.comments");
    dropoff.comments = NVT_LIT("");
    d.store = bad;
    expect_fault(NVT_E_UTF8, "store");
    d.store = NVT_LIT("");
    dropoff.address = bad;
    expect_fault(NVT_E_UTF8, "dropoff.address");
    dropoff.address = NVT_LIT("");
    dropoff.place = &place;
    place.street_address = bad;
    expect_fault(NVT_E_UTF8, "dropoff.address.streetAddress");
    dropoff.place = NULL;
    dropoff.type = NVT_LIT("drop");
    expect_fault(NVT_E_FIELD_FORMAT, "dropoff.type");
    dropoff.type = NVT_LIT("");
    (void)memset(key, 'k', sizeof key);
    dropoff.key = nvt_span_of(key, NVT_COOPCYCLE_KEY_MAX);
    expect_ok();
    dropoff.key.len++;
    expect_fault(NVT_E_FIELD_LENGTH, "dropoff.metadata.navette_key");
    dropoff.key = NVT_LIT("a b");
    expect_fault(NVT_E_FIELD_FORMAT, "dropoff.metadata.navette_key");
    dropoff.key = NVT_LIT("");
    dropoff.metadata = NVT_LIT("{\"a\":}");
    expect_fault(NVT_E_JSON_SYNTAX, "dropoff.metadata");
}

/* ---- finished JSON ---- */

static nvt_err check(const char *json)
{
    size_t len = strlen(json);
    uint8_t *copy = malloc(len == 0U ? 1U : len);
    assert_non_null(copy);
    (void)memcpy(copy, json, len);
    nvt_err err = nvt_coopcycle_json_check(nvt_span_of(copy, len), pool, POOL, &failure);
    free(copy);
    return err;
}

static void good(const char *json)
{
    assert_string_equal(nvt_err_name(check(json)), "NVT_OK");
}

static void bad(const char *json, nvt_err err, const char *field)
{
    assert_string_equal(nvt_err_name(check(json)), nvt_err_name(err));
    assert_string_equal(failure.field, field);
}

#define DROPOFF(more) "{\"dropoff\":{\"before\":\"tomorrow 13:00\"" more "}}"

static void test_json(void **state)
{
    (void)state;
    good(DROPOFF(""));
    good("{\"pickup\":{\"doneBefore\":\"2025-06-02 12:00\"},\"dropoff\":{\"timeSlot\":"
         "\"2025-06-02 12:00-13:00\"},\"order\":{\"manualSupplements\":[]},\"rrule\":\"FREQ\","
         "\"weight\":null,\"packages\":[{\"type\":\"S\",\"quantity\":1}],\"store\":\"/s/1\"}");
    good(DROPOFF(",\"address\":\"x\",\"latLng\":[48.8,2.3],\"tags\":[\"a\",\"b\"],\"metadata\":"
                 "\"a=b\",\"assignedTo\":\"bob\",\"weight\":1500,\"comments\":null"));
    good(DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"telephone\":\"\",\"postalCode\":\"1\"}"));
    good(DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"telephone\":false,\"name\":null}"));
    good("{\"tasks\":[{\"type\":\"PICKUP\",\"before\":\"2025-06-02T12:00:00Z\"},"
         "{\"type\":\"dropoff\",\"before\":\"2025-06-02T14:00:00+02:00\"}]}");
}

static void test_bad_json(void **state)
{
    (void)state;
    bad("", NVT_E_JSON_END, "");
    bad("[]", NVT_E_FIELD_TYPE, "");
    bad("{}", NVT_E_FIELD_MISSING, "dropoff");
    bad("{\"dropoff\":{}}", NVT_E_FIELD_MISSING, "dropoff.before");
    bad("{\"dropoff\":{\"before\":1}}", NVT_E_FIELD_TYPE, "dropoff.before");
    bad("{\"dropoff\":{\"before\":\"\"}}", NVT_E_FIELD_LENGTH, "dropoff.before");
    bad("{\"dropoff\":[]}", NVT_E_FIELD_TYPE, "dropoff");
    bad(DROPOFF(",\"address\":1"), NVT_E_FIELD_TYPE, "dropoff.address");
    bad(DROPOFF(",\"address\":{}"), NVT_E_FIELD_MISSING, "dropoff.address.streetAddress");
    bad(DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"latLng\":[90.1,0]}"), NVT_E_FIELD_RANGE,
        "dropoff.address.latLng");
    bad(DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"latLng\":[1]}"), NVT_E_FIELD_COUNT,
        "dropoff.address.latLng");
    bad(DROPOFF(",\"weight\":-1"), NVT_E_FIELD_RANGE, "dropoff.weight");
    bad(DROPOFF(",\"weight\":1.5"), NVT_E_FIELD_TYPE, "dropoff.weight");
    bad(DROPOFF(",\"weight\":2147483648"), NVT_E_FIELD_RANGE, "dropoff.weight");
    bad(DROPOFF(",\"packages\":[{\"type\":\"S\",\"quantity\":0}]"), NVT_E_FIELD_RANGE,
        "dropoff.packages[0].quantity");
    bad(DROPOFF(",\"packages\":[{\"type\":\"S\"}]"), NVT_E_FIELD_MISSING,
        "dropoff.packages[0].quantity");
    bad(DROPOFF(",\"metadata\":{\"a\":1,\"a\":2}"), NVT_E_JSON_DUPLICATE, "metadata");
    bad(DROPOFF(",\"before\":\"x\""), NVT_E_JSON_DUPLICATE, "dropoff.before");
    bad(DROPOFF(",\"packages\":[{\"type\":\"S\",\"quantity\":\"two\"}]"), NVT_E_FIELD_FORMAT,
        "dropoff.packages[0].quantity");
    bad(DROPOFF(",\"status\":1"), NVT_E_FIELD_TYPE, "dropoff.status");
    bad(DROPOFF(",\"new\":{\"a\":1,\"a\":2}"), NVT_E_JSON_DUPLICATE, "new");
    assert_int_equal(failure.detail, 0);
    bad("{\"tasks\":[]}", NVT_E_FIELD_MISSING, "dropoff");
    bad("{\"dropoff\":null}", NVT_E_FIELD_MISSING, "dropoff");
    bad("{\"dropoff\":{\"before\":null}}", NVT_E_FIELD_MISSING, "dropoff.before");
    bad("{\"tasks\":[{\"before\":\"x\",\"type\":\"pickup\"}]}", NVT_E_FIELD_COUNT, "tasks");
    bad("{\"tasks\":[{\"before\":\"x\"},{\"type\":\"pickup\"}]}", NVT_E_FIELD_MISSING,
        "tasks[1].before"); /* of two the second is the dropoff, whatever it says */
    bad("{\"tasks\":[{\"type\":\"pickup\"},{\"type\":\"pickup\"},{\"type\":\"dropoff\"}]}",
        NVT_E_FIELD_MISSING, "tasks[2].before");
    bad("{\"tasks\":[{\"type\":\"pickup\"},{\"type\":\"pickup\"},{\"type\":\"pickup\"}]}",
        NVT_E_FIELD_MISSING, "dropoff");
    bad("{\"tasks\":[{\"type\":\"pickup\"},{\"type\":\"drop\"},{\"before\":\"x\"}]}",
        NVT_E_FIELD_FORMAT, "tasks[1].type");
    bad("{\"tasks\":[{\"type\":\"pickup\"},{\"type\":\"dropoffs\"},{\"before\":\"x\"}]}",
        NVT_E_FIELD_FORMAT, "tasks[1].type");
    bad(DROPOFF("}"), NVT_E_JSON_TRAILING, "");
    assert_int_equal(failure.detail, (int)strlen(DROPOFF("")));
}

/* What the server does not refuse, in the forms that its own tests and shops use. */
static void test_taken(void **state)
{
    (void)state;
    good(DROPOFF(",\"status\":\"TODO\",\"type\":\"DropOff\",\"id\":null"));
    good("{\"pickup\":{\"address\":\"1, quai Nord\"},\"dropoff\":{\"address\":\"2, quai Sud\","
         "\"doneBefore\":\"tomorrow 18:00\"}}");
    good("{\"tasks\":[{\"type\":\"pickup\",\"address\":\"a\"},{\"type\":\"pickup\",\"address\":"
         "\"b\"},"
         "{\"type\":\"dropoff\",\"address\":\"c\",\"before\":\"tomorrow 18:00\",\"weight\":1500,"
         "\"packages\":[{\"type\":\"XL\",\"quantity\":2}]}]}");
    good("{\"tasks\":[{\"type\":\"PICKUP\"},{\"type\":\"PickUp\"},{\"type\":\"DROPOFF\","
         "\"timeSlot\":"
         "\"2030-08-12T10:00:00Z/2030-08-12T12:00:00Z\"}]}");
    good("{\"tasks\":[{\"address\":\"a\",\"before\":\"x\"},{\"address\":\"b\",\"before\":\"y\"}]}");
    good("{\"tasks\":[{\"type\":\"pickup\"},{\"before\":\"x\"},{\"before\":\"y\",\"type\":null}]}");
    good(DROPOFF(",\"packages\":[{\"type\":\"XL\",\"quantity\":\"2\"}]"));
    good(DROPOFF(",\"timeSlot\":[\"2030-08-12 10:00\",\"2030-08-12 12:00\"]"));
    good("{\"dropoff\":{\"timeSlotUrl\":\"/api/time_slots/1\",\"timeSlot\":"
         "\"2030-08-12T10:00:00.000000+02:00/2030-08-12T12:00:00.000000+02:00\"}}");
    good(
        DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"geo\":{\"latitude\":1,\"longitude\":2}}"));
    good(DROPOFF(",\"address\":{\"@id\":\"/api/addresses/2\",\"telephone\":\"+33601020304\"}"));
    good(DROPOFF(",\"address\":{\"streetAddress\":\"x\",\"latLng\":[4.88e1,0.0000001]}"));
    good(DROPOFF(
        ",\"address\":\"\",\"weight\":null,\"packages\":null,\"tags\":null,\"metadata\":null,"
        "\"after\":null,\"doneBefore\":null,\"timeSlot\":null,\"assignedTo\":null"));
    good("{\"pickup\":null,\"tasks\":null,\"packages\":null,\"rrule\":null,\"store\":null,"
         "\"order\":null,"
         "\"dropoff\":{\"before\":\"x\"}}");
    good("{\"tasks\":[],\"dropoff\":{\"before\":\"x\"}}");
    good("{\"@context\":\"/api/contexts/"
         "Delivery\",\"dropoff\":{\"@type\":\"Task\",\"before\":\"x\"}}");
    assert_string_equal(failure.field, "");
}

/* Unknown members are told, the first by its name, and pass. */
static void told(const char *json, const char *field, int count)
{
    good(json);
    assert_string_equal(failure.field, field);
    assert_int_equal(failure.detail, count);
    assert_int_equal(nvt_coopcycle_json_check(nvt_span_str(json), pool, POOL, NULL), NVT_OK);
}

static void test_told(void **state)
{
    (void)state;
    told(DROPOFF(",\"pick\":1"), "dropoff.pick", 1);
    told(DROPOFF(",\"pick\":1,\"address\":{\"streetAddress\":\"x\",\"floor\":{\"a\":[1]}}"),
         "dropoff.pick", 2);
    told("{\"tasks\":[{\"type\":\"pickup\"},{\"before\":\"x\",\"packages\":[{\"type\":\"S\","
         "\"quantity\":1,\"name\":\"S\"}]}],\"vehicle\":\"bike\"}",
         "tasks[1].packages[0].name", 2);
    /* Neither is read beside a list. */
    told("{\"dropoff\":{},\"tasks\":[{\"before\":\"x\"},{\"before\":\"y\"}],\"pickup\":{}}",
         "pickup", 2);
    told("{\"vehicle\":1,\"dropoff\":{},\"tasks\":[{\"before\":\"x\"},{\"before\":\"y\"}]}",
         "vehicle", 2);
    told(DROPOFF(",\"\":1"), "dropoff", 1); /* a name of no length */
}

static void test_json_order(void **state)
{
    (void)state;
    good("{\"dropoff\":{\"after\":\"2025-06-02T12:00:00Z\",\"before\":\"2025-06-02T12:00:00Z\"}}");
    bad("{\"dropoff\":{\"after\":\"2025-06-02T12:00:01Z\",\"before\":\"2025-06-02T12:00:00Z\"}}",
        NVT_E_FIELD_ORDER, "dropoff.before");
    bad("{\"dropoff\":{\"doneAfter\":\"2025-06-02T12:00:01Z\","
        "\"doneBefore\":\"2025-06-02T14:00:00+02:00\"}}",
        NVT_E_FIELD_ORDER, "dropoff.before");
    good("{\"dropoff\":{\"after\":\"tomorrow\",\"before\":\"2025-06-02T12:00:00Z\"}}");
    bad("{\"pickup\":{\"before\":\"2025-06-02T12:00:01Z\"},"
        "\"dropoff\":{\"before\":\"2025-06-02T12:00:00Z\"}}",
        NVT_E_FIELD_ORDER, "dropoff.before");
    bad("{\"tasks\":[{\"before\":\"2025-06-02T12:00:01Z\",\"type\":\"pickup\"},"
        "{\"before\":\"2025-06-02T12:00:00Z\",\"type\":\"dropoff\"}]}",
        NVT_E_FIELD_ORDER, "tasks[1].before");
}

static void change(const char *json, nvt_err err, const char *field)
{
    assert_string_equal(
        nvt_err_name(nvt_coopcycle_update_check(nvt_span_str(json), pool, POOL, &failure)),
        nvt_err_name(err));
    assert_string_equal(failure.field, field);
}

static void test_update(void **state)
{
    (void)state;
    change("{}", NVT_OK, "");
    change("{\"dropoff\":{\"comments\":\"x\"}}", NVT_OK, "");
    change("{\"tasks\":[{\"id\":1},{\"id\":2,\"comments\":\"\"}]}", NVT_OK, "");
    change("{\"tasks\":[{\"id\":1}]}", NVT_OK, "");
    change("{\"tasks\":[{\"id\":1},{\"id\":2,\"status\":\"CANCELLED\"}]}", NVT_OK, "");
    change("{\"tasks\":[{\"@id\":\"/api/tasks/2\",\"id\":2,\"metadata\":{\"papers\":[\"a\"]}},"
           "{\"@id\":\"/api/tasks/1\",\"id\":1}]}",
           NVT_OK, "");
    change("{\"pickup\":{\"status\":\"DONE\"}}", NVT_OK, "");
    change("{\"dropoff\":{\"packages\":[{\"type\":\"S\",\"quantity\":1}]},\"pickup\":null}", NVT_OK,
           "");
    change("{\"order\":{\"recalculatePrice\":true}}", NVT_OK, "");
    change("{\"tasks\":[{\"id\":1,\"type\":\"drop\"}]}", NVT_E_FIELD_FORMAT, "tasks[0].type");
    /* Without its type nobody knows whether it must be later than the pickup. */
    change("{\"tasks\":[{\"type\":\"pickup\",\"before\":\"2025-06-02T12:00:01Z\"},"
           "{\"id\":2,\"before\":\"2025-06-02T12:00:00Z\"}]}",
           NVT_OK, "");
    change("{\"tasks\":[{\"id\":0},{\"id\":2}]}", NVT_E_FIELD_RANGE, "tasks[0].id");
    change("{\"dropoff\":{\"weight\":\"1\"}}", NVT_E_FIELD_TYPE, "dropoff.weight");
    change("{\"dropof\":{}}", NVT_OK, "dropof");
    assert_int_equal(failure.detail, 1);
    change("[]", NVT_E_FIELD_TYPE, "");
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test_setup(test_write, reset),
        cmocka_unit_test_setup(test_write_all, reset),
        cmocka_unit_test_setup(test_room, reset),
        cmocka_unit_test_setup(test_write_update, reset),
        cmocka_unit_test_setup(test_missing, reset),
        cmocka_unit_test_setup(test_both, reset),
        cmocka_unit_test_setup(test_count, reset),
        cmocka_unit_test_setup(test_order, reset),
        cmocka_unit_test_setup(test_ranges, reset),
        cmocka_unit_test_setup(test_places, reset),
        cmocka_unit_test_setup(test_texts, reset),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_bad_json),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_json_order),
        cmocka_unit_test(test_update),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}

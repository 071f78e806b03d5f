/* SPDX-License-Identifier: Apache-2.0 */
/* What each grant sends and where; and what never leaves towards another origin. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define KEY "api-key-0123456789"
#define JSON_200 "HTTP/1.1 200 OK\r\nContent-Length: "
#define GRANT                                                                                      \
    JSON_200 "83\r\n\r\n{\"access_token\":\"" WORLD_TOKEN                                          \
             "\",\"token_type\":\"Bearer\",\"expires_in\":3600}"

static const struct nvt_rate slow[NVT_RATES_MAX] = {{0, 0, 0}, {2, 1000, 1}};
static const struct nvt_environment environments[] = {
    {"one", "https://api.example.net", NULL, NULL},
    {"two", "https://api.example.net:8443/base/", "https://login.example.net/oauth/token", slow},
    {"near", "https://near.example.net", "https://near.example.net/oauth/token/", NULL},
};
static const struct nvt_profile profile = {.name = "p",
                                           .title = "P",
                                           .environments = environments,
                                           .environment_count = 3,
                                           .grant = NVT_GRANT_CLIENT_FORM,
                                           .token_path = "/token",
                                           .scope = "tasks deliveries",
                                           .api_key_name = "X-API-KEY",
                                           .api_key_for_token = true,
                                           .token_life_s = 60};

static struct world w;

static void start(const char *url, const struct nvt_sim_script *s, size_t count)
{
    world_init(&w, &profile, s, count);
    assert_int_equal(nvt_client_init(&w.client, &profile, &w.sim.port, &w.tls, url, NULL), NVT_OK);
}

static const struct nvt_sim_answer answers[] = {STAY(GRANT), STAY(WORLD_OK), STAY(WORLD_OK)};
static const struct nvt_sim_script scripts[] = {SCRIPT(answers)};
static const struct nvt_sim_answer token_only[] = {STAY(GRANT)};
static const struct nvt_sim_answer request_only[] = {STAY(WORLD_OK), STAY(WORLD_OK)};
static const struct nvt_sim_script two_hosts[] = {SCRIPT(token_only), SCRIPT(request_only)};

static void assert_sent(const char *text, size_t times)
{
    if (world_count_sent(&w, text) != times) {
        fail_msg("%zu times, not %zu: %s\nin: %s", world_count_sent(&w, text), times, text,
                 (const char *)w.sent);
    }
}

/* ---- grants ---- */

static void test_basic(void **state)
{
    (void)state;
    start(NULL, scripts, 1);
    assert_int_equal(nvt_credentials_set_client(&w.client.credentials, NVT_GRANT_CLIENT_BASIC,
                                                NVT_LIT("Aladdin"), NVT_LIT("open:sesame")),
                     NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    /* Aladdin:open%3Asesame */
    assert_sent("POST /token HTTP/1.1\r\nHost: api.example.net\r\n"
                "Authorization: Basic QWxhZGRpbjpvcGVuJTNBc2VzYW1l\r\n"
                "User-Agent: navette\r\nAccept: application/json\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 52\r\n\r\n"
                "grant_type=client_credentials&scope=tasks+deliveriesPOST /v3.3/",
                1);
    assert_sent("Bearer " WORLD_TOKEN, 1);
    world_close(&w);
}

/* The profile says so: base64 of what was given. */
static void test_basic_plain(void **state)
{
    static struct nvt_profile plain;
    (void)state;
    plain = profile;
    plain.basic_plain = true;
    world_init(&w, &plain, scripts, 1);
    nvt_token_wipe(&w.client.token);
    assert_int_equal(nvt_credentials_set_client(&w.client.credentials, NVT_GRANT_CLIENT_BASIC,
                                                NVT_LIT("key"), NVT_LIT("s3:cr et+&\xC3\xA9")),
                     NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("\r\nAuthorization: Basic a2V5OnMzOmNyIGV0KybDqQ==\r\n", 1);
    world_close(&w);
}

static void test_form(void **state)
{
    (void)state;
    start(NULL, scripts, 1);
    assert_int_equal(nvt_credentials_set_client(&w.client.credentials, NVT_GRANT_CLIENT_FORM,
                                                NVT_LIT("i d"), NVT_LIT("s+c%")),
                     NVT_OK);
    w.client.scope = "openid";
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("grant_type=client_credentials&client_id=i+d&client_secret=s%2Bc%25&scope=openid",
                1);
    assert_sent("Authorization: Basic", 0);
    world_close(&w);
}

static void test_password(void **state)
{
    (void)state;
    start(NULL, scripts, 1);
    assert_int_equal(
        nvt_credentials_set_password(&w.client.credentials, NVT_LIT("u@x"), NVT_LIT("p\"w")),
        NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("{\"grant_type\":\"password\",\"username\":\"u@x\",\"password\":\"p\\\"w\"}", 1);
    world_close(&w);
}

/* The longest credentials that can be set fit into the token request's head and body. */
static void test_longest_credentials(void **state)
{
    static char text[NVT_SECRET_CAP];
    struct nvt_span longest = nvt_span_of(text, sizeof(text) - 1U);
    (void)state;
    memset(text, '%', sizeof(text));
    for (int grant = NVT_GRANT_CLIENT_BASIC; grant <= NVT_GRANT_PASSWORD; grant++) {
        struct nvt_credentials *c = &w.client.credentials;
        start(NULL, scripts, 1);
        nvt_err err = grant == NVT_GRANT_PASSWORD
                          ? nvt_credentials_set_password(c, longest, longest)
                          : nvt_credentials_set_client(c, (enum nvt_grant)grant, longest, longest);
        assert_int_equal(err, NVT_OK);
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        world_close(&w);
    }
}

/* What is echoed does not show the secret, in whatever coat; of a Basic text the user's name may.
 */
static void refused(enum nvt_grant grant, const char *words, const char *message)
{
    static char text[600];
    struct nvt_sim_answer a[1] = {{text, 0, 3, false, NVT_SIM_STAY}};
    struct nvt_sim_script s[1] = {{a, 1}};
    (void)snprintf(text, sizeof(text), "HTTP/1.1 401 No\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(words), words);
    a[0].len = strlen(text);
    start(NULL, s, 1);
    assert_int_equal(nvt_credentials_set_client(&w.client.credentials, grant, NVT_LIT("Aladdin"),
                                                NVT_LIT("open:sesame \xC3\xA9h")),
                     NVT_OK);
    w.echoed = true;
    world_send(&w, "POST", 0);
    bool own = words[0] == '{'; /* text is no token server's */
    world_expect(&w, own ? NVT_REFUSED : NVT_RETRY, own ? NVT_E_GRANT_REFUSED : NVT_E_FRONT);
    assert_string_equal(w.call.outcome.failure.message, message);
    world_close(&w);
}

static void test_echoed_credentials(void **state)
{
    (void)state;
    refused(NVT_GRANT_CLIENT_BASIC, "no Basic QWxhZGRpbjpvcGVuJTNBc2VzYW1lKyVDMyVBOWg= here",
            "no Basic QWxhZGRpbj***= here");
    refused(NVT_GRANT_CLIENT_BASIC, "cut: QWxhZGRpbjpvcGVuJTNBc2Vz", "cut: QWxhZGRpbj***");
    refused(NVT_GRANT_CLIENT_BASIC, "QWxhZGRpbjpvcGVuJTN is too short",
            "QWxhZGRpbjpvcGVuJTN is too short");
    refused(NVT_GRANT_CLIENT_FORM, "QWxhZGRpbjpvcGVuJTNBc2VzYW1lKyVDMyVBOWg=", "QWxhZGRpbj***=");
    refused(NVT_GRANT_CLIENT_FORM, "client_secret=open%3Asesame+%C3%A9h&x", "client_secret=***&x");
    refused(NVT_GRANT_CLIENT_FORM, "is open:sesame \xC3\xA9h it, Aladdin?", "is *** it, Aladdin?");
    refused(NVT_GRANT_CLIENT_FORM, "{\"error\":\"open:sesame \\u00e9h\"}", "***");
}

/* ---- where ---- */

static void test_environment(void **state)
{
    (void)state;
    start("https://API.example.net:8443/base", two_hosts, 2);
    assert_string_equal(w.client.token_origin.host, "login.example.net");
    assert_string_equal(w.client.token_origin.base_path, "/oauth/token");
    assert_ptr_equal(w.client.rates, slow);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("POST /oauth/token HTTP/1.1\r\nHost: login.example.net\r\n", 1);
    assert_sent("POST /base/v3.3/journeys HTTP/1.1\r\nHost: api.example.net:8443\r\n", 1);
    assert_int_equal(w.sim.connections, 2);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
    start(NULL, scripts, 1);
    assert_string_equal(w.client.token_origin.host, "");
    assert_ptr_equal(w.client.rates, profile.rates);
    world_close(&w);
}

/* A host of one's own: below its base URL. */
static void test_own_host(void **state)
{
    (void)state;
    static const char *const near[] = {"https://api.example.net:8444/base",
                                       "https://api.example.net:8443/bas",
                                       "https://api2.example.net:8443/base"};
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        start(near[i], scripts, 1);
        assert_string_equal(w.client.token_origin.host, "");
        assert_ptr_equal(w.client.rates, profile.rates);
        world_close(&w);
    }
    start("https://own.example.org/x", scripts, 1);
    assert_string_equal(w.client.token_origin.host, "");
    assert_ptr_equal(w.client.rates, profile.rates);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("POST /x/token HTTP/1.1\r\nHost: own.example.org\r\n", 1);
    world_close(&w);
}

/* The token's host is the API's: one connection serves both. */
static void test_near_token_host(void **state)
{
    (void)state;
    start("https://near.example.net", scripts, 1);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("POST /oauth/token/ HTTP/1.1\r\nHost: near.example.net\r\n", 1);
    assert_int_equal(w.sim.connections, 1);
    world_close(&w);
}

static void test_token_url(void **state)
{
    char url[128];
    (void)state;
    start(NULL, two_hosts, 2);
    assert_int_equal(nvt_client_set_token_url(&w.client, "https://login.example.net:444"), NVT_OK);
    assert_int_equal(nvt_client_set_token_url(&w.client, "http://login.example.net/"),
                     NVT_E_URL_PLAIN);
    assert_int_equal(nvt_client_set_token_url(&w.client, "https://x/a?b"), NVT_E_URL);
    assert_int_equal(nvt_client_set_token_url(&w.client, ""), NVT_E_URL);
    assert_int_equal(nvt_client_set_token_url(NULL, "https://x"), NVT_E_ARG);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("POST / HTTP/1.1\r\nHost: login.example.net:444\r\n", 1);
    /* the longest path, with and without its last '/' */
    (void)snprintf(url, sizeof(url), "https://x/%062d", 0);
    assert_int_equal(nvt_client_set_token_url(&w.client, url), NVT_OK);
    assert_int_equal(strlen(w.client.token_origin.base_path), NVT_BASE_PATH_CAP - 1U);
    (void)snprintf(url, sizeof(url), "https://x/%061d/", 0);
    assert_int_equal(nvt_client_set_token_url(&w.client, url), NVT_OK);
    assert_int_equal(strlen(w.client.token_origin.base_path), NVT_BASE_PATH_CAP - 1U);
    (void)snprintf(url, sizeof(url), "https://x/%062d/", 0);
    assert_int_equal(nvt_client_set_token_url(&w.client, url), NVT_E_URL);
    world_close(&w);
}

/* The connection that served the token is not the one that the request would find stale. */
static void test_switch_is_not_stale(void **state)
{
    static const struct nvt_sim_answer cut[] = {ENDS("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_script s[] = {SCRIPT(token_only), SCRIPT(cut),
                                              SCRIPT(request_only)};
    (void)state;
    start("https://api.example.net:8443/base", s, 3);
    world_use_keys(&w);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_NET_CLOSED);
    assert_false(w.call.stale_tried);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

/* ---- fields ---- */

static void test_bearer_token_form(void **state)
{
    (void)state;
    start(NULL, &two_hosts[1], 1);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    w.client.bearer = NVT_BEARER_TOKEN;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("\r\nAuthorization: Bearer token=" WORLD_TOKEN "\r\n", 1);
    world_close(&w);
}

static void test_api_key(void **state)
{
    static struct nvt_request q;
    const struct nvt_header own = {NVT_LIT("x-api-key"), NVT_LIT("mine"), true};
    (void)state;
    start(NULL, scripts, 1);
    world_use_keys(&w);
    assert_int_equal(nvt_credentials_set_api_key(&w.client.credentials, NVT_LIT(KEY)), NVT_OK);
    world_send(&w, "POST", NVT_REQ_API_KEY);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("\r\nX-API-KEY: " KEY "\r\n", 2); /* the token route asks for it too */
    world_send(&w, "POST", 0);
    assert_sent("\r\nX-API-KEY: " KEY "\r\n", 2);
    assert_false(world_holds(&w.call, sizeof(w.call), KEY));
    world_close(&w);
    assert_false(world_holds(&w.client, sizeof(w.client), KEY));
    /* the caller's own field stands in its place */
    start(NULL, &two_hosts[1], 1);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    assert_int_equal(nvt_credentials_set_api_key(&w.client.credentials, NVT_LIT(KEY)), NVT_OK);
    q = world_request("POST", NVT_REQ_API_KEY);
    q.headers = &own;
    q.header_count = 1;
    world_run(&w, &q);
    assert_sent("mine", 1);
    assert_sent(KEY, 0);
    world_close(&w);
}

static void test_no_api_key(void **state)
{
    (void)state;
    world_init(&w, &world_plain, &two_hosts[1], 1);
    assert_int_equal(nvt_credentials_set_api_key(&w.client.credentials, NVT_LIT(KEY)), NVT_OK);
    world_send(&w, "POST", NVT_REQ_API_KEY); /* a system without keys */
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent(KEY, 0);
    world_close(&w);
    start(NULL, &two_hosts[1], 1);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    world_send(&w, "POST", NVT_REQ_API_KEY); /* no key at hand */
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_sent("X-API-KEY", 0);
    world_close(&w);
}

/* An upload's host gets nothing of ours, whatever the flags say. */
static void test_other_origin(void **state)
{
    static const struct nvt_sim_answer no[] = {
        STAY("HTTP/1.1 401 No\r\nContent-Length: 18\r\n\r\nkey api-0123 no ok")};
    static const struct nvt_sim_script s[] = {SCRIPT(request_only), SCRIPT(no)};
    const struct nvt_header own[] = {{NVT_LIT("Authorization"), NVT_LIT("api-0123"), true}};
    static struct nvt_origin other;
    struct nvt_request q = world_request("PUT", NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY);
    (void)state;
    start(NULL, s, 2);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    assert_int_equal(nvt_credentials_set_api_key(&w.client.credentials, NVT_LIT(KEY)), NVT_OK);
    world_send(&w, "POST", NVT_REQ_API_KEY);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(nvt_origin_parse(NVT_LIT("https://files.example.org/up"), &other), NVT_OK);
    w.client.token.good = false;
    q.origin = &other;
    q.headers = own; /* the signature that the upload's URL came with */
    q.header_count = 1;
    world_run(&w, &q);
    world_expect(&w, NVT_REFUSED, NVT_E_STATUS);
    assert_string_equal(w.call.outcome.failure.message, "key *** no ok");
    assert_int_equal(w.call.token_requests, 0);
    assert_false(w.client.token.good);
    assert_sent("PUT /up/v3.3/journeys HTTP/1.1\r\nHost: files.example.org\r\nUser-Agent", 1);
    assert_sent("Bearer", 1);
    assert_sent(KEY, 1);
    assert_sent("\r\nAuthorization: api-0123\r\n", 1);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

/* No token is fetched for it either. */
static void test_other_origin_without_token(void **state)
{
    static struct nvt_origin other;
    struct nvt_request q = world_request("PUT", NVT_REQ_IDEMPOTENT);
    (void)state;
    start(NULL, &two_hosts[1], 1);
    world_use_keys(&w);
    assert_int_equal(nvt_origin_parse(NVT_LIT("https://files.example.org"), &other), NVT_OK);
    q.origin = &other;
    world_run(&w, &q);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.token_requests, 0);
    assert_sent("/token", 0);
    world_close(&w);
}

/* A field of the caller's that is marked secret does not come back. */
static void test_secret_header(void **state)
{
    static const struct nvt_sim_answer no[] = {
        STAY("HTTP/1.1 403 No\r\nContent-Length: 21\r\n\r\nwho is bG9naW46cHc= ?")};
    static const struct nvt_sim_script s[] = {SCRIPT(no)};
    struct nvt_header own[] = {{NVT_LIT("cpro-account"), NVT_LIT("bG9naW46cHc="), true}};
    struct nvt_request q = world_request("POST", 0);
    (void)state;
    for (int secret = 0; secret < 2; secret++) {
        start(NULL, s, 1);
        assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
        own[0].secret = secret == 1;
        q.headers = own;
        q.header_count = 1;
        world_run(&w, &q);
        assert_string_equal(w.call.outcome.failure.message,
                            secret == 1 ? "who is *** ?" : "who is bG9naW46cHc= ?");
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_basic_plain),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_longest_credentials),
        cmocka_unit_test(test_echoed_credentials),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_own_host),
        cmocka_unit_test(test_near_token_host),
        cmocka_unit_test(test_token_url),
        cmocka_unit_test(test_switch_is_not_stale),
        cmocka_unit_test(test_bearer_token_form),
        cmocka_unit_test(test_api_key),
        cmocka_unit_test(test_no_api_key),
        cmocka_unit_test(test_other_origin),
        cmocka_unit_test(test_other_origin_without_token),
        cmocka_unit_test(test_secret_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

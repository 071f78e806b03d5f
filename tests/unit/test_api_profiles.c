/* SPDX-License-Identifier: Apache-2.0 */
/* The list of systems. */
#include <navette/api.h>

#include <stdarg.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_found(void **state)
{
    size_t count = 0;
    (void)state;
    while (nvt_profiles[count] != NULL) {
        const struct nvt_profile *p = nvt_profiles[count];
        assert_ptr_equal(nvt_profile_find(nvt_span_str(p->name)), p);
        count++;
    }
    assert_ptr_equal(nvt_profiles[0], &nvt_rpc_profile); /* the command's default */
    assert_in_range(count, 1, 16);
}

static void test_not_found(void **state)
{
    (void)state;
    assert_null(nvt_profile_find(NVT_LIT("RPC")));
    assert_null(nvt_profile_find(NVT_LIT("")));
    assert_null(nvt_profile_find(NVT_LIT("rp")));
    assert_null(nvt_profile_find(NVT_LIT("rpcs")));
}

/* What the code relies on without asking again. */
static void test_sound(void **state)
{
    (void)state;
    for (size_t i = 0; nvt_profiles[i] != NULL; i++) {
        const struct nvt_profile *p = nvt_profiles[i];
        assert_non_null(p->title);
        assert_non_null(p->token_path);
        assert_non_null(p->scope);
        assert_non_null(p->api_key_name);
        assert_true(p->environment_count == 0U || p->environments != NULL);
        for (unsigned r = 0; r < NVT_RATES_MAX; r++) {
            const struct nvt_rate *rate = &p->rates[r];
            assert_true(rate->limit == 0U || (rate->burst >= 1U && rate->burst <= rate->limit));
            assert_true(rate->limit == 0U || rate->window_ms > 0U);
        }
        for (unsigned e = 0; e < p->environment_count; e++) {
            assert_memory_equal(p->environments[e].url, "https://", 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

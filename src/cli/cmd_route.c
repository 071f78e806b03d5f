/* SPDX-License-Identifier: Apache-2.0 */
/* navette journey route and point: what the registry knows of geography. */
#include "cli.h"

static struct session session;
static struct settings settings;
static struct nvt_rpc_request request;

/* ---- route ---- */

static bool read_degrees(struct nvt_span text, int64_t max_e7, int32_t *out)
{
    int64_t value = 0;
    bool ok = nvt_dec_parse(text, 7U, &value) == NVT_OK && value <= max_e7 && value >= -max_e7;
    *out = ok ? (int32_t)value : 0;
    return ok;
}

/* "48.8566,2.3522" */
static bool read_place(const char *text, struct nvt_rpc_place *out)
{
    size_t comma = text == NULL ? 0U : strcspn(text, ",");
    return comma > 0U && text[comma] == ',' &&
           read_degrees(nvt_span_of(text, comma), 900000000, &out->lat_e7) &&
           read_degrees(nvt_span_trim(nvt_span_str(text + comma + 1)), 1800000000, &out->lon_e7);
}

static int print_route(void)
{
    uint32_t distance_m = 0;
    uint32_t duration_s = 0;
    nvt_err err = nvt_rpc_read_route(&session.call, &distance_m, &duration_s);
    if (err != NVT_OK) {
        return fail(settings.json, CLI_ANSWER, err, "journey route: %s", nvt_err_text(err));
    }
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_int("distance_m", distance_m);
        out_int("duration_s", duration_s);
        out_figures(&session);
        out_end();
    } else {
        (void)printf("%lu m, %lu s\n", (unsigned long)distance_m, (unsigned long)duration_s);
    }
    return CLI_OK;
}

static int cmd_journey_route(const struct args *a)
{
    struct nvt_rpc_place from;
    struct nvt_rpc_place to;
    if (!read_place(a->from, &from) || !read_place(a->to, &to)) {
        return fail(a->json, CLI_USAGE, NVT_OK,
                    "journey route: --from and --to take LATITUDE,LONGITUDE as 48.8566,2.3522");
    }
    int code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = nvt_rpc_route(&session.call, &request, from, to);
    code = request_finish(&session, "journey route", err);
    if (code == CLI_OK) {
        code = print_route();
    }
    session_close(&session);
    return code;
}

/* ---- point ---- */

static void put_degrees(struct nvt_buf *b, int32_t e7)
{
    nvt_buf_put_dec(b, e7, 7U);
}

static int print_place(void)
{
    char text[32];
    struct nvt_rpc_place place;
    struct nvt_buf b;
    nvt_err err = nvt_rpc_read_place(&session.call, &place);
    if (err != NVT_OK) {
        return fail(settings.json, CLI_ANSWER, err, "journey point: %s", nvt_err_text(err));
    }
    nvt_buf_init(&b, text, sizeof text);
    put_degrees(&b, place.lat_e7);
    size_t lat_len = b.len;
    nvt_buf_put_byte(&b, (uint8_t)',');
    put_degrees(&b, place.lon_e7);
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_raw("lat", nvt_span_of(text, lat_len));
        out_raw("lon", nvt_span_of(text + lat_len + 1, b.len - lat_len - 1U));
        out_figures(&session);
        out_end();
    } else {
        (void)printf("%.*s\n", (int)b.len, text);
    }
    return CLI_OK;
}

static nvt_err begin_point(const struct args *a)
{
    if (a->insee != NULL) {
        return nvt_rpc_point_by_insee(&session.call, &request, nvt_span_str(a->insee));
    }
    return nvt_rpc_point_by_address(&session.call, &request, nvt_span_str(a->address),
                                    nvt_span_str(a->country == NULL ? "France" : a->country));
}

/* Which of the options is at fault; the registry's own bounds. */
static const char *point_name(nvt_err err, const struct args *a)
{
    const char *name = "journey point";
    if (err == NVT_E_FIELD_FORMAT || (err == NVT_E_FIELD_MISSING && a->insee != NULL)) {
        name = "journey point: --insee takes 5 digits, with A or B in Corsica";
    } else if (err == NVT_E_FIELD_MISSING || err == NVT_E_FIELD_LENGTH) {
        name = "journey point: --address and --country take 1 to 256 characters";
    } else {
        /* the error's own text says it */
    }
    return name;
}

static int cmd_journey_point(const struct args *a)
{
    if ((a->address == NULL) == (a->insee == NULL)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "journey point takes --address or --insee");
    }
    int code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = begin_point(a);
    code = request_finish(&session, err == NVT_OK ? "journey point" : point_name(err, a), err);
    if (code == CLI_OK) {
        code = print_place();
    }
    session_close(&session);
    return code;
}

/* ---- the table ---- */

const struct command route_commands[] = {
    {"journey route", "from to", 0, 0, cmd_journey_route, "",
     "distance and duration by road between two places",
     "What the registry computes itself, to compare a journey's distance with.\n"
     "  --from LAT,LON, --to LAT,LON   in degrees; needed\n"
     "\n"
     "Examples:\n"
     "  navette journey route --from 48.8566,2.3522 --to 48.8049,2.1204\n"
     "  navette journey route --from -20.9,55.45 --to -21.1,55.6 --json\n"},
    {"journey point", "address country insee", 0, 0, cmd_journey_point, "",
     "where an address or a commune is",
     "  --address TEXT    an address as on a letter, up to 256 characters\n"
     "  --country TEXT    the country's full name (France)\n"
     "  --insee CODE      the INSEE code of a commune or arrondissement, instead of an address\n"
     "\n"
     "Examples:\n"
     "  navette journey point --address '5 rue du Paradis, 75010 Paris'\n"
     "  navette journey point --insee 91377 --json\n"},
    {.name = NULL},
};

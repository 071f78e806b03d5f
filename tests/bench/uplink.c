/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uplink without the service around it, as an integrator would link it:
 *     uplink PORT CA-FILE CONNECTIONS SPOOL-FILE <KEYS-AND-JOURNEYS
 * Standard input: the access key, the secret key, then journeys, a line each. Keeps them all in the
 * spool file (32 MiB, made anew), then delivers; prints the seconds from the first step on. Keeps
 * no quota, so that the link alone limits it.
 */
#include <navette/navette.h>
#include <navette/posix.h>
#include <navette/uplink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, BLOCKS = 512, BODY = 2048, CA_CAP = 16384 };

static struct nvt_posix posix;
static struct nvt_posix_file file;
static struct nvt_tls_config tls;
static struct nvt_client client;
static struct nvt_spool spool;
static struct nvt_uplink uplink;
static struct nvt_uplink_lane lanes[NVT_SPOOL_OUT_MAX];
static uint8_t bodies[NVT_SPOOL_OUT_MAX * BODY];
static uint8_t buffer[8448];
static uint8_t window[16384];
static struct nvt_spool_entry picks[1024];

static void must(const char *what, nvt_err err)
{
    if (err != NVT_OK) {
        (void)fprintf(stderr, "uplink: %s: %s\n", what, nvt_err_text(err));
        exit(1);
    }
}

static struct nvt_span read_line(void)
{
    static char line[BODY];
    if (fgets(line, sizeof line, stdin) == NULL) {
        return nvt_span_of(NULL, 0U);
    }
    line[strcspn(line, "\n")] = '\0';
    return nvt_span_str(line);
}

static void make_client(const char *port, const char *ca_file)
{
    static uint8_t ca[CA_CAP];
    char url[64];
    FILE *f = fopen(ca_file, "rb");
    size_t len = f == NULL ? 0U : fread(ca, 1U, sizeof ca, f);
    if (f != NULL) {
        (void)fclose(f);
    }
    struct nvt_tls_settings settings = {0};
    settings.ca = nvt_span_of(ca, len);
    (void)snprintf(url, sizeof url, "https://localhost:%s", port);
    nvt_posix_init(&posix);
    must("trust", nvt_tls_config_init(&tls, &posix.port, &settings, NULL));
    must("client", nvt_client_init(&client, &nvt_rpc_profile, &posix.port, &tls, url, NULL));
    static const struct nvt_rate no_rates[NVT_RATES_MAX];
    client.rates = no_rates;
    char access[NVT_SECRET_CAP];
    struct nvt_span line = read_line();
    must("access key", line.len > sizeof access ? NVT_E_SPACE : NVT_OK);
    (void)memcpy(access, line.ptr, line.len);
    must("keys", nvt_credentials_set_key_pair(&client.credentials, nvt_span_of(access, line.len),
                                              read_line()));
}

static void make_spool(const char *path)
{
    (void)unlink(path);
    must("make the spool", nvt_posix_file_make(&file, path, BLOCK, BLOCKS));
    must("open the spool", nvt_posix_file_open(&file, path, BLOCK, BLOCKS, 0));
    const struct nvt_spool_config config = {&file.device,
                                            buffer,
                                            sizeof buffer,
                                            window,
                                            sizeof window,
                                            picks,
                                            sizeof picks / sizeof picks[0],
                                            0U};
    must("format", nvt_spool_format(&spool, &config));
    nvt_spool_hold(&spool);
    for (struct nvt_span line = read_line(); line.len > 0U; line = read_line()) {
        uint32_t id = 0;
        must("append", nvt_spool_append(&spool, line, UINT32_MAX, &id));
    }
    must("commit", nvt_spool_commit(&spool));
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t pending(void)
{
    struct nvt_spool_info info;
    nvt_spool_info(&spool, &info);
    return info.pending;
}

int main(int argc, char **argv)
{
    static struct nvt_wait waits[NVT_SPOOL_OUT_MAX + 1];
    struct nvt_uplink_config config = {
        &nvt_rpc_uplink, &client, &spool, lanes, bodies, BODY, 0, NULL, NULL, 0U};
    if (argc != 5) {
        (void)fprintf(stderr, "usage: %s PORT CA-FILE CONNECTIONS SPOOL-FILE <INPUT\n", argv[0]);
        return 2;
    }
    make_client(argv[1], argv[2]);
    config.lane_count = (uint8_t)atoi(argv[3]);
    make_spool(argv[4]);
    must("uplink", nvt_uplink_init(&uplink, &config));
    double began = now_s();
    size_t n = 0;
    nvt_err err = nvt_uplink_step(&uplink, waits, sizeof waits / sizeof waits[0], &n);
    while (err == NVT_AGAIN && pending() > 0U) {
        must("wait", nvt_posix_wait(&posix, waits, n));
        err = nvt_uplink_step(&uplink, waits, sizeof waits / sizeof waits[0], &n);
    }
    must("step", err == NVT_AGAIN ? NVT_OK : err);
    (void)printf("%.3f\n", now_s() - began);
    nvt_uplink_free(&uplink);
    nvt_posix_file_close(&file);
    nvt_client_free(&client);
    nvt_tls_config_free(&tls);
    nvt_posix_free(&posix);
    return 0;
}

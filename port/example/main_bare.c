/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway on bare metal: one loop that polls the network, takes journeys and steps the uplink.
 */
#include "bare.h"
#include "mps2.h"

static struct nvt_port_block flash;
static struct gateway gateway;

/* The producer: in a product, what the vehicle's system says. */
static void take_journey(void)
{
    static struct gateway_journey journey;
    if (gateway_make(&gateway, &journey)) {
        (void)gateway_keep(&gateway, &journey); /* the same one again when the spool was full */
    }
}

static enum gateway_status run(void)
{
    struct nvt_wait waits[GATEWAY_WAITS];
    size_t count = 0;
    enum gateway_status status = GATEWAY_DONE;
    while (!gateway_ended(&gateway, &status)) {
        take_journey();
        if (nvt_lwip_ready(&bare_lwip, waits, count)) {
            bool was_open = gateway_is_open(&gateway);
            uint32_t start_us = mps2_now_us();
            gateway_step(&gateway, waits, &count);
            gateway_measure(&gateway, was_open, mps2_since_us(start_us));
        }
        bare_wait();
    }
    gateway_close(&gateway);
    gateway_say_mem("stack main", mps2_stack_peak(), mps2_stack_size());
    return status;
}

int main(void)
{
    static struct gateway_settings settings;
    enum gateway_status status = bare_start(&settings);
    if (status != GATEWAY_DONE) {
        return (int)status;
    }
    if (!bare_learn_time()) {
        return (int)GATEWAY_E_CLOCK;
    }
    mps2_nor_init(&flash);
    status = gateway_open(&gateway, &settings, &bare_lwip.port, &flash);
    return (int)(status == GATEWAY_DONE ? run() : status);
}

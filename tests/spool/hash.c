/* SPDX-License-Identifier: Apache-2.0 */
/* Two worlds with the same hash go on alike, whatever is done; what counts calls, or lies between
 * the members of a struct, is no part of it, nor is the noise of the chip: that is chance. */
#include "know.h"

#include <string.h>

#define HASH_FACTOR 0x9E3779B97F4A7C15U

static uint64_t hash_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * HASH_FACTOR;
    return h ^ h >> 29U;
}

/* Four words at a time, so that none waits for another. */
static uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = (const uint8_t *)data;
    uint64_t lanes[4] = {h, h + 1U, h + 2U, h + 3U};
    uint64_t words[4];
    for (; len >= sizeof words; len -= sizeof words, p += sizeof words) {
        (void)memcpy(words, p, sizeof words);
        for (uint32_t i = 0; i < 4U; i++) {
            lanes[i] = hash_word(lanes[i], words[i]);
        }
    }
    (void)memset(words, 0, sizeof words);
    (void)memcpy(words, p, len);
    for (uint32_t i = 0; i < 4U; i++) {
        h = hash_word(h ^ hash_word(lanes[i], words[i]), len);
    }
    return h;
}

static uint64_t hash_memory(const uint8_t *bytes, const uint8_t *fresh)
{
    const struct chip *c = &world.chip;
    size_t size = (size_t)c->block_size * c->block_count;
    uint64_t h = hash_bytes(size, bytes, size);
    return hash_bytes(h, fresh, size / c->prog_size);
}

uint64_t hash_of_device(void)
{
    return hash_memory(world.chip.durable, world.chip.durable_fresh);
}

/* Word by word: what lies between the members of a struct tells nothing. The id before which it
 * cannot be matters until it has one. */
static uint64_t hash_note(uint64_t h, const struct note *n)
{
    h = hash_word(h, (uint64_t)n->id << 32U | n->salt);
    return hash_word(h, (uint64_t)(n->id == 0U ? n->min_id : 0U) << 2U | (n->may_pend ? 1U : 0U) |
                            (n->may_go ? 2U : 0U));
}

static uint64_t hash_life_of_note(uint64_t h, const struct note *n)
{
    return hash_word(h, (uint64_t)n->live | (uint64_t)n->told << 8U | (n->out ? 1ULL << 32U : 0U) |
                            (n->deferred ? 1ULL << 33U : 0U));
}

uint64_t world_hash(void)
{
    uint64_t h = hash_of_device();
    h = hash_bytes(h, world.chip.bad, sizeof world.chip.bad);
    h = hash_word(h, (uint64_t)world.salts << 32U | world.last_id);
    for (uint32_t i = 0; i < world.note_count; i++) {
        h = hash_note(h, &world.notes[i]);
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        h = hash_bytes(h, world.values[i].may, world.values[i].count * sizeof(uint32_t));
    }
    return h;
}

static uint64_t hash_lives(uint64_t h)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        h = hash_life_of_note(h, &world.notes[i]);
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        const struct value *v = &world.values[i];
        h = hash_word(h, (uint64_t)v->live << 32U | v->told);
        h = hash_word(h, v->asked ? 1U : 0U);
    }
    h = hash_word(h, (uint64_t)world.given_id << 2U | (world.failures < 2U ? world.failures : 2U));
    return hash_word(h, (world.held ? 1U : 0U) | (world.mounted ? 2U : 0U) |
                            (world.sealed ? 4U : 0U) | (world.doubt ? 8U : 0U));
}

static uint64_t hash_unsynced(uint64_t h)
{
    const struct chip *c = &world.chip;
    uint32_t from = c->dirty_from;
    uint32_t end = c->dirty_end;
    while (from < end && c->dirty[from] == 0U) {
        from++;
    }
    while (from < end && c->dirty[end - 1U] == 0U) {
        end--;
    }
    h = hash_word(h, from < end ? from : 0U);
    return hash_bytes(h, c->dirty + from, end - from);
}

/* Without what was handed over: it is the same at each mount but for the salt, of which only a
 * format knows. */
static uint64_t hash_spool(uint64_t h)
{
    static struct nvt_spool spool;
    (void)memcpy(&spool, &world.spool, sizeof spool);
    (void)memset(&spool.config, 0, sizeof spool.config);
    (void)memset(&spool.medium, 0, sizeof spool.medium);
    return hash_bytes(h, &spool, sizeof spool);
}

uint64_t world_hash_all(void)
{
    uint64_t h = hash_lives(world_hash());
    h = hash_word(h, hash_memory(world.chip.mem, world.chip.fresh));
    h = hash_unsynced(h);
    h = hash_spool(h);
    h = hash_bytes(h, world.picks, sizeof world.picks);
    return hash_bytes(h, world.window, sizeof world.window);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys with something odd about them, a million different ones: the same seed, the same text.
 */
#ifndef TESTS_REGISTRY_MUTANTS_H
#define TESTS_REGISTRY_MUTANTS_H

#include <stddef.h>
#include <stdint.h>

#define MUTANT_CAP 65536U

/* Writes one journey in v3 JSON on one line, without its end, and a NUL; returns its length. About
 * half are good. */
size_t mutant_journey(uint32_t seed, char out[MUTANT_CAP]);

/* The same of an update, and of a CEE application: 0 simulates, 1 registers. */
size_t mutant_update(uint32_t seed, char out[MUTANT_CAP]);
size_t mutant_cee(uint32_t seed, int use, char out[MUTANT_CAP]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences of the error table. Two tables, so that a linker can drop the unused one. */
#include <navette/err.h>

#include <stddef.h>

static const int16_t numbers[] = {
#define NVT_ERR_NUMBER(name, number, sentence) (number),
    NVT_ERR_TABLE(NVT_ERR_NUMBER)
#undef NVT_ERR_NUMBER
};

static const char *const names[] = {
#define NVT_ERR_NAME(name, number, sentence) #name,
    NVT_ERR_TABLE(NVT_ERR_NAME)
#undef NVT_ERR_NAME
};

static const char *const sentences[] = {
#define NVT_ERR_SENTENCE(name, number, sentence) sentence,
    NVT_ERR_TABLE(NVT_ERR_SENTENCE)
#undef NVT_ERR_SENTENCE
};

#define NVT_ERR_COUNT (sizeof numbers / sizeof numbers[0])

/* The row of err, or NVT_ERR_COUNT. */
static size_t row_of(nvt_err err)
{
    size_t row = 0;
    while (row < NVT_ERR_COUNT && numbers[row] != (int)err) {
        row++;
    }
    return row;
}

const char *nvt_err_name(nvt_err err)
{
    size_t row = row_of(err);
    return row < NVT_ERR_COUNT ? names[row] : "NVT_E_?";
}

const char *nvt_err_text(nvt_err err)
{
    size_t row = row_of(err);
    return row < NVT_ERR_COUNT ? sentences[row] : "unknown error number";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences of the error table. Two tables, so that a linker can drop the unused one. */
#include <navette/err.h>

#include <stddef.h>
#include <string.h>

#if NVT_ERR_SENTENCES

static const int16_t numbers[] = {
#define NVT_ERR_NUMBER(name, number, sentence) (number),
    NVT_ERR_TABLE(NVT_ERR_NUMBER)
#undef NVT_ERR_NUMBER
};

/* Each text in its own array, one behind the other: a pointer to each would take 4 or 8 bytes more,
 * and chars have no padding between them. */
static const struct {
#define NVT_ERR_NAME(name, number, sentence) char name[sizeof #name];
    NVT_ERR_TABLE(NVT_ERR_NAME)
#undef NVT_ERR_NAME
    char unknown[8];
} names = {
#define NVT_ERR_NAME(name, number, sentence) #name,
    NVT_ERR_TABLE(NVT_ERR_NAME)
#undef NVT_ERR_NAME
        "NVT_E_?"};

static const struct {
#define NVT_ERR_SENTENCE(name, number, sentence) char name[sizeof(sentence)];
    NVT_ERR_TABLE(NVT_ERR_SENTENCE)
#undef NVT_ERR_SENTENCE
    char unknown[21];
} sentences = {
#define NVT_ERR_SENTENCE(name, number, sentence) sentence,
    NVT_ERR_TABLE(NVT_ERR_SENTENCE)
#undef NVT_ERR_SENTENCE
        "unknown error number"};

#define NVT_ERR_COUNT (sizeof numbers / sizeof numbers[0])

/* The text of err's row among texts that stand in the order of the table; the last one, behind all
 * rows, when the table does not list err. */
static const char *text_of(const void *texts, nvt_err err)
{
    const char *text = (const char *)texts;
    for (size_t row = 0; row < NVT_ERR_COUNT && numbers[row] != (int)err; row++) {
        text += strlen(text) + 1U;
    }
    return text;
}

const char *nvt_err_name(nvt_err err)
{
    return text_of(&names, err);
}

const char *nvt_err_text(nvt_err err)
{
    return text_of(&sentences, err);
}

#else

const char *nvt_err_name(nvt_err err)
{
    (void)err;
    return "NVT_E_?";
}

const char *nvt_err_text(nvt_err err)
{
    return nvt_err_name(err);
}

#endif

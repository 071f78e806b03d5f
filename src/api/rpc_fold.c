/* SPDX-License-Identifier: Apache-2.0 */
/* Last names as the registry's identity key wants them: letters A to Z and spaces. */
#include <navette/rpc.h>

/*
 * A run of code points and their base letters. Capitals stand for themselves, '.' refuses, and
 * small letters name the pairs: a AE, o OE, s SS, t TH, i IJ, n " N" (U+0149, an apostrophe and n).
 */
struct letters {
    uint16_t first;
    uint8_t count; /* letters */
    uint8_t pairs; /* 1: each letter stands for two code points, capital and small */
    const char *text;
};

static const struct letters letter_runs[] = {
    /* Latin-1 Supplement */
    {0x00C0U, 64U, 0U, "AAAAAAaCEEEEIIIIDNOOOOO.OUUUUYtsAAAAAAaCEEEEIIIIDNOOOOO.OUUUUYtY"},
    /* Latin Extended-A */
    {0x0100U, 128U, 0U,
     "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIiiJJKKKLLLLLLL"
     "LLLNNNNNNnNNOOOOOOooRRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS"},
    /* Latin Extended-B: the Vietnamese horns, carons, the Romanian comma below */
    {0x01A0U, 17U, 0U, "OO.............UU"},
    {0x01CDU, 103U, 0U,
     "AAIIOOUUUUUUUUUU.AAAAaaGGGGKKOOOO..J...GG..NNAAaaOOAAAAEEEEIIIIO"
     "OOORRRRUUUUSSTT..HH......AAEEOOOOOOOOYY"},
    /* Latin Extended Additional */
    {0x1E00U, 75U, 1U,
     "ABBBCDDDDDEEEEEFGHHHHHIIKKKLLLLMMMNNNNOOOOPPRRRRSSSSSTTTTUUUUUVVWWWWWXXYZZZ"},
    {0x1E96U, 9U, 0U, "HTWYASSSs"},
    {0x1EA0U, 45U, 1U, "AAAAAAAAAAAAEEEEEEEEIIOOOOOOOOOOOOUUUUUUUYYYY"},
};

/* Characters that are one space in the key: apostrophes as keyboards and word processors make
 * them, hyphens and dashes, spaces that do not break. */
static const uint16_t space_marks[] = {
    0x0020U, 0x0027U, 0x002DU, 0x0060U, 0x00A0U, 0x00B4U, 0x02B9U, 0x02BBU, 0x02BCU,
    0x02BDU, 0x02BEU, 0x02BFU, 0x02C8U, 0x055AU, 0x058AU, 0x2010U, 0x2011U, 0x2012U,
    0x2013U, 0x2014U, 0x2015U, 0x2018U, 0x2019U, 0x201BU, 0x202FU, 0x2032U, 0x2035U,
    0x2212U, 0xA78CU, 0xFE58U, 0xFE63U, 0xFF07U, 0xFF0DU,
};

static bool is_space_mark(uint32_t c)
{
    bool found = false;
    for (size_t i = 0; i < sizeof space_marks / sizeof space_marks[0]; i++) {
        found = found || space_marks[i] == c;
    }
    return found;
}

/* The letter of the runs for c, '.' when they have none. */
static char find_letter(uint32_t c)
{
    char found = '.';
    for (size_t i = 0; i < sizeof letter_runs / sizeof letter_runs[0]; i++) {
        const struct letters *run = &letter_runs[i];
        uint32_t at = (c - run->first) >> run->pairs; /* wraps to a large number below the run */
        if (c >= run->first && at < run->count) {
            found = run->text[at];
        }
    }
    return found;
}

/* Two letters for one character, or an empty span. */
static struct nvt_span find_pair(char code)
{
    struct nvt_span pair = NVT_LIT("");
    switch (code) {
    case 'a':
        pair = NVT_LIT("AE");
        break;
    case 'o':
        pair = NVT_LIT("OE");
        break;
    case 's':
        pair = NVT_LIT("SS");
        break;
    case 't':
        pair = NVT_LIT("TH");
        break;
    case 'i':
        pair = NVT_LIT("IJ");
        break;
    case 'n':
        pair = NVT_LIT(" N");
        break;
    default:
        break;
    }
    return pair;
}

static bool fold_far(uint32_t c, struct nvt_buf *out)
{
    char letter = find_letter(c);
    struct nvt_span pair = find_pair(letter);
    if (pair.len > 0U) {
        nvt_buf_put(out, pair);
    } else if (letter != '.') {
        nvt_buf_put_byte(out, (uint8_t)letter);
    } else {
        return false;
    }
    return true;
}

/* False when the rule has nothing for c. */
static bool fold_one(uint32_t c, struct nvt_buf *out)
{
    bool known = true;
    if ((c >= 0x41U && c <= 0x5AU) || (c >= 0x61U && c <= 0x7AU)) {
        nvt_buf_put_byte(out, (uint8_t)(c & 0xDFU));
    } else if (is_space_mark(c)) {
        nvt_buf_put_byte(out, (uint8_t)' ');
    } else if (c < 0x0300U || c > 0x036FU) { /* what is between are combining marks: dropped */
        known = fold_far(c, out);
    } else {
        /* an accent on its own (NFD) */
    }
    return known;
}

nvt_err nvt_rpc_fold_name(struct nvt_span lastname, struct nvt_buf *out)
{
    size_t start = out->len;
    uint32_t c = 0;
    nvt_err err = NVT_OK;
    while (err == NVT_OK && lastname.len > 0U) {
        err = nvt_utf8_next(&lastname, &c);
        if (err == NVT_OK && !fold_one(c, out)) {
            err = NVT_E_FIELD_FORMAT;
        }
    }
    if (err == NVT_OK) {
        err = nvt_buf_err(out);
    }
    if (err != NVT_OK) {
        out->len = start;
    }
    return err;
}

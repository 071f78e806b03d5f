/* SPDX-License-Identifier: Apache-2.0 */
/* Times as seconds since 1970 and their texts in RFC 3339 and RFC 9110. No clock, no time zone. */
#include <navette/base.h>

#define DAY_S 86400
#define TIME_MAX_S 253402300799 /* 9999-12-31T23:59:59Z */

struct civil {
    int32_t year;
    int32_t month;
    int32_t day;
    int32_t hour;
    int32_t minute;
    int32_t second;
};

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
/* What follows the short name in the long one. */
static const char *const day_rests[7] = {"day", "sday", "nesday", "rsday", "day", "urday", "day"};

/* ---- civil time to seconds and back ---- */

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static bool is_date(const struct civil *c)
{
    return c->year >= 0 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month);
}

static bool is_clock(const struct civil *c)
{
    return c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 &&
           c->second <= 59;
}

/* Days from 1970-01-01 of a date that is_date() accepts. Years are counted from March, so that the
 * leap day comes last and the lengths before it repeat: 153 days in five months. */
static int32_t days_of(const struct civil *c)
{
    int32_t year = c->year + 399 + (c->month > 2 ? 1 : 0); /* March year, kept positive */
    int32_t month = (c->month + 9) % 12;
    int32_t days = year * 365 + year / 4 - year / 100 + year / 400;
    return days + (153 * month + 2) / 5 + c->day - 1 - 865565;
}

static int64_t seconds_of(const struct civil *c)
{
    return (int64_t)days_of(c) * DAY_S + (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 +
           c->second;
}

/* Checks the fields and makes UTC seconds of them; offset_s is what local time is ahead by. */
static nvt_err finish(struct civil *c, int32_t offset_s, int64_t *out_s)
{
    bool leap_second = c->second == 60;
    if (leap_second) {
        c->second = 59;
    }
    if (!is_date(c) || !is_clock(c)) {
        return NVT_E_RANGE;
    }
    int64_t s = seconds_of(c) - offset_s;
    if (s < 0 || s > TIME_MAX_S || (leap_second && s % DAY_S != DAY_S - 1)) {
        return NVT_E_RANGE;
    }
    *out_s = s;
    return NVT_OK;
}

nvt_err nvt_time_from_civil(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute,
                            int32_t second, int64_t *out_s)
{
    struct civil c = {year, month, day, hour, minute, second};
    return second > 59 ? NVT_E_RANGE : finish(&c, 0, out_s);
}

/* The date of a day from 1970-01-01 on. The mean year of 146097 / 400 days guesses the year within
 * one; the guess starts one below. */
static void date_of(int32_t days, struct civil *out)
{
    struct civil c = {0, 1, 1, 0, 0, 0};
    c.year = 1969 + days * 400 / 146097;
    while (days_of(&c) <= days) {
        c.year++;
    }
    c.year--;
    int32_t left = days - days_of(&c);
    while (left >= days_in_month(c.year, c.month)) {
        left -= days_in_month(c.year, c.month);
        c.month++;
    }
    c.day = left + 1;
    *out = c;
}

/* value in decimal with leading zeros. */
static void put_padded(struct nvt_buf *b, int32_t value, int32_t highest)
{
    for (int32_t unit = highest; unit > 0; unit /= 10) {
        nvt_buf_put_byte(b, (uint8_t)('0' + value / unit % 10));
    }
}

void nvt_time_put_rfc3339(struct nvt_buf *b, int64_t s)
{
    static const char marks[6] = {'-', '-', 'T', ':', ':', 'Z'};
    uint8_t text[20];
    struct nvt_buf t;
    struct civil c = {0, 0, 0, 0, 0, 0};
    if (s < 0 || s > TIME_MAX_S) {
        b->overflow = true;
        return;
    }
    int32_t second = (int32_t)(s % DAY_S);
    date_of((int32_t)(s / DAY_S), &c);
    const int32_t parts[6] = {c.year, c.month, c.day, second / 3600, second / 60 % 60, second % 60};
    nvt_buf_init(&t, text, sizeof text);
    for (size_t i = 0; i < 6U; i++) {
        put_padded(&t, parts[i], i == 0U ? 1000 : 10);
        nvt_buf_put_byte(&t, (uint8_t)marks[i]);
    }
    nvt_buf_put(b, nvt_buf_span(&t));
}

/* ---- reading by pattern ---- */

/* Takes exactly count digits. */
static bool take_number(struct nvt_span *text, size_t count, int32_t *out_value)
{
    int32_t value = 0;
    if (text->len < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if ((unsigned)text->ptr[i] - (unsigned)'0' > 9U) {
            return false;
        }
        value = value * 10 + (text->ptr[i] - '0');
    }
    nvt_span_skip(text, count);
    *out_value = value;
    return true;
}

/* Takes one byte, when it is a or b. */
static bool take_either(struct nvt_span *text, char a, char b)
{
    bool fits = text->len > 0U && (text->ptr[0] == (uint8_t)a || text->ptr[0] == (uint8_t)b);
    nvt_span_skip(text, fits ? 1U : 0U);
    return fits;
}

static bool take_literal(struct nvt_span *text, struct nvt_span literal)
{
    if (text->len < literal.len || memcmp(text->ptr, literal.ptr, literal.len) != 0) {
        return false;
    }
    nvt_span_skip(text, literal.len);
    return true;
}

/* Takes one of the three-letter names; *out_index counts from 1. */
static bool take_name(struct nvt_span *text, const char (*names)[4], int32_t count,
                      int32_t *out_index)
{
    for (int32_t i = 0; i < count; i++) {
        if (take_literal(text, nvt_span_of(names[i], 3U))) {
            *out_index = i + 1;
            return true;
        }
    }
    return false;
}

/* A day's name says nothing that the date does not: it is read, not compared. */
static bool take_day_name(struct nvt_span *text, bool is_long)
{
    int32_t index = 0;
    if (!take_name(text, day_names, 7, &index)) {
        return false;
    }
    const char *rest = day_rests[index - 1];
    return !is_long || take_literal(text, nvt_span_of(rest, strlen(rest)));
}

/* date3 = month SP ( 2DIGIT / ( SP 1DIGIT )) (RFC 9110 section 5.6.7): the day of asctime */
static bool take_day_spaced(struct nvt_span *text, int32_t *out_day)
{
    return take_number(text, take_either(text, ' ', ' ') ? 1U : 2U, out_day);
}

/* Two digits of a year: 70 to 99 are of the 1900s. RFC 9110 asks for the century nearest to now;
 * without a clock this is the range of the times that navette knows. */
static bool take_short_year(struct nvt_span *text, int32_t *out_year)
{
    if (!take_number(text, 2U, out_year)) {
        return false;
    }
    *out_year += *out_year >= 70 ? 1900 : 2000;
    return true;
}

/* The field of two digits that a letter of a pattern stands for, or NULL. */
static int32_t *two_digits(struct civil *c, char code)
{
    switch (code) {
    case 'm':
        return &c->month;
    case 'd':
        return &c->day;
    case 'H':
        return &c->hour;
    case 'i':
        return &c->minute;
    case 's':
        return &c->second;
    default:
        return NULL;
    }
}

/* One letter of a pattern: the field it stands for, or itself. */
static bool take_field(struct nvt_span *text, char code, struct civil *c)
{
    int32_t *field = two_digits(c, code);
    if (field != NULL) {
        return take_number(text, 2U, field);
    }
    switch (code) {
    case 'Y':
        return take_number(text, 4U, &c->year);
    case 'y':
        return take_short_year(text, &c->year);
    case 'b':
        return take_name(text, month_names, 12, &c->month);
    case 'e':
        return take_day_spaced(text, &c->day);
    case 'a':
    case 'A':
        return take_day_name(text, code == 'A');
    default:
        return take_either(text, code, code);
    }
}

static bool take_pattern(struct nvt_span *text, const char *pattern, struct civil *c)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (!take_field(text, *p, c)) {
            return false;
        }
    }
    return true;
}

/* ---- RFC 3339 ---- */

/* [time-secfrac]: "." 1*DIGIT, dropped */
static bool skip_fraction(struct nvt_span *text)
{
    int32_t digit = 0;
    bool good = true;
    if (take_either(text, '.', '.')) {
        good = take_number(text, 1U, &digit);
        while (take_number(text, 1U, &digit)) {
        }
    }
    return good;
}

/* time-offset = "Z" / ("+" / "-") time-hour ":" time-minute. The hour and minute are left in c. */
static bool take_offset(struct nvt_span *text, struct civil *c, int32_t *out_sign)
{
    if (take_either(text, 'Z', 'z')) {
        return true;
    }
    *out_sign = take_either(text, '-', '-') ? -1 : 1;
    return (*out_sign < 0 || take_either(text, '+', '+')) && take_pattern(text, "H:i", c);
}

/* date-time = full-date "T" partial-time time-offset (RFC 3339 section 5.6); "t" and "z" may be
 * small. */
nvt_err nvt_time_parse_rfc3339(struct nvt_span text, int64_t *out_s)
{
    struct nvt_span rest = text;
    struct civil c = {0, 0, 0, 0, 0, 0};
    struct civil offset = {0, 0, 0, 0, 0, 0};
    int32_t sign = 1;
    if (!take_pattern(&rest, "Y-m-d", &c) || !take_either(&rest, 'T', 't') ||
        !take_pattern(&rest, "H:i:s", &c) || !skip_fraction(&rest) ||
        !take_offset(&rest, &offset, &sign) || rest.len != 0U) {
        return NVT_E_SYNTAX;
    }
    if (!is_clock(&offset)) {
        return NVT_E_RANGE;
    }
    return finish(&c, sign * (offset.hour * 3600 + offset.minute * 60), out_s);
}

/* ---- HTTP-date ---- */

/* HTTP-date = IMF-fixdate / rfc850-date / asctime-date (RFC 9110 section 5.6.7), all case-sensitive
 */
nvt_err nvt_time_parse_http(struct nvt_span text, int64_t *out_s)
{
    static const char *const patterns[3] = {"a, d b Y H:i:s GMT", "A, d-b-y H:i:s GMT",
                                            "a b e H:i:s Y"};
    for (size_t i = 0; i < 3U; i++) {
        struct nvt_span rest = text;
        struct civil c = {0, 0, 0, 0, 0, 0};
        if (take_pattern(&rest, patterns[i], &c) && rest.len == 0U) {
            return finish(&c, 0, out_s);
        }
    }
    return NVT_E_SYNTAX;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and dates of the stand-in. Its own, so that a fault of the library's is not repeated. */
#include "standin.h"

#include <string.h>
#include <time.h>

int64_t now_s(void)
{
    return (int64_t)time(NULL) + options.clock_offset_s;
}

int64_t mono_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void iso_time(int64_t s, char out[32])
{
    const time_t t = (time_t)s;
    struct tm tm;
    (void)gmtime_r(&t, &tm);
    (void)strftime(out, 32, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
}

/* Days since 1970-01-01 of a civil date: counted in 400-year eras that start on 1 March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = y / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Does text start as shape does, with a digit for each 'd'? */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++, text++) {
        const bool digit = *text >= '0' && *text <= '9';
        if (*shape == 'd' ? !digit : *text != *shape) {
            return false;
        }
    }
    return true;
}

/* "Z" or an offset, as seconds east; false when it is neither. */
static bool parse_zone(const char *text, int64_t *out_s)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *out_s = 0;
        return true;
    }
    if ((text[0] != '+' && text[0] != '-') || !has_shape(text + 1, "dd:dd") || text[6] != '\0') {
        return false;
    }
    const int hour = digits(text + 1, 2);
    const int minute = digits(text + 4, 2);
    const int east_s = hour * 3600 + minute * 60;
    *out_s = text[0] == '-' ? -east_s : east_s;
    return hour <= 23 && minute <= 59;
}

static bool is_date(int year, int month, int day)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= month_days[month - 1] &&
           (leap || month != 2 || day <= 28);
}

/* date-time of RFC 3339 section 5.6. */
bool parse_iso_time(const char *text, int64_t *out_s)
{
    int64_t zone_s = 0;
    if (!has_shape(text, "dddd-dd-ddTdd:dd:dd")) {
        return false;
    }
    const int month = digits(text + 5, 2);
    const int day = digits(text + 8, 2);
    const int hour = digits(text + 11, 2);
    const int minute = digits(text + 14, 2);
    const int second = digits(text + 17, 2);
    const char *rest = text + 19;
    if (has_shape(rest, ".d")) {
        rest += 1U + strspn(rest + 1, "0123456789");
    }
    if (!is_date(digits(text, 4), month, day) || hour > 23 || minute > 59 || second > 60 ||
        !parse_zone(rest, &zone_s)) {
        return false;
    }
    *out_s = days_of(digits(text, 4), month, day) * 86400 + hour * 3600L + minute * 60L + second -
             zone_s;
    return true;
}

#include "workflow/calendar.h"
#include "base/arena.h"
#include "base/fence.h"
#include "base/memory.h"
#include "lienthong/v1/process.pb-c.h"
#include <string.h>

#define CALENDAR_SIZE_MAX (256 * 1024)
#define CALENDAR_DAYS_MAX 40000    /* some 110 years */
#define CALENDAR_SPANS_MAX 8       /* of one day */
#define CALENDAR_PATTERNS_MAX 5000 /* different days: the week's and the exceptional ones */
#define DAY_MINUTES 1440

/* How one kind of day is worked. */
struct pattern {
    uint16_t count;
    uint16_t minutes; /* of work in all */
    struct {
        uint16_t from, until;
    } spans[CALENDAR_SPANS_MAX];
};

/* Every day of the data is laid out, with the working minutes before it, so that between is two look-ups and add one
 * search, however far apart the instants are. */
struct calendar {
    char *id;
    uint32_t version;
    int64_t offset_us;
    uint32_t late_minute;
    int32_t first; /* day of index 0 */
    uint32_t days;
    uint16_t *kinds;  /* of each day: index of its pattern */
    uint32_t *before; /* working minutes before each day; days + 1 entries */
    struct pattern *patterns;
};

static enum fault_code pattern_take(const Lienthong__V1__WorkingHours *hours, struct pattern *ret, struct fault *f)
{
    if (hours->n_spans > CALENDAR_SPANS_MAX)
        return fault_set(f, FAULT_MALFORMED, "%zu spans in a day, limit %d", hours->n_spans, CALENDAR_SPANS_MAX);
    struct pattern p = {.count = (uint16_t)hours->n_spans};
    uint32_t last = 0;
    for (size_t i = 0; i < hours->n_spans; i++) {
        const Lienthong__V1__Span *s = hours->spans[i];
        if (s->from_minute < last || s->until_minute <= s->from_minute || s->until_minute > DAY_MINUTES)
            return fault_set(f, FAULT_MALFORMED, "span %u to %u: spans must follow each other within 0 to %d minutes",
                             s->from_minute, s->until_minute, DAY_MINUTES);
        p.spans[i].from = (uint16_t)s->from_minute;
        p.spans[i].until = (uint16_t)s->until_minute;
        p.minutes = (uint16_t)(p.minutes + s->until_minute - s->from_minute);
        last = s->until_minute;
    }
    *ret = p;
    return FAULT_NONE;
}

static enum fault_code check_frame(const Lienthong__V1__Calendar *wire, struct fault *f)
{
    if (!wire->id[0])
        return fault_set(f, FAULT_MALFORMED, "the calendar has no id");
    if (wire->n_week != 7)
        return fault_set(f, FAULT_MALFORMED, "the week has %zu days, must be 7 from Monday", wire->n_week);
    if (wire->utc_offset_minutes < -DAY_MINUTES || wire->utc_offset_minutes > DAY_MINUTES)
        return fault_set(f, FAULT_MALFORMED, "UTC offset of %d minutes", wire->utc_offset_minutes);
    if (wire->late_minute > DAY_MINUTES)
        return fault_set(f, FAULT_MALFORMED, "late minute %u", wire->late_minute);
    int64_t days = (int64_t)wire->known_until_day - wire->known_from_day + 1;
    if (days < 1 || days > CALENDAR_DAYS_MAX)
        return fault_set(f, FAULT_MALFORMED, "the data covers %lld days, must be 1 to %d", (long long)days,
                         CALENDAR_DAYS_MAX);
    if (wire->known_from_day < -200000 || wire->known_until_day > 200000)
        return fault_set(f, FAULT_MALFORMED, "the data lies outside the years 1423 to 2517");
    if (wire->n_days > CALENDAR_PATTERNS_MAX - 7)
        return fault_set(f, FAULT_MALFORMED, "%zu exceptional days, limit %d", wire->n_days, CALENDAR_PATTERNS_MAX - 7);
    return FAULT_NONE;
}

static enum fault_code lay_out(struct calendar *c, const Lienthong__V1__Calendar *wire, struct fault *f)
{
    c->patterns = memory_array(7 + wire->n_days, sizeof *c->patterns);
    c->kinds = memory_array(c->days, sizeof *c->kinds);
    c->before = memory_array((size_t)c->days + 1, sizeof *c->before);
    for (size_t i = 0; i < 7; i++)
        if (pattern_take(wire->week[i], &c->patterns[i], f))
            return fault_wrap(f, "day %zu of the week", i + 1);
    for (uint32_t i = 0; i < c->days; i++) {
        int32_t weekday = (c->first + (int32_t)i + 3) % 7; /* 1970-01-01 was a Thursday */
        c->kinds[i] = (uint16_t)(weekday < 0 ? weekday + 7 : weekday);
    }
    for (size_t i = 0; i < wire->n_days; i++) {
        const Lienthong__V1__ExceptionalDay *day = wire->days[i];
        if (i > 0 && day->day <= wire->days[i - 1]->day)
            return fault_set(f, FAULT_MALFORMED, "exceptional day %d does not follow the one before", day->day);
        if (day->day < wire->known_from_day || day->day > wire->known_until_day)
            return fault_set(f, FAULT_MALFORMED, "exceptional day %d lies outside the data", day->day);
        if (day->hours && pattern_take(day->hours, &c->patterns[7 + i], f))
            return fault_wrap(f, "exceptional day %d", day->day);
        c->kinds[day->day - c->first] = (uint16_t)(7 + i);
    }
    for (uint32_t i = 0; i < c->days; i++)
        c->before[i + 1] = c->before[i] + c->patterns[c->kinds[i]].minutes;
    return FAULT_NONE;
}

OWNED_CLEANUP(calendar)

enum fault_code calendar_unpack(struct bytes packed, struct calendar **ret, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 16 * CALENDAR_SIZE_MAX);
    ProtobufCMessage *message;
    struct fence_limits limits = {.size_max = CALENDAR_SIZE_MAX, .depth_max = 5, .fields_max = 100000};
    if (fence_unpack(packed, &lienthong__v1__calendar__descriptor, limits, &arena, &message, f))
        return fault_wrap(f, "calendar");
    const Lienthong__V1__Calendar *wire = (const Lienthong__V1__Calendar *)message;
    if (check_frame(wire, f))
        return fault_wrap(f, "calendar");
    OWNED(calendar) c = memory_new(sizeof *c);
    c->id = memory_text(wire->id);
    c->version = wire->version;
    c->offset_us = wire->utc_offset_minutes * INSTANT_MINUTE_US;
    c->late_minute = wire->late_minute;
    c->first = wire->known_from_day;
    c->days = (uint32_t)(wire->known_until_day - wire->known_from_day + 1);
    if (lay_out(c, wire, f))
        return fault_wrap(f, "calendar %s", wire->id);
    *ret = MOVE(c);
    return FAULT_NONE;
}

struct calendar *calendar_free(struct calendar *c)
{
    if (c) {
        memory_cleanup(&c->id);
        memory_cleanup(&c->kinds);
        memory_cleanup(&c->before);
        memory_cleanup(&c->patterns);
        memory_cleanup(&c);
    }
    return NULL;
}

const char *calendar_id(const struct calendar *c)
{
    return c->id;
}

uint32_t calendar_version(const struct calendar *c)
{
    return c->version;
}

/* A local point in time: index of the day and microseconds into it. */
struct point {
    uint32_t day;
    int64_t us;
};

static enum fault_code outside(const struct calendar *c, struct fault *f)
{
    char first[DATE_TEXT_SIZE], last[DATE_TEXT_SIZE];
    date_print(c->first, first);
    date_print(c->first + (int32_t)c->days - 1, last);
    return fault_set(f, FAULT_LIMIT, "calendar %s version %u covers %s to %s only; deploy a newer version", c->id,
                     c->version, first, last);
}

static enum fault_code locate(const struct calendar *c, struct instant at, struct point *ret, struct fault *f)
{
    int64_t local;
    if (__builtin_add_overflow(at.us, c->offset_us, &local))
        return outside(c, f);
    int64_t day = local / INSTANT_DAY_US, us = local % INSTANT_DAY_US;
    if (us < 0) {
        us += INSTANT_DAY_US;
        day--;
    }
    if (day < c->first || day >= (int64_t)c->first + c->days)
        return outside(c, f);
    *ret = (struct point){.day = (uint32_t)(day - c->first), .us = us};
    return FAULT_NONE;
}

static struct instant instant_of(const struct calendar *c, uint32_t day, int64_t us)
{
    return (struct instant){((int64_t)c->first + day) * INSTANT_DAY_US + us - c->offset_us};
}

static const struct pattern *pattern_of(const struct calendar *c, uint32_t day)
{
    return &c->patterns[c->kinds[day]];
}

struct instant calendar_instant(const struct calendar *c, int64_t local_us)
{
    return (struct instant){local_us - c->offset_us};
}

/* Working time of the day before US. */
static int64_t worked_before(const struct pattern *p, int64_t us)
{
    int64_t sum = 0;
    for (uint16_t i = 0; i < p->count; i++) {
        int64_t from = p->spans[i].from * INSTANT_MINUTE_US, until = p->spans[i].until * INSTANT_MINUTE_US;
        if (us <= from)
            break;
        sum += (us < until ? us : until) - from;
    }
    return sum;
}

/* Working time from the data's beginning. */
static int64_t worked_at(const struct calendar *c, struct point at)
{
    return c->before[at.day] * INSTANT_MINUTE_US + worked_before(pattern_of(c, at.day), at.us);
}

/* The first working moment of a day from DAY on. */
static enum fault_code first_of(const struct calendar *c, uint32_t day, struct instant *ret, struct fault *f)
{
    for (; day < c->days; day++)
        if (pattern_of(c, day)->count > 0) {
            *ret = instant_of(c, day, pattern_of(c, day)->spans[0].from * INSTANT_MINUTE_US);
            return FAULT_NONE;
        }
    return outside(c, f);
}

enum fault_code calendar_open(const struct calendar *c, struct instant at, struct instant *ret, struct fault *f)
{
    struct point p = {0};
    if (locate(c, at, &p, f))
        return f->code;
    const struct pattern *pattern = pattern_of(c, p.day);
    for (uint16_t i = 0; i < pattern->count; i++) {
        int64_t from = pattern->spans[i].from * INSTANT_MINUTE_US;
        if (p.us < pattern->spans[i].until * INSTANT_MINUTE_US) {
            *ret = instant_of(c, p.day, p.us > from ? p.us : from);
            return FAULT_NONE;
        }
    }
    return first_of(c, p.day + 1, ret, f);
}

enum fault_code calendar_receipt(const struct calendar *c, struct instant at, struct instant *ret, struct fault *f)
{
    struct point p = {0};
    if (locate(c, at, &p, f))
        return f->code;
    if (p.us >= c->late_minute * INSTANT_MINUTE_US)
        return first_of(c, p.day + 1, ret, f);
    return calendar_open(c, at, ret, f);
}

enum fault_code calendar_day_end(const struct calendar *c, struct instant at, struct instant *ret, struct fault *f)
{
    struct point p = {0};
    struct instant counts;
    if (calendar_receipt(c, at, &counts, f) || locate(c, counts, &p, f))
        return f->code;
    const struct pattern *pattern = pattern_of(c, p.day); /* worked, as something counts from it */
    *ret = instant_of(c, p.day, pattern->spans[pattern->count - 1].until * INSTANT_MINUTE_US);
    return FAULT_NONE;
}

/* The instant within DAY at which WORK_US of its working time is done: the earliest when END, else the latest. There is one:
 * the day is worked for more than WORK_US, or for as long when END. */
static struct instant within(const struct calendar *c, uint32_t day, int64_t work_us, bool end)
{
    const struct pattern *p = pattern_of(c, day);
    for (uint16_t i = 0;; i++) {
        int64_t from = p->spans[i].from * INSTANT_MINUTE_US;
        int64_t length = p->spans[i].until * INSTANT_MINUTE_US - from;
        if (work_us < length || (end && work_us == length))
            return instant_of(c, day, from + work_us);
        work_us -= length;
    }
}

enum fault_code calendar_add(const struct calendar *c, struct instant from, int64_t work_us, struct instant *ret,
                             struct fault *f)
{
    struct point p = {0};
    if (locate(c, from, &p, f))
        return f->code;
    if (work_us == 0) {
        *ret = from;
        return FAULT_NONE;
    }
    int64_t target;
    if (__builtin_add_overflow(worked_at(c, p), work_us, &target) || target < 0 ||
        target > c->before[c->days] * INSTANT_MINUTE_US)
        return outside(c, f);
    /* Forwards: the last day with less work before it than the target. Backwards: the last day with no more than it. Behind
     * either there is more, or as much, so it is a day with work: at the data's edges, too, as the target is within them. */
    bool end = work_us > 0;
    uint32_t low = 0, high = c->days;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        int64_t before = c->before[middle] * INSTANT_MINUTE_US;
        if (end ? before < target : before <= target)
            low = middle;
        else
            high = middle;
    }
    *ret = within(c, low, target - c->before[low] * INSTANT_MINUTE_US, end);
    return FAULT_NONE;
}

enum fault_code calendar_between(const struct calendar *c, struct instant from, struct instant to, int64_t *ret_us,
                                 struct fault *f)
{
    struct point a = {0}, b = {0};
    if (locate(c, from, &a, f) || locate(c, to, &b, f))
        return f->code;
    *ret_us = worked_at(c, b) - worked_at(c, a);
    return FAULT_NONE;
}

enum fault_code calendar_day(const struct calendar *c, struct instant at, int32_t *ret_day, struct fault *f)
{
    struct point p = {0};
    if (locate(c, at, &p, f))
        return f->code;
    *ret_day = c->first + (int32_t)p.day;
    return FAULT_NONE;
}

enum fault_code calendar_between_days(const struct calendar *c, int32_t from_day, int32_t to_day, int64_t *ret_us,
                                      struct fault *f)
{
    int64_t from = (int64_t)from_day - c->first, to = (int64_t)to_day - c->first;
    if (from < 0 || from > c->days || to < 0 || to > c->days)
        return outside(c, f);
    *ret_us = ((int64_t)c->before[to] - c->before[from]) * INSTANT_MINUTE_US;
    return FAULT_NONE;
}

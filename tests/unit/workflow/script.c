#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const roles[] = {"nobody",   "land",    "tax", "desk", "portal", "police",
                                    "operator", "citizen", "x",   "y",    "z"};

uint32_t script_agency(const char *role)
{
    for (uint32_t i = 0; i < LENGTH(roles); i++)
        if (!strcmp(roles[i], role))
            return i;
    return 0;
}

/* The role "land" is competent by district "north"; in "south" nobody is. */
static uint32_t resolve(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context;
    (void)now;
    if (!strcmp(role, "board")) /* the board is asked by item: an agency for each of its members */
        return jurisdiction ? script_agency(jurisdiction) : 0;
    return jurisdiction && !strcmp(jurisdiction, "south") ? 0 : script_agency(role);
}

struct engine_input script_input(const struct script *s)
{
    return (struct engine_input){.calendar = s->calendar, .directory = {.resolve = resolve}, .now = s->now};
}

void script_init(struct script *s, const char *process)
{
    *s = (struct script){.process = text_process(process), .calendar = text_calendar()};
    s->dossier = dossier_new((struct uuid){{7, 7, 7}}, s->process);
    s->now = text_instant("2024-06-03 08:00");
    effects_init(&s->effects);
}

void script_clear(struct script *s)
{
    dossier_free(s->dossier);
    calendar_free(s->calendar);
    process_free(s->process);
    effects_clear(&s->effects);
}

static void pack(const struct dossier *d, struct buffer *to)
{
    struct fault f;
    if (dossier_pack(d, to, &f))
        fail_msg("pack: %s", f.text);
}

static struct dossier *copy_of(const struct script *s, struct bytes packed)
{
    struct dossier *copy = NULL;
    struct fault f;
    if (dossier_unpack(dossier_id(s->dossier), s->process, packed, &copy, &f))
        fail_msg("unpack: %s", f.text);
    return copy;
}

static void effect_print(const struct script *s, const struct effect *e, char *text, size_t size)
{
    const char *node = process_node(s->process, e->node)->id;
    struct instant local = {e->due.us + 7 * INSTANT_HOUR_US};
    char due[INSTANT_TEXT_SIZE];
    bool instance = process_node(s->process, e->node)->multiple;
    const char *at = instance ? "@" : "", *whose = instance ? roles[e->agency] : "";
    instant_print(local, due);
    switch (e->kind) {
    case EFFECT_DELIVER: snprintf(text, size, "deliver %s%s%s", node, at, whose); break;
    case EFFECT_INFORM: snprintf(text, size, "inform %s %s", roles[e->agency], e->type); break;
    case EFFECT_CANCEL: snprintf(text, size, "cancel %s%s%s", node, at, whose); break;
    case EFFECT_DROP: snprintf(text, size, "drop %s%s%s", node, at, whose); break;
    case EFFECT_ARM: snprintf(text, size, "arm %s %.5s %.5s", node, due + 5, due + 11); break;
    case EFFECT_DISARM: snprintf(text, size, "disarm %s", node); break;
    case EFFECT_STATUS: snprintf(text, size, "status %d", e->status); break;
    case EFFECT_INCIDENT: snprintf(text, size, "incident %s", node); break;
    case EFFECT_RESOLVED: snprintf(text, size, "resolved %s", node); break;
    case EFFECT_ENDED: snprintf(text, size, "ended"); break;
    case EFFECT_AWAY: snprintf(text, size, "away %s%s%s", node, at, whose); break;
    case EFFECT_SILENT: snprintf(text, size, "silent %s%s%s", node, at, whose); break;
    case EFFECT_TRACE: text[0] = '\0'; break;
    }
}

static void list_effects(const struct script *s, const struct effects *e, char *text, size_t size)
{
    char one[200];
    text[0] = '\0';
    for (size_t i = 0; i < e->count; i++) {
        effect_print(s, &e->items[i], one, sizeof one);
        size_t used = strlen(text);
        if (one[0])
            snprintf(text + used, size - used, "%s%s", used ? "; " : "", one);
    }
}

void script_effects(const struct script *s, char *text, size_t size)
{
    list_effects(s, &s->effects, text, size);
}

static void same_state(const struct dossier *d, struct bytes bytes)
{
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    pack(d, &packed);
    assert_int_equal(packed.size, bytes.size);
    assert_memory_equal(packed.data, bytes.data, bytes.size);
}

/* What is counted without looking at what is over is what is open. */
static void check_open(const struct dossier *d)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    size_t count = dossier_steps(d, views, DOSSIER_STEPS_MAX), open = 0;
    for (size_t i = 0; i < count; i++)
        open +=
            views[i].status == STEP_OPENED || views[i].status == STEP_RECEIVED || views[i].status == STEP_CANCELLING;
    assert_int_equal(dossier_open_steps(d), open);
}

enum engine_result script_apply(struct script *s, const struct event *event)
{
    OWNED_BUFFER before = BUFFER(DOSSIER_STATE_SIZE_MAX);
    OWNED_BUFFER after = BUFFER(DOSSIER_STATE_SIZE_MAX);
    struct engine_input input = script_input(s);
    struct effects again;
    struct refusal refusal = {0};
    char first[20000], second[20000];
    effects_init(&again);
    pack(s->dossier, &before);
    struct dossier *copy = copy_of(s, buffer_bytes(&before));
    same_state(copy, buffer_bytes(&before));
    effects_reset(&s->effects);
    s->refusal = (struct refusal){0};
    s->result = engine_apply(s->dossier, event, &input, &s->effects, &s->refusal);
    pack(s->dossier, &after);
    if (s->result != ENGINE_APPLIED) {
        same_state(s->dossier, buffer_bytes(&before));
        assert_int_equal(s->effects.count, 0);
        assert_true((s->result == ENGINE_REFUSED) == (s->refusal.text[0] != '\0'));
    }
    assert_int_equal(engine_apply(copy, event, &input, &again, &refusal), s->result);
    same_state(copy, buffer_bytes(&after));
    check_open(s->dossier);
    check_open(copy);
    list_effects(s, &s->effects, first, sizeof first);
    list_effects(s, &again, second, sizeof second);
    assert_string_equal(first, second);
    assert_int_equal(s->effects.count, again.count);
    if (s->result == ENGINE_APPLIED && !dossier_ended(s->dossier)) {
        struct dossier *twin = dossier_copy(s->dossier);
        same_state(twin, buffer_bytes(&after));
        dossier_free(twin);
    }
    dossier_free(copy);
    effects_clear(&again);
    return s->result;
}

/* The newest step at NODE, or the one at "node#2". */
static struct step_view find_step(const struct script *s, const char *name)
{
    struct step_view views[DOSSIER_STEPS_MAX], found = {0};
    char id[100];
    snprintf(id, sizeof id, "%.*s", (int)strcspn(name, "#@"), name);
    const char *whose = strchr(name, '@');
    const char *mark = strchr(name, '#');
    uint32_t wanted = mark ? (uint32_t)strtoul(mark + 1, NULL, 10) : 0;
    int node = process_find_node(s->process, id);
    size_t count = dossier_steps(s->dossier, views, DOSSIER_STEPS_MAX);
    for (size_t i = 0; i < count; i++)
        if ((int)views[i].node == node && (!wanted || views[i].position == wanted) &&
            (!whose || views[i].agency == script_agency(whose + 1)))
            found = views[i];
    if (!found.position)
        fail_msg("no step \"%s\"", name);
    return found;
}

/* What was last armed; kept between events. */
static struct {
    uint32_t node, timer, generation;
} armed[50];
static size_t armed_count;

static void remember_timers(const struct script *s)
{
    for (size_t i = 0; i < s->effects.count; i++) {
        const struct effect *e = &s->effects.items[i];
        if (e->kind == EFFECT_ARM && armed_count < LENGTH(armed)) {
            armed[armed_count].node = e->node;
            armed[armed_count].timer = e->timer;
            armed[armed_count++].generation = e->generation;
        }
    }
}

/* The one that was armed last at NODE, or the second one at "node@2". */
static void set_timer(const struct script *s, struct event *e, const char *name)
{
    char node[100];
    const char *mark = strchr(name, '@');
    size_t skip = mark ? strtoul(mark + 1, NULL, 10) - 1 : 0;
    snprintf(node, sizeof node, "%.*s", (int)strcspn(name, "@"), name);
    for (size_t i = 0; i < armed_count; i++)
        if ((int)armed[i].node == process_find_node(s->process, node) && (!mark || skip-- == 0)) {
            e->timer = armed[i].timer;
            e->generation = armed[i].generation;
        }
}

/* "x,y,z": kept until the next. */
static struct value list_of(const char *text)
{
    static struct value items[VALUE_LIST_MAX];
    static char words[VALUE_LIST_MAX][40];
    size_t count = 0;
    while (text_word(&text, ",", words[count], sizeof words[count])) {
        items[count] = (struct value){.kind = VALUE_TEXT, .text = words[count]};
        count++;
    }
    return (struct value){.kind = VALUE_LIST, .list = {.items = items, .count = count}};
}

static struct value value_of(const struct script *s, const char *name, const char *text)
{
    struct value v = {.kind = VALUE_TEXT, .text = text};
    int index = process_find_fact(s->process, name);
    Lienthong__V1__ValueType type =
        index < 0 ? LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT : process_definition(s->process)->facts[index]->type;
    struct fault f;
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL && !decimal_parse(text, &v.decimal, &f))
        v.kind = VALUE_DECIMAL;
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO)
        v = (struct value){.kind = VALUE_YES_NO, .yes = !strcmp(text, "yes")};
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST)
        v = list_of(text);
    return v;
}

struct words {
    char items[20][100], keys[20][100];
    size_t count;
    struct event_fact facts[20];
    struct event_part parts[20];
    struct outage outages[20];
    uint64_t was[20];
};

/* "was=3,5" */
static void take_was(struct event *e, struct words *w, const char *value)
{
    char number[20];
    while (text_word(&value, ",", number, sizeof number))
        w->was[e->was_count++] = strtoull(number, NULL, 10);
    e->was = w->was;
}

/* "away=90", minutes up to now; "away=2024-06-03T17:00/2024-06-04T08:00" */
static void take_outage(const struct script *s, struct event *e, struct words *w, char *value)
{
    struct outage *o = &w->outages[e->outage_count++];
    char *until = strchr(value, '/');
    if (until)
        *until++ = '\0';
    *o = until ? (struct outage){text_instant(value), text_instant(until)}
               : (struct outage){{s->now.us - strtoll(value, NULL, 10) * INSTANT_MINUTE_US}, s->now};
    e->outages = w->outages;
}

static void take_word(const struct script *s, struct event *e, struct words *w, const char *word)
{
    char *key = w->keys[w->count], *value = w->items[w->count];
    w->count++;
    text_copy(key, 100, word);
    key[strcspn(key, "=")] = '\0';
    const char *equal = strchr(word, '=');
    text_copy(value, 100, equal ? equal + 1 : "");
    if (word[0] == '+') {
        int part = process_find_part(s->process, word + 1);
        text_copy(value, 100, word + 1);
        const char *type = part < 0 ? "?" : process_definition(s->process)->parts[part]->type;
        w->parts[e->part_count++] = (struct event_part){value, type, 0};
    } else if (!strcmp(key, "size")) { /* of the part before */
        w->parts[e->part_count - 1].size = strtoul(value, NULL, 10);
    } else if (!strcmp(key, "of")) { /* the type of the part before */
        w->parts[e->part_count - 1].type = value;
    } else if (!strcmp(key, "was")) {
        take_was(e, w, value);
    } else if (!strcmp(key, "error")) {
        e->error = value;
    } else if (!strcmp(key, "as")) {
        e->agency = script_agency(value);
    } else if (!strcmp(key, "from")) {
        e->role = value;
        e->agency = script_agency(value);
    } else if (!strcmp(key, "type")) {
        e->message = value;
    } else if (!strcmp(key, "element")) {
        e->element = value;
    } else if (!strcmp(key, "reason")) {
        e->reason = value;
    } else if (!strcmp(key, "generation")) {
        e->generation = (uint32_t)strtoul(value, NULL, 10);
    } else if (!strcmp(key, "channel")) {
        e->channel = (uint32_t)strtoul(value, NULL, 10);
    } else if (!strcmp(key, "away")) {
        take_outage(s, e, w, value);
    } else if (!strcmp(key, "happened")) {
        e->happened = text_instant(value);
    } else if (equal) {
        w->facts[e->fact_count++] = (struct event_fact){key, value_of(s, key, value)};
    } else {
        fail_msg("word \"%s\"", word);
    }
}

static void aim(const struct script *s, struct event *e, const char *name)
{
    static char kept[100];
    text_copy(kept, sizeof kept, name);
    e->happened = s->now;
    e->sender = "H58";
    if (e->kind == EVENT_MESSAGE) {
        e->message = kept;
        e->role = "citizen";
        e->agency = script_agency("citizen");
    } else if (e->kind == EVENT_TIMER) {
        set_timer(s, e, name);
    } else if (e->kind == EVENT_OPEN) {
        e->role = "desk";
    } else if (name[0] && e->kind != EVENT_CORRECT && e->kind != EVENT_ABORT) {
        struct step_view view = find_step(s, name);
        e->step = uuid_step(dossier_id(s->dossier), view.position);
        e->agency = view.agency;
        e->role = process_node(s->process, view.node)->role;
    }
}

static const char *refusal_name(Lienthong__V1__RefusalCode code)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&lienthong__v1__refusal_code__descriptor, (int)code);
    return v ? v->name + strlen("REFUSAL_CODE_") : "?";
}

static void compare(const struct script *s, const char *line, const char *want)
{
    char got[20000];
    if (s->result == ENGINE_APPLIED)
        script_effects(s, got, sizeof got);
    else if (s->result == ENGINE_IGNORED)
        snprintf(got, sizeof got, "ignored");
    else
        snprintf(got, sizeof got, "refused %s", refusal_name(s->refusal.code));
    if (strcmp(got, want))
        fail_msg("\n  %s\n  gave: %s (%s)", line, got, s->refusal.text);
}

static bool has_target(enum event_kind kind)
{
    return kind != EVENT_OPEN && kind != EVENT_CORRECT && kind != EVENT_ABORT && kind != EVENT_BEGIN &&
           kind != EVENT_RESEAL;
}

static void run_event(struct script *s, const char *line, enum event_kind kind, const char *at)
{
    struct event e = {.kind = kind};
    struct words words = {0};
    char rest[500], word[200], target[100] = "";
    const char *arrow = strstr(at, "=>");
    assert_non_null(arrow);
    snprintf(rest, sizeof rest, "%.*s", (int)(arrow - at), at);
    const char *from = rest;
    from += strspn(from, " ");
    if (has_target(kind) && !memchr(from, '=', strcspn(from, " ")))
        text_word(&from, " ", target, sizeof target);
    aim(s, &e, target);
    while (text_word(&from, " ", word, sizeof word))
        take_word(s, &e, &words, word);
    e.facts = words.facts;
    e.parts = words.parts;
    script_apply(s, &e);
    remember_timers(s);
    arrow += 2;
    arrow += strspn(arrow, " ");
    compare(s, line, arrow);
}

static void check_clock(const struct clock *c, const char *line, const char *want)
{
    char got[100] = "no due";
    if (c->due.us) {
        struct instant local = {c->due.us + 7 * INSTANT_HOUR_US};
        char text[INSTANT_TEXT_SIZE];
        instant_print(local, text);
        snprintf(got, sizeof got, "due %.10s %.5s", text, text + 11);
    }
    char all[120];
    snprintf(all, sizeof all, "%s %s", c->ended ? "ended" : c->running ? "running" : "stopped", got);
    if (strcmp(all, want))
        fail_msg("\n  %s\n  is: %s", line, all);
}

static void print_value(const struct value *v, char *text, size_t size)
{
    char number[DECIMAL_TEXT_SIZE] = "";
    if (v->kind == VALUE_DECIMAL)
        decimal_print(v->decimal, number);
    snprintf(text, size, "%s",
             v->kind == VALUE_TEXT     ? v->text
             : v->kind == VALUE_YES_NO ? (v->yes ? "yes" : "no")
             : v->kind == VALUE_NULL   ? "null"
                                       : number);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s", i ? "," : "");
        used = strlen(text);
        print_value(&v->list.items[i], text + used, size - used);
    }
}

static void check_fact(const struct script *s, const char *line, const char *at)
{
    char name[100], got[500];
    text_word(&at, " ", name, sizeof name);
    at += strspn(at, " ");
    print_value(&dossier_facts(s->dossier)[process_find_fact(s->process, name)], got, sizeof got);
    if (strcmp(got, at))
        fail_msg("\n  %s\n  is: %s", line, got);
}

/* "opinion x@2,y@3": the items of a part set, each with the event that brought it. */
static void check_members(const struct script *s, const char *line, const char *at)
{
    char name[100], got[500] = "";
    size_t count;
    const struct part_member *m = dossier_part_members(s->dossier, &count);
    text_word(&at, " ", name, sizeof name);
    at += strspn(at, " ");
    for (size_t i = 0; i < count; i++)
        if ((int)m[i].declaration == process_find_part(s->process, name)) {
            size_t used = strlen(got);
            snprintf(got + used, sizeof got - used, "%s%s@%llu", used ? "," : "", m[i].item,
                     (unsigned long long)m[i].sequence);
        }
    if (strcmp(got, at))
        fail_msg("\n  %s\n  is: %s", line, got);
}

static void check(const struct script *s, const char *line)
{
    char word[100];
    const char *at = line + 1;
    text_word(&at, " ", word, sizeof word);
    at += strspn(at, " ");
    if (!strcmp(word, "clock")) {
        check_clock(dossier_clock(s->dossier), line, at);
    } else if (!strcmp(word, "step")) {
        text_word(&at, " ", word, sizeof word);
        check_clock(find_step(s, word).clock, line, at + strspn(at, " "));
    } else if (!strcmp(word, "used")) {
        int64_t used;
        struct fault f;
        assert_int_equal(clock_used(dossier_clock(s->dossier), s->calendar, s->now, &used, &f), FAULT_NONE);
        assert_int_equal(used / INSTANT_MINUTE_US, strtol(at, NULL, 10));
    } else if (!strcmp(word, "status")) {
        assert_int_equal(dossier_status(s->dossier), strtol(at, NULL, 10));
    } else if (!strcmp(word, "incidents")) {
        assert_int_equal(dossier_open_incidents(s->dossier), strtol(at, NULL, 10));
    } else if (!strcmp(word, "fact")) {
        check_fact(s, line, at);
    } else if (!strcmp(word, "part")) {
        text_word(&at, " ", word, sizeof word);
        assert_int_equal(dossier_part_sequence(s->dossier, (uint32_t)process_find_part(s->process, word)),
                         strtol(at, NULL, 10));
    } else if (!strcmp(word, "members")) {
        check_members(s, line, at);
    } else if (!strcmp(word, "text")) {
        const char *text = "";
        for (size_t i = 0; i < s->effects.count; i++)
            if (s->effects.items[i].text[0])
                text = s->effects.items[i].text;
        if (!strstr(s->result == ENGINE_REFUSED ? s->refusal.text : text, at))
            fail_msg("\n  %s\n  is: %s", line, s->result == ENGINE_REFUSED ? s->refusal.text : text);
    } else {
        fail_msg("check \"%s\"", word);
    }
}

void script_line(struct script *s, const char *line)
{
    static const char *const events[] = {"open",  "receipt",       "answer",     "cancelled", "message",
                                         "timer", "undeliverable", "retry",      "correct",   "abort",
                                         "begin", "skip",          "impossible", "resend",    "reseal"};
    char word[100];
    const char *at = line;
    line += strspn(line, " ");
    at = line;
    if (line[0] == '?') {
        check(s, line);
        return;
    }
    if (!text_word(&at, " ", word, sizeof word))
        return;
    for (int i = 0; i < (int)LENGTH(events); i++)
        if (!strcmp(word, events[i])) {
            run_event(s, line, (enum event_kind)i, at);
            return;
        }
    at += strspn(at, " ");
    if (!strcmp(word, "at"))
        s->now = text_instant(at);
    else if (!strcmp(word, "wait"))
        s->now.us += strtol(at, NULL, 10) * INSTANT_MINUTE_US;
    else
        fail_msg("line \"%s\"", line);
}

static void run_case(void **state)
{
    const struct script_case *c = *state;
    struct script s;
    char line[500];
    const char *at = c->script;
    script_init(&s, c->process);
    armed_count = 0;
    while (text_word(&at, "\n", line, sizeof line))
        script_line(&s, line);
    script_clear(&s);
}

int script_run_all(const struct script_case *cases, size_t count)
{
    struct CMUnitTest *tests = memory_array(count, sizeof *tests);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    int failed = _cmocka_run_group_tests("workflow", tests, count, NULL, NULL);
    memory_cleanup(&tests);
    return failed;
}

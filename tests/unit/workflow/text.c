#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/calendar.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 64
#define HALF 2 /* of a day: the morning is worked */

struct texts {
    struct arena arena;
    Lienthong__V1__Process process;
    const char *lines[400];
    size_t line_count;
    char defaults[PROCESS_NODES_MAX][32];
};

bool text_word(const char **at, const char *ends, char *word, size_t size)
{
    *at += strspn(*at, ends);
    size_t length = strcspn(*at, ends);
    assert_true(length < size);
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    return length > 0;
}

/* The first entry of list N with this name; ends the test without one. */
#define FIND(list_, count_, field_, name_)               \
    ({                                                   \
        uint32_t found_ = UINT32_MAX;                    \
        for (uint32_t i_ = 0; i_ < (count_); i_++)       \
            if (!strcmp((list_)[i_]->field_, (name_)))   \
                found_ = i_;                             \
        if (found_ == UINT32_MAX)                        \
            fail_msg("\"%s\" is not declared", (name_)); \
        found_;                                          \
    })

#define ADD(t_, list_, count_, type_, init_)                             \
    ({                                                                   \
        type_ *new_ = arena_alloc(&(t_)->arena, sizeof *new_);           \
        init_(new_);                                                     \
        if (!(list_))                                                    \
            (list_) = arena_alloc(&(t_)->arena, 4000 * sizeof *(list_)); \
        (list_)[(count_)++] = new_;                                      \
        new_;                                                            \
    })

static void names(struct texts *t, const char *value, char ***list, size_t *count)
{
    char word[100];
    *list = arena_alloc(&t->arena, ROOM * sizeof **list);
    while (text_word(&value, ",", word, sizeof word))
        (*list)[(*count)++] = arena_text(&t->arena, word);
}

static void uses(struct texts *t, const char *value, Lienthong__V1__PartUse ***list, size_t *count)
{
    char word[100];
    while (text_word(&value, ",", word, sizeof word)) {
        Lienthong__V1__PartUse *use = ADD(t, *list, *count, Lienthong__V1__PartUse, lienthong__v1__part_use__init);
        size_t length = strlen(word);
        use->optional = word[length - 1] == '?';
        if (use->optional)
            word[length - 1] = '\0';
        use->part = FIND(t->process.parts, t->process.n_parts, name, word);
    }
}

static void sets(struct texts *t, const char *value, Lienthong__V1__Node *n)
{
    char word[100];
    while (text_word(&value, ",", word, sizeof word)) {
        Lienthong__V1__FactUse *use = ADD(t, n->sets, n->n_sets, Lienthong__V1__FactUse, lienthong__v1__fact_use__init);
        size_t length = strlen(word);
        use->optional = word[length - 1] == '?';
        if (use->optional)
            word[length - 1] = '\0';
        use->fact = FIND(t->process.facts, t->process.n_facts, name, word);
    }
}

static Lienthong__V1__Budget *budget(struct texts *t, const char *value)
{
    Lienthong__V1__Budget *b = arena_alloc(&t->arena, sizeof *b);
    lienthong__v1__budget__init(b);
    char *unit;
    uint32_t number = (uint32_t)strtoul(value, &unit, 10);
    *(*unit == 'd' ? &b->calendar_days : &b->minutes) = number;
    return b;
}

static Lienthong__V1__ClockAction action(const char *value)
{
    static const char *const names_of[] = {"none", "start", "stop", "restart", "end"};
    for (size_t i = 0; i < LENGTH(names_of); i++)
        if (!strcmp(value, names_of[i]))
            return (Lienthong__V1__ClockAction)i;
    fail_msg("clock action \"%s\"", value);
    return 0;
}

static void instruction(struct texts *t, Lienthong__V1__Expression *e, Lienthong__V1__Opcode op, uint32_t argument)
{
    Lienthong__V1__Instruction *i =
        ADD(t, e->code, e->n_code, Lienthong__V1__Instruction, lienthong__v1__instruction__init);
    i->op = op;
    i->argument = argument;
}

/* "fact = literal", "fact < 5", "fact = null" → 1 + index. */
static uint32_t condition(struct texts *t, const char *text, const char *ends)
{
    static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
    char fact[100], operator[8], literal[100];
    Lienthong__V1__Process *p = &t->process;
    Lienthong__V1__Expression *e =
        ADD(t, p->expressions, p->n_expressions, Lienthong__V1__Expression, lienthong__v1__expression__init);
    e->source = arena_text(&t->arena, text);
    assert_true(text_word(&text, ends, fact, sizeof fact) && text_word(&text, ends, operator, sizeof operator) &&
                text_word(&text, ends, literal, sizeof literal));
    uint32_t index = FIND(p->facts, p->n_facts, name, fact);
    instruction(t, e, LIENTHONG__V1__OPCODE__OPCODE_FACT, index);
    if (!strcmp(literal, "null")) {
        instruction(t, e, LIENTHONG__V1__OPCODE__OPCODE_NULL, 0);
    } else {
        instruction(t, e, LIENTHONG__V1__OPCODE__OPCODE_LITERAL, 0);
        Lienthong__V1__LiteralValue *v = arena_alloc(&t->arena, sizeof *v);
        lienthong__v1__literal_value__init(v);
        e->code[1]->value = v;
        bool number = p->facts[index]->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL;
        if (p->facts[index]->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO) {
            v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_YES;
            v->yes = !strcmp(literal, "yes");
        } else {
            v->is_case = number ? LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL : LIENTHONG__V1__LITERAL_VALUE__IS_TEXT;
            *(number ? &v->decimal : &v->text) = arena_text(&t->arena, literal);
        }
    }
    for (size_t i = 0; i < LENGTH(operators); i++)
        if (!strcmp(operator, operators[i]))
            instruction(t, e, (Lienthong__V1__Opcode)(LIENTHONG__V1__OPCODE__OPCODE_EQUAL + i), 0);
    return (uint32_t)p->n_expressions;
}

static void timer_key(struct texts *t, Lienthong__V1__Node *n, const char *key, const char *value)
{
    if (!n->timer) {
        n->timer = arena_alloc(&t->arena, sizeof *n->timer);
        lienthong__v1__timer_rule__init(n->timer);
    }
    if (!strcmp(key, "after"))
        n->timer->after = budget(t, value);
    else if (!strcmp(key, "before"))
        n->timer->before_due = budget(t, value);
    else if (!strcmp(key, "spent"))
        n->timer->budget_spent = true;
    else
        n->timer->elapsed_ms = strtoul(value, NULL, 10);
}

static Lienthong__V1__MultiInstance *multiple(struct texts *t, Lienthong__V1__Node *n)
{
    if (!n->multiple) {
        n->multiple = arena_alloc(&t->arena, sizeof *n->multiple);
        lienthong__v1__multi_instance__init(n->multiple);
        n->multiple->role = n->role;
    }
    return n->multiple;
}

/* "fact:into", "fact:into:silence". */
static void collect(struct texts *t, Lienthong__V1__MultiInstance *m, const char *value)
{
    char fact[100], into[100], silence[100];
    Lienthong__V1__Process *p = &t->process;
    Lienthong__V1__Collected *c =
        ADD(t, m->collects, m->n_collects, Lienthong__V1__Collected, lienthong__v1__collected__init);
    assert_true(text_word(&value, ":", fact, sizeof fact) && text_word(&value, ":", into, sizeof into));
    c->fact = FIND(p->facts, p->n_facts, name, fact);
    c->into = FIND(p->facts, p->n_facts, name, into);
    if (!text_word(&value, ":", silence, sizeof silence))
        return;
    c->silence = arena_alloc(&t->arena, sizeof *c->silence);
    lienthong__v1__literal_value__init(c->silence);
    c->silence->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_TEXT;
    c->silence->text = arena_text(&t->arena, silence);
    if (p->facts[c->fact]->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO) {
        c->silence->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_YES;
        c->silence->yes = !strcmp(silence, "yes");
    }
}

static bool multiple_key(struct texts *t, Lienthong__V1__Node *n, const char *key, const char *value)
{
    Lienthong__V1__Process *p = &t->process;
    if (!strcmp(key, "over"))
        multiple(t, n)->over = FIND(p->facts, p->n_facts, name, value);
    else if (!strcmp(key, "pick"))
        multiple(t, n)->role = arena_text(&t->arena, value);
    else if (!strcmp(key, "until"))
        multiple(t, n)->completion = condition(t, value, ":");
    else if (!strcmp(key, "silence"))
        multiple(t, n)->silence_agrees = true;
    else if (!strcmp(key, "collect"))
        collect(t, multiple(t, n), value);
    else if (!strcmp(key, "order"))
        multiple(t, n)->order = 1 + FIND(p->facts, p->n_facts, name, value);
    else if (!strcmp(key, "asked"))
        multiple(t, n)->asked = 1 + FIND(p->facts, p->n_facts, name, value);
    else if (!strcmp(key, "answered"))
        multiple(t, n)->answered = 1 + FIND(p->facts, p->n_facts, name, value);
    else if (!strcmp(key, "silent"))
        multiple(t, n)->silent = 1 + FIND(p->facts, p->n_facts, name, value);
    else
        return false;
    return true;
}

static bool undo_key(struct texts *t, Lienthong__V1__Node *n, const char *key, const char *value)
{
    Lienthong__V1__Process *p = &t->process;
    if (!strcmp(key, "undo"))
        n->for_compensation = true;
    else if (!strcmp(key, "by"))
        n->handler = 1 + FIND(p->nodes, p->n_nodes, id, value);
    else if (!strcmp(key, "undoes"))
        n->undoes = 1 + FIND(p->nodes, p->n_nodes, id, value);
    else
        return false;
    return true;
}

static void node_key(struct texts *t, Lienthong__V1__Node *n, const char *key, const char *value)
{
    char *copy = arena_text(&t->arena, value);
    Lienthong__V1__Process *p = &t->process;
    if (multiple_key(t, n, key, value) || undo_key(t, n, key, value))
        return;
    if (!strcmp(key, "in"))
        n->scope = 1 + FIND(p->nodes, p->n_nodes, id, value);
    else if (!strcmp(key, "at"))
        n->attached = 1 + FIND(p->nodes, p->n_nodes, id, value);
    else if (!strcmp(key, "role"))
        n->role = copy;
    else if (!strcmp(key, "op"))
        n->operation = copy;
    else if (!strcmp(key, "error"))
        n->error = copy;
    else if (!strcmp(key, "raises"))
        names(t, value, &n->raises, &n->n_raises);
    else if (!strcmp(key, "receives"))
        uses(t, value, &n->receives, &n->n_receives);
    else if (!strcmp(key, "returns"))
        uses(t, value, &n->returns, &n->n_returns);
    else if (!strcmp(key, "sets"))
        sets(t, value, n);
    else if (!strcmp(key, "budget"))
        n->budget = budget(t, value);
    else if (!strcmp(key, "appointment"))
        n->appointment = budget(t, value);
    else if (!strcmp(key, "status"))
        n->status = (uint32_t)strtoul(value, NULL, 10);
    else if (!strcmp(key, "status-done"))
        n->status_on_complete = (uint32_t)strtoul(value, NULL, 10);
    else if (!strcmp(key, "enter"))
        n->on_enter = action(value);
    else if (!strcmp(key, "receipt"))
        n->on_receipt = action(value);
    else if (!strcmp(key, "done"))
        n->on_complete = action(value);
    else if (!strcmp(key, "requires"))
    n->requires = condition(t, value, ":");
    else if (!strcmp(key, "default")) text_copy(t->defaults[FIND(p->nodes, p->n_nodes, id, n->id)], 32, value);
    else if (!strcmp(key, "irrevocable")) n->irrevocable = true;
    else if (!strcmp(key, "reschedules")) n->reschedules = true;
    else if (!strcmp(key, "called")) n->called = copy;
    else if (!strcmp(key, "parallel-to")) n->interrupting = false;
    else if (!strcmp(key, "after") || !strcmp(key, "before") || !strcmp(key, "spent") || !strcmp(key, "elapsed"))
        timer_key(t, n, key, value);
    else fail_msg("unknown key \"%s\"", key);
}

static const char *const kinds[] = {"",
                                    "start",
                                    "end",
                                    "terminate",
                                    "error-end",
                                    "task",
                                    "user",
                                    "send",
                                    "receive",
                                    "exclusive",
                                    "parallel",
                                    "subprocess",
                                    "catch",
                                    "timer",
                                    "on-message",
                                    "on-timer",
                                    "on-error",
                                    "inclusive",
                                    "event-gateway",
                                    "on-escalation",
                                    "on-compensation",
                                    "escalate",
                                    "compensate",
                                    "end-send",
                                    "end-escalate",
                                    "end-compensate",
                                    "event-subprocess",
                                    "start-message",
                                    "start-timer",
                                    "start-error",
                                    "start-escalation",
                                    "timed-start"};

static uint32_t kind_of(const char *word)
{
    for (uint32_t i = 1; i < LENGTH(kinds); i++)
        if (!strcmp(kinds[i], word))
            return i;
    return 0;
}

static void declare_node(struct texts *t, uint32_t kind, const char *line)
{
    char word[200];
    Lienthong__V1__Process *p = &t->process;
    Lienthong__V1__Node *n = ADD(t, p->nodes, p->n_nodes, Lienthong__V1__Node, lienthong__v1__node__init);
    text_word(&line, " ", word, sizeof word);
    n->kind = (Lienthong__V1__NodeKind)kind;
    n->id = arena_text(&t->arena, word);
    n->line = (uint32_t)p->n_nodes;
    n->role = arena_text(&t->arena, "land");
    n->operation = n->id;
    n->interrupting = !strncmp(kinds[kind], "on-", 3) || !strncmp(kinds[kind], "start-", 6);
}

static void declare_fact(struct texts *t, const char *line)
{
    static const char *const types[] = {"", "text", "decimal", "date", "yes-no", "list"};
    char word[200];
    Lienthong__V1__Process *p = &t->process;
    Lienthong__V1__FactDeclaration *d =
        ADD(t, p->facts, p->n_facts, Lienthong__V1__FactDeclaration, lienthong__v1__fact_declaration__init);
    text_word(&line, " ", word, sizeof word);
    d->name = arena_text(&t->arena, word);
    while (text_word(&line, " ", word, sizeof word)) {
        if (!strncmp(word, "setters=", 8))
            names(t, word + 8, &d->setters, &d->n_setters);
        else if (!strncmp(word, "values=", 7))
            names(t, word + 7, &d->values, &d->n_values);
        for (uint32_t i = 1; i < LENGTH(types); i++)
            if (!strcmp(word, types[i]))
                d->type = (Lienthong__V1__ValueType)i;
    }
}

static void declare_part(struct texts *t, const char *line)
{
    char word[200];
    Lienthong__V1__Process *p = &t->process;
    Lienthong__V1__PartDeclaration *d =
        ADD(t, p->parts, p->n_parts, Lienthong__V1__PartDeclaration, lienthong__v1__part_declaration__init);
    text_word(&line, " ", word, sizeof word);
    d->name = arena_text(&t->arena, word);
    text_word(&line, " ", word, sizeof word);
    d->type = arena_text(&t->arena, word);
    while (text_word(&line, " ", word, sizeof word)) {
        if (!strncmp(word, "authors=", 8))
            names(t, word + 8, &d->authors, &d->n_authors);
        if (!strncmp(word, "readers=", 8))
            names(t, word + 8, &d->roles, &d->n_roles);
        d->sealed |= !strcmp(word, "sealed");
        d->each |= !strcmp(word, "each");
    }
}

static void declare_process(struct texts *t, const char *line)
{
    char word[200];
    Lienthong__V1__Process *p = &t->process;
    while (text_word(&line, " ", word, sizeof word)) {
        if (!strncmp(word, "inform=", 7))
            names(t, word + 7, &p->inform_roles, &p->n_inform_roles);
        if (!strncmp(word, "jurisdiction=", 13))
            p->jurisdiction_fact = arena_text(&t->arena, word + 13);
    }
}

static void flow_chain(struct texts *t, const char *line)
{
    char from[100], to[100], sign[8];
    Lienthong__V1__Process *p = &t->process;
    text_word(&line, " ", from, sizeof from);
    while (text_word(&line, " ", sign, sizeof sign)) {
        if (sign[0] == '?') {
            p->flows[p->n_flows - 1]->condition = condition(t, line + 1, " ");
            return;
        }
        text_word(&line, " ", to, sizeof to);
        uint32_t index = (uint32_t)p->n_flows;
        Lienthong__V1__Flow *f = ADD(t, p->flows, p->n_flows, Lienthong__V1__Flow, lienthong__v1__flow__init);
        char id[210];
        snprintf(id, sizeof id, "%s-%s", from, to);
        f->id = arena_text(&t->arena, id);
        f->from = FIND(p->nodes, p->n_nodes, id, from);
        f->to = FIND(p->nodes, p->n_nodes, id, to);
        Lienthong__V1__Node *a = p->nodes[f->from], *b = p->nodes[f->to];
        if (!a->outgoing)
            a->outgoing = arena_alloc(&t->arena, 300 * sizeof *a->outgoing);
        if (!b->incoming)
            b->incoming = arena_alloc(&t->arena, 300 * sizeof *b->incoming);
        a->outgoing[a->n_outgoing++] = index;
        b->incoming[b->n_incoming++] = index;
        if (!strcmp(t->defaults[f->from], to))
            a->default_flow = index + 1;
        text_copy(from, sizeof from, to);
    }
}

/* Declarations first, then the nodes' keys, which refer to them, then flows. */
static void read_line(struct texts *t, const char *line, int pass)
{
    char word[500], value[500];
    const char *at = line;
    if (!text_word(&at, " ", word, sizeof word))
        return;
    uint32_t kind = kind_of(word);
    bool declares = !strcmp(word, "process") || !strcmp(word, "fact") || !strcmp(word, "part");
    if (pass == 0 && kind)
        declare_node(t, kind, at);
    if (pass == 0 && declares)
        (*word == 'f' ? declare_fact : word[1] == 'a' ? declare_part : declare_process)(t, at);
    if (pass == 1 && kind) {
        text_word(&at, " ", word, sizeof word);
        Lienthong__V1__Node *n = t->process.nodes[FIND(t->process.nodes, t->process.n_nodes, id, word)];
        while (text_word(&at, " ", word, sizeof word)) {
            const char *equal = strchr(word, '=');
            text_copy(value, sizeof value, equal ? equal + 1 : "");
            word[strcspn(word, "=")] = '\0';
            node_key(t, n, word, value);
        }
    }
    if (pass == 2 && !kind && !declares)
        flow_chain(t, line);
}

void text_pack(const char *text, struct buffer *to)
{
    struct texts *t = memory_new(sizeof *t);
    arena_init(&t->arena, 64 << 20);
    lienthong__v1__process__init(&t->process);
    t->process.id = arena_text(&t->arena, "test");
    t->process.trigger_roles = arena_alloc(&t->arena, sizeof(char *));
    t->process.trigger_roles[t->process.n_trigger_roles++] = arena_text(&t->arena, "desk");
    for (int pass = 0; pass < 3; pass++) {
        char line[600];
        const char *at = text;
        while (text_word(&at, "\n", line, sizeof line))
            read_line(t, line, pass);
    }
    size_t size = lienthong__v1__process__get_packed_size(&t->process);
    OWNED_MEMORY uint8_t *packed = memory_array(size + 1, 1);
    lienthong__v1__process__pack(&t->process, packed);
    struct fault f;
    assert_int_equal(buffer_append(to, BYTES(packed, size), &f), FAULT_NONE);
    arena_clear(&t->arena);
    memory_cleanup(&t);
}

struct process *text_process(const char *text)
{
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    text_pack(text, &packed);
    struct process *p = NULL;
    struct fault f;
    if (process_unpack(buffer_bytes(&packed), &p, &f))
        fail_msg("process refused: %s", f.text);
    return p;
}

struct instant text_instant(const char *text)
{
    char full[40];
    snprintf(full, sizeof full, "%.10sT%.5s:00+07:00", text, text + 11);
    struct instant at;
    struct fault f;
    if (instant_parse(full, &at, &f))
        fail_msg("%s", f.text);
    return at;
}

/* Public holidays (Tết Giáp Thìn 2024, Ất Tỵ 2025, Bính Ngọ 2026) and days worked in exchange, as decided by the government. */
static const struct {
    int year, month, day;
    int worked; /* 0, 1, or HALF */
} exceptional[] = {
    {2024, 1, 1, false},  {2024, 2, 8, false},  {2024, 2, 9, false},  {2024, 2, 12, false}, {2024, 2, 13, false},
    {2024, 2, 14, false}, {2024, 4, 18, false}, {2024, 4, 29, false}, {2024, 4, 30, false}, {2024, 5, 1, false},
    {2024, 5, 4, true},   {2024, 9, 2, false},  {2024, 9, 3, false},  {2025, 1, 1, false},  {2025, 1, 27, false},
    {2025, 1, 28, false}, {2025, 1, 29, false}, {2025, 1, 30, false}, {2025, 1, 31, false}, {2025, 4, 7, false},
    {2025, 4, 26, true},  {2025, 4, 30, false}, {2025, 5, 1, false},  {2025, 5, 2, false},  {2025, 9, 1, false},
    {2025, 9, 2, false},  {2026, 1, 1, false},  {2026, 1, 2, false},  {2026, 1, 10, true},  {2026, 2, 13, HALF},
    {2026, 2, 16, false}, {2026, 2, 17, false}, {2026, 2, 18, false}, {2026, 2, 19, false}, {2026, 2, 20, false},
    {2026, 8, 22, true},  {2026, 8, 31, false}, {2026, 9, 1, false},  {2026, 9, 2, false},
};

struct calendar *text_calendar(void)
{
    Lienthong__V1__Span morning = LIENTHONG__V1__SPAN__INIT, afternoon = LIENTHONG__V1__SPAN__INIT;
    morning.from_minute = 450;
    morning.until_minute = 690;
    afternoon.from_minute = 780;
    afternoon.until_minute = 1020;
    Lienthong__V1__Span *spans[] = {&morning, &afternoon};
    Lienthong__V1__WorkingHours work = LIENTHONG__V1__WORKING_HOURS__INIT, off = LIENTHONG__V1__WORKING_HOURS__INIT;
    work.n_spans = 2;
    work.spans = spans;
    Lienthong__V1__WorkingHours half = work; /* the morning of the last day before Tết 2026, as a province may say */
    half.n_spans = 1;
    Lienthong__V1__WorkingHours *week[] = {&work, &work, &work, &work, &work, &off, &off};
    Lienthong__V1__ExceptionalDay days[LENGTH(exceptional)], *list[LENGTH(exceptional)];
    for (size_t i = 0; i < LENGTH(exceptional); i++) {
        lienthong__v1__exceptional_day__init(&days[i]);
        days[i].day = date_day(exceptional[i].year, exceptional[i].month, exceptional[i].day);
        days[i].hours = exceptional[i].worked ? &work : &off;
        if (exceptional[i].worked == HALF)
            days[i].hours = &half;
        list[i] = &days[i];
    }
    Lienthong__V1__Calendar c = LIENTHONG__V1__CALENDAR__INIT;
    char id[] = "test";
    c.id = id;
    c.version = 3;
    c.utc_offset_minutes = 420;
    c.n_week = 7;
    c.week = week;
    c.n_days = LENGTH(exceptional);
    c.days = list;
    c.late_minute = 900;
    c.known_from_day = date_day(2024, 1, 1);
    c.known_until_day = date_day(2026, 12, 31);
    uint8_t packed[4096];
    assert_true(lienthong__v1__calendar__get_packed_size(&c) <= sizeof packed);
    size_t size = lienthong__v1__calendar__pack(&c, packed);
    struct calendar *calendar = NULL;
    struct fault f;
    if (calendar_unpack(BYTES(packed, size), &calendar, &f))
        fail_msg("calendar refused: %s", f.text);
    return calendar;
}

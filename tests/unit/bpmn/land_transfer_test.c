/* The deployed definition of the land transfer, compiled and run through the real engine in memory, one script for each
 * outcome. A line is an event, and behind "=>" what then holds: the nodes with an open step (those being given up in
 * brackets), status, dossier clock (off, run, stop, end), "ended". Parts that must come are added by the driver.
 *   submit fact=value …      answer node fact=value … [error=code]     receipt node      cancelled node
 *   message type role fact=value …      timer node (time moves to when it is due)      wait minutes */
#include "source.h"
#include "../workflow/text.h"
#include "../unit.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_ROOM 16

struct run {
    struct process *process;
    struct calendar *calendar;
    struct dossier *dossier;
    struct effects effects;
    struct instant now;
    struct refusal refusal;
    enum engine_result result;
    struct {
        uint32_t node, timer, generation;
        struct instant due;
    } timers[100];
    size_t timer_count;
    char informs[2000]; /* "role type" of all notices but statuses and the first, in order */
};

struct line {
    char words[WORDS_ROOM][80];
    size_t count;
    char want[300];
};

static const char *const roles[] = {"", "desk", "police", "repository", "land", "tax", "payment", "postal", "portal"};

static uint32_t agency_of(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context, (void)now;
    if (!text_equal(jurisdiction, "cho-gao"))
        return 0;
    for (uint32_t i = 1; i < LENGTH(roles); i++)
        if (strcmp(roles[i], role) == 0)
            return i;
    return 0;
}

static void compile(struct run *r)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX), packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 16 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *wire;
    struct fault f;
    source_read("deploy/workflows/land-transfer.bpmn", &xml);
    if (bpmn_compile(buffer_bytes(&xml), &arena, &wire, &packed, &report, &f))
        fail_msg("%s", f.text);
    if (report.count > 0)
        fail_msg("line %d: %s: %s", report.findings[0].line, report.findings[0].element, report.findings[0].text);
    if (process_unpack(buffer_bytes(&packed), &r->process, &f))
        fail_msg("%s", f.text);
}

static void open_run(struct run *r)
{
    memset(r, 0, sizeof *r);
    compile(r);
    r->calendar = text_calendar();
    r->dossier = dossier_new((struct uuid){{1, 2, 3}}, r->process);
    r->now = text_instant("2024-06-03 08:00");
    effects_init(&r->effects);
}

static void close_run(struct run *r)
{
    dossier_free(r->dossier);
    process_free(r->process);
    calendar_free(r->calendar);
    effects_clear(&r->effects);
}

static struct step_view step_at(const struct run *r, const char *node)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    size_t count = dossier_steps(r->dossier, views, DOSSIER_STEPS_MAX);
    int index = process_find_node(r->process, node);
    for (size_t i = count; index >= 0 && i > 0; i--)
        if (views[i - 1].node == (uint32_t)index)
            return views[i - 1];
    fail_msg("no step was opened at \"%s\"", node);
    return (struct step_view){0};
}

static struct value value_of(const struct run *r, const char *fact, const char *text)
{
    int index = process_find_fact(r->process, fact);
    struct value v = {.kind = VALUE_TEXT, .text = text};
    struct fault f;
    if (index < 0)
        fail_msg("fact \"%s\" is not declared", fact);
    Lienthong__V1__ValueType type = process_definition(r->process)->facts[index]->type;
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO)
        v = (struct value){.kind = VALUE_YES_NO, .yes = strcmp(text, "yes") == 0};
    static struct value item; /* of a list of one text */
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST)
        item = v, v = (struct value){.kind = VALUE_LIST, .list = {&item, 1}};
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL) {
        v.kind = VALUE_DECIMAL;
        assert_int_equal(decimal_parse(text, &v.decimal, &f), FAULT_NONE);
    }
    return v;
}

/* All parts that must come from NODE. */
static size_t add_parts(const struct run *r, uint32_t node, struct event_part *parts)
{
    const Lienthong__V1__Node *n = process_node(r->process, node);
    size_t count = 0;
    for (size_t i = 0; i < n->n_returns; i++) {
        const Lienthong__V1__PartDeclaration *part = process_definition(r->process)->parts[n->returns[i]->part];
        if (!n->returns[i]->optional)
            parts[count++] = (struct event_part){part->name, part->type};
    }
    return count;
}

static uint32_t node_of_message(const struct run *r, const char *message)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (strcmp(p->nodes[i]->operation, message) == 0)
            return i;
    fail_msg("no node waits for \"%s\"", message);
    return 0;
}

static void remember(struct run *r)
{
    for (size_t i = 0; i < r->effects.count; i++) {
        const struct effect *e = &r->effects.items[i];
        size_t used = strlen(r->informs);
        if (e->kind == EFFECT_INFORM && strcmp(e->type, "dossier.status") != 0)
            snprintf(r->informs + used, sizeof r->informs - used, "%s%s %s", used ? ", " : "", e->role, e->type);
        if (e->kind != EFFECT_ARM)
            continue;
        assert_true(r->timer_count < LENGTH(r->timers));
        r->timers[r->timer_count].node = e->node;
        r->timers[r->timer_count].timer = e->timer;
        r->timers[r->timer_count].generation = e->generation;
        r->timers[r->timer_count++].due = e->due;
    }
}

static void aim_timer(struct run *r, const char *node, struct event *e)
{
    for (size_t i = r->timer_count; i > 0; i--)
        if (r->timers[i - 1].node == (uint32_t)process_find_node(r->process, node)) {
            e->timer = r->timers[i - 1].timer;
            e->generation = r->timers[i - 1].generation;
            r->now = instant_later(r->now, r->timers[i - 1].due);
            return;
        }
    fail_msg("no timer was armed at \"%s\"", node);
}

static void aim_step(const struct run *r, const char *node, struct event *e)
{
    struct step_view view = step_at(r, node);
    e->step = uuid_step(dossier_id(r->dossier), view.position);
    e->agency = view.agency;
    e->role = process_node(r->process, view.node)->role;
}

static void apply(struct run *r, struct line *line)
{
    struct event e = {.sender = "000.00.00.H58"};
    struct event_fact facts[WORDS_ROOM];
    struct event_part parts[WORDS_ROOM];
    const char *verb = line->words[0], *target = line->words[1];
    size_t next = 2;
    if (strcmp(verb, "submit") == 0) {
        e.kind = EVENT_OPEN;
        e.role = "desk";
        e.part_count = add_parts(r, node_of_message(r, "submission"), parts);
        next = 1;
    } else if (strcmp(verb, "message") == 0) {
        e.kind = EVENT_MESSAGE;
        e.message = target;
        e.role = line->words[2];
        e.part_count = add_parts(r, node_of_message(r, target), parts);
        next = 3;
    } else if (strcmp(verb, "timer") == 0) {
        e.kind = EVENT_TIMER;
        aim_timer(r, target, &e);
    } else {
        e.kind = strcmp(verb, "answer") == 0    ? EVENT_ANSWER
                 : strcmp(verb, "receipt") == 0 ? EVENT_RECEIPT
                                                : EVENT_CANCELLED;
        aim_step(r, target, &e);
        if (e.kind == EVENT_ANSWER)
            e.part_count = add_parts(r, step_at(r, target).node, parts);
    }
    if (!e.agency && e.role)
        e.agency = agency_of(NULL, e.role, "cho-gao", r->now);
    for (; next < line->count; next++) {
        char *equal = strchr(line->words[next], '=');
        assert_non_null(equal);
        *equal = '\0';
        if (strcmp(line->words[next], "error") == 0) {
            e.error = equal + 1;
            e.part_count = 0;
        } else {
            facts[e.fact_count++] = (struct event_fact){line->words[next], value_of(r, line->words[next], equal + 1)};
        }
    }
    e.facts = facts;
    e.parts = parts;
    e.happened = r->now;
    struct engine_input input = {.calendar = r->calendar, .directory = {.resolve = agency_of}, .now = r->now};
    effects_reset(&r->effects);
    r->refusal = (struct refusal){0};
    r->result = engine_apply(r->dossier, &e, &input, &r->effects, &r->refusal);
    remember(r);
}

static void describe(const struct run *r, char *text, size_t size)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    const struct clock *clock = dossier_clock(r->dossier);
    size_t count = dossier_steps(r->dossier, views, DOSSIER_STEPS_MAX), used = 0;
    if (r->result != ENGINE_APPLIED) {
        snprintf(text, size, "%s %d", r->result == ENGINE_REFUSED ? "refused" : "ignored", (int)r->refusal.code);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *id = process_node(r->process, views[i].node)->id;
        if (views[i].status == STEP_OPENED || views[i].status == STEP_RECEIVED)
            used += (size_t)snprintf(text + used, size - used, "%s ", id);
        else if (views[i].status == STEP_CANCELLING)
            used += (size_t)snprintf(text + used, size - used, "[%s] ", id);
    }
    snprintf(text + used, size - used, "| %d %s%s%s", dossier_status(r->dossier),
             clock->ended          ? "end"
             : clock->running      ? "run"
             : clock->appointments ? "stop"
                                   : "off",
             dossier_ended(r->dossier) ? " ended" : "", dossier_open_incidents(r->dossier) ? " INCIDENT" : "");
}

static bool split(const char **script, struct line *line)
{
    char text[500];
    *line = (struct line){0};
    if (!text_word(script, "\n", text, sizeof text))
        return false;
    char *arrow = strstr(text, " => ");
    if (arrow) {
        text_copy(line->want, sizeof line->want, arrow + 4);
        *arrow = '\0';
    }
    for (const char *at = text; line->count < WORDS_ROOM && text_word(&at, " ", line->words[line->count], 80);)
        line->count++;
    return true;
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Steps in the order of their names. */
static void sort_steps(char *text, size_t size)
{
    char words[WORDS_ROOM][80], rest[200];
    const char *bar = strchr(text, '|'), *at = text;
    size_t count = 0, used = 0;
    if (!bar)
        return;
    text_copy(rest, sizeof rest, bar);
    while (count < WORDS_ROOM && text_word(&at, " ", words[count], 80) && words[count][0] != '|')
        count++;
    qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s ", words[i]);
    snprintf(text + used, size - used, "%s", rest);
}

static void play(struct run *r, const char *script)
{
    struct line line;
    char got[500];
    for (int number = 1; split(&script, &line); number++) {
        if (strcmp(line.words[0], "wait") == 0) {
            r->now.us += strtol(line.words[1], NULL, 10) * INSTANT_MINUTE_US;
            continue;
        }
        apply(r, &line);
        describe(r, got, sizeof got);
        sort_steps(got, sizeof got);
        sort_steps(line.want, sizeof line.want);
        if (strcmp(got, line.want) != 0)
            fail_msg("line %d: %s %s\n  want: %s\n   got: %s\n  %s", number, line.words[0], line.words[1], line.want,
                     got, r->refusal.text);
    }
}

#define ASKED " supplement.gaps=map supplement.stage=s supplement.basis=law supplement.approver=head"
#define SUBMIT \
    "submit district=cho-gao applicant.kind=person delivery.method=desk paper.pending=no => check-identity query-evidence | 1 off\n"
#define CHECKED                                                                      \
    SUBMIT "answer check-identity identity.result=match => query-evidence | 1 off\n" \
           "answer query-evidence evidence.held=2 => accept | 1 off\n"
#define ACCEPTED CHECKED "answer accept decision=accept => check-conditions extract-map | 4 run\n"
#define CLEARED                                                                 \
    ACCEPTED "answer extract-map map.matches=yes => check-conditions | 4 run\n" \
             "answer check-conditions conditions.result=clear => prepare-slip | 4 run\n"
#define TO_TAX                                                        \
    CLEARED "answer prepare-slip levy.owed=no => determine | 4 run\n" \
            "receipt determine => determine | 4 stop\n"
#define TO_PAY \
    TO_TAX "answer determine obligation.exempt=no obligation.count=2 obligation.total=45000000 => collect | 6 stop\n"
#define PAID TO_PAY "answer collect payment.settled=yes => confirm | 4 stop\n"
#define SETTLED PAID "answer confirm obligation.settled=yes => write | 4 run\n"
#define WRITTEN SETTLED "answer write => store-result | 9 end\n"
#define STORED WRITTEN "answer store-result => publish-result hand-over | 9 end\n"

static const struct {
    const char *name, *script, *informs;
} cases[] = {
    {"carries a dossier from submission to hand-over",
     STORED "answer hand-over => publish-result | 10 end\n"
            "answer publish-result => | 10 end ended\n",
     "desk desk.payment.notice, desk desk.result.notice"},
    {"delivers by post, and by hand what the post returns",
     "submit district=cho-gao applicant.kind=person delivery.method=post paper.pending=yes => check-identity query-evidence | 1 off\n"
     "answer query-evidence evidence.held=0 => check-identity | 1 off\n"
     "answer check-identity identity.result=match-birth-year-only => accept | 1 off\n"
     "answer accept decision=accept => check-conditions extract-map | 4 run\n"
     "answer check-conditions conditions.result=clear => extract-map | 4 run\n"
     "answer extract-map map.matches=yes => prepare-slip | 4 run\n"
     "answer prepare-slip levy.owed=no => determine | 4 run\n"
     "answer determine obligation.exempt=no obligation.count=1 obligation.total=2500000 => collect | 6 stop\n"
     "answer collect payment.settled=yes => confirm | 4 stop\n"
     "answer confirm obligation.settled=yes => write | 4 run\n"
     "answer write => store-result | 9 end\n"
     "answer store-result => publish-result collect-originals | 9 end\n"
     "answer publish-result => collect-originals | 9 end\n"
     "answer collect-originals => deliver | 9 end\n"
     "receipt deliver => deliver | 9 end\n"
     "answer deliver error=returned => hand-over | 9 end\n"
     "answer hand-over => | 10 end ended\n",
     "desk desk.payment.notice, desk desk.result.notice"},
    {"gives the check to the desk when the police are silent for ten minutes",
     SUBMIT
     "timer identity-silent => query-evidence [check-identity] check-by-hand | 1 off\n"
     "answer check-by-hand identity.result=match identity.manual=yes => query-evidence [check-identity] | 1 off\n"
     "cancelled check-identity => query-evidence | 1 off\n"
     "answer query-evidence evidence.held=0 => accept | 1 off\n",
     ""},
    {"asks the police again when the desk has corrected a mismatch",
     SUBMIT "answer check-identity identity.result=differs => query-evidence resolve-identity | 1 off\n"
            "answer resolve-identity resolution=corrected => query-evidence check-identity | 1 off\n"
            "answer check-identity identity.result=not-found => query-evidence resolve-identity | 1 off\n"
            "answer resolve-identity resolution=supplement" ASKED " => query-evidence | 5 off\n"
            "message supplement desk => query-evidence check-identity | 1 off\n"
            "answer check-identity identity.result=differs => query-evidence resolve-identity | 1 off\n"
            "answer resolve-identity resolution=supplement" ASKED " => refused 22\n"
            "answer resolve-identity resolution=refuse => [query-evidence] | 3 end ended\n",
     "portal portal.dossier.register, portal portal.dossier.register"},
    {"takes one supplement before acceptance, checks again, and refuses a second one",
     CHECKED "answer accept decision=supplement" ASKED " => | 5 off\n"
             "message supplement desk paper.pending=yes => check-identity query-evidence | 1 off\n"
             "answer check-identity identity.result=match => query-evidence | 1 off\n"
             "answer query-evidence evidence.held=2 => accept | 1 off\n"
             "answer accept decision=supplement" ASKED " => refused 22\n"
             "answer accept decision=accept => check-conditions extract-map | 4 run\n",
     "portal portal.dossier.register"},
    {"refuses at the desk", CHECKED "answer accept decision=refuse => | 3 end ended\n", ""},
    {"refuses in appraisal and hands the refusal over",
     ACCEPTED "answer check-conditions conditions.result=refuse => extract-map | 4 run\n"
              "answer extract-map map.matches=no => hand-over | 9 end\n"
              "answer hand-over => | 10 end ended\n",
     ""},
    {"asks a supplement when the map does not match, once; then the land registry decides",
     ACCEPTED "answer check-conditions conditions.result=clear => extract-map | 4 run\n"
              "answer extract-map map.matches=no => check-again | 4 run\n"
              "answer check-again conditions.result=supplement" ASKED " => | 5 stop\n"
              "wait 5000\nmessage supplement desk => check-renewed | 4 run\n"
              "answer check-renewed identity.result=match => check-conditions extract-map | 4 run\n"
              "answer extract-map map.matches=no => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=supplement" ASKED " => check-again | 4 run\n"
              "answer check-again conditions.result=supplement" ASKED " => refused 22\n"
              "answer check-again conditions.result=clear => prepare-slip | 4 run\n",
     "desk desk.supplement.notice, portal portal.dossier.register"},
    {"refuses when the land registry finds no way after a supplement",
     ACCEPTED "answer extract-map map.matches=yes => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=supplement" ASKED " => | 5 stop\n"
              "message supplement desk => check-renewed | 4 run\n"
              "answer check-renewed identity.result=match => check-conditions extract-map | 4 run\n"
              "answer extract-map map.matches=yes => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=supplement" ASKED " => check-again | 4 run\n"
              "answer check-again conditions.result=refuse => hand-over | 9 end\n",
     "desk desk.supplement.notice, portal portal.dossier.register"},
    {"lets nobody in by a supplement in appraisal whom the police do not know",
     ACCEPTED "answer check-conditions conditions.result=supplement" ASKED " => extract-map | 4 run\n"
              "answer extract-map map.matches=no => | 5 stop\n"
              "message supplement desk => check-renewed | 4 run\n"
              "answer check-renewed identity.result=differs => resolve-renewed | 4 run\n"
              "answer resolve-renewed resolution=corrected => check-renewed | 4 run\n"
              "timer renewed-silent => [check-renewed] check-renewed-by-hand | 4 run\n"
              "answer check-renewed-by-hand identity.result=not-found identity.manual=yes => [check-renewed] "
              "resolve-renewed | 4 run\n"
              "cancelled check-renewed => resolve-renewed | 4 run\n"
              "answer resolve-renewed resolution=supplement" ASKED " => refused 22\n"
              "answer resolve-renewed resolution=refuse => hand-over | 9 end\n",
     "desk desk.supplement.notice, portal portal.dossier.register, portal portal.dossier.register"},
    {"stops, and checks again when the land registry resumes",
     ACCEPTED "answer extract-map map.matches=yes => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=stop => | 8 stop\n"
              "wait 20000\n"
              "message land.resumed land => check-conditions extract-map | 4 run\n",
     ""},
    {"takes no answer of a closed step and no message that nobody waits for",
     CHECKED "answer check-identity identity.result=match => refused 16\n"
             "message land.resumed land => refused 21\n"
             "message supplement desk => refused 21\n",
     ""},
    {"takes no step without the facts that it decides, nor those of another step",
     "submit district=cho-gao applicant.kind=person delivery.method=desk => refused 19\n"
     "submit applicant.kind=person delivery.method=desk paper.pending=no => refused 19\n" CHECKED
     "answer accept => refused 19\n"
     "answer accept decision=accept resolution=corrected => refused 19\n"
     "answer accept decision=accept => check-conditions extract-map | 4 run\n"
     "answer check-conditions => refused 19\n"
     "answer check-conditions conditions.result=clear map.matches=yes => refused 19\n"
     "answer check-conditions conditions.result=stop => extract-map | 4 run\n"
     "answer extract-map map.matches=yes => | 8 stop\n"
     "message land.resumed land conditions.result=clear => refused 19\n"
     "message land.resumed land => check-conditions extract-map | 4 run\n"
     "answer check-conditions => refused 19\n" /* the first round's answer does not count */
     "answer check-conditions conditions.result=clear => extract-map | 4 run\n"
     "answer extract-map => refused 19\n",
     ""},
    {"lets the land registry correct a slip that tax rejects, with the clock running",
     TO_TAX "answer determine error=slip-rejected => prepare-slip | 4 run\n"
            "answer prepare-slip levy.owed=no => determine | 4 run\n"
            "receipt determine => determine | 4 stop\n",
     ""},
    {"tells the desk and the land registry when tax is late, and chases its confirmation",
     TO_TAX "timer tax-late => determine | 4 stop\n"
            "answer determine obligation.exempt=no obligation.count=1 obligation.total=2500000 => collect | 6 stop\n"
            "answer collect payment.settled=yes => confirm | 4 stop\n"
            "timer confirmation-late => confirm | 4 stop\n"
            "answer confirm obligation.settled=yes => write | 4 run\n",
     "desk tax.late, land tax.late, desk desk.payment.notice, tax tax.chase"},
    {"gives tax another time with a levy of a person",
     CLEARED "answer prepare-slip => refused 19\n"
             "answer prepare-slip levy.owed=yes => determine-person | 4 run\n"
             "receipt determine-person => determine-person | 4 stop\n"
             "timer tax-late-person => determine-person | 4 stop\n"
             "answer determine-person error=slip-rejected => prepare-slip | 4 run\n"
             "answer prepare-slip levy.owed=yes => determine-person | 4 run\n"
             "answer determine-person obligation.exempt=no obligation.count=3 obligation.total=9 => collect | 6 stop\n",
     "desk tax.late, land tax.late, desk desk.payment.notice"},
    {"gives tax another time with a levy of an organisation",
     "submit district=cho-gao applicant.kind=organisation delivery.method=desk paper.pending=no => check-identity "
     "query-evidence | 1 off\n"
     "answer check-identity identity.result=match => query-evidence | 1 off\n"
     "answer query-evidence evidence.held=2 => accept | 1 off\n"
     "answer accept decision=accept => check-conditions extract-map | 4 run\n"
     "answer extract-map map.matches=yes => check-conditions | 4 run\n"
     "answer check-conditions conditions.result=clear => prepare-slip | 4 run\n"
     "answer prepare-slip levy.owed=yes => determine-organisation | 4 run\n"
     "timer tax-late-organisation => determine-organisation | 4 run\n"
     "answer determine-organisation error=slip-rejected => prepare-slip | 4 run\n"
     "answer prepare-slip levy.owed=no => determine | 4 run\n",
     "desk tax.late, land tax.late"},
    {"skips payment when exempt, but not the confirmation",
     TO_TAX "answer determine obligation.exempt=yes obligation.count=0 obligation.total=0 => confirm | 4 stop\n"
            "answer confirm obligation.settled=yes => write | 4 run\n",
     ""},
    {"collects again while an obligation is not settled",
     PAID "answer confirm obligation.settled=no => collect | 6 stop\n"
          "answer collect payment.settled=yes => confirm | 4 stop\n"
          "answer confirm obligation.settled=yes => write | 4 run\n",
     "desk desk.payment.notice, desk desk.payment.notice"},
    {"refuses when nothing was paid within thirty days and payment gives up",
     TO_PAY "receipt collect => collect | 6 stop\n"
            "timer payment-expired => [collect] | 6 stop\n"
            "cancelled collect => hand-over | 9 end\n"
            "answer hand-over => | 10 end ended\n",
     "desk desk.payment.notice"},
    {"takes a payment that was made before the thirty days' cancellation arrived",
     TO_PAY "receipt collect => collect | 6 stop\n"
            "timer payment-expired => [collect] | 6 stop\n"
            "answer collect payment.settled=yes => confirm | 4 stop\n",
     "desk desk.payment.notice"},
    {"refuses when payment says that it is not settled",
     TO_PAY "answer collect payment.settled=no => hand-over | 9 end\n", "desk desk.payment.notice"},
    {"stops at a block, and writes after it is lifted",
     SETTLED "answer write error=blocked => | 8 stop\n"
             "wait 10000\n"
             "message land.resumed land => write | 4 run\n"
             "answer write => store-result | 9 end\n",
     "desk desk.payment.notice"},
    {"returns the file when the citizen withdraws early",
     SUBMIT "message withdrawal desk => [check-identity] [query-evidence] return-file | 7 end\n"
            "cancelled check-identity => [query-evidence] return-file | 7 end\n"
            "answer query-evidence evidence.held=1 => return-file | 7 end\n"
            "answer return-file => | 10 end ended\n",
     ""},
    {"lets a stopped dossier be withdrawn",
     ACCEPTED "answer extract-map map.matches=yes => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=stop => | 8 stop\n"
              "message withdrawal desk => return-file | 8 end\n"
              "answer return-file => | 10 end ended\n",
     ""},
    {"lets a withdrawal win when the land registry gives the entry up",
     SETTLED "receipt write => write | 4 run\n"
             "message withdrawal desk => [write] | 4 run\n"
             "cancelled write => return-file | 7 end\n",
     "desk desk.payment.notice"},
    {"lets the written entry win over a withdrawal, which then comes too late",
     SETTLED "receipt write => write | 4 run\n"
             "message withdrawal desk => [write] | 4 run\n"
             "answer write => store-result | 9 end\n"
             "message withdrawal desk => refused 32\n",
     "desk desk.payment.notice, desk withdrawal.refused"},
    {"asks the desk to apologise a working day before the appointment, once",
     ACCEPTED "timer due-soon => check-conditions extract-map apologise | 4 run\n"
              "answer apologise => check-conditions extract-map | 4 run\n"
              "answer extract-map map.matches=yes => check-conditions | 4 run\n"
              "answer check-conditions conditions.result=clear => prepare-slip | 4 run\n",
     ""},
    {"drops an apology that nobody has written when the register is written",
     SETTLED "timer due-soon => write apologise | 4 run\n"
             "answer write => [apologise] store-result | 9 end\n",
     "desk desk.payment.notice"},
};

static void test_case(void **state)
{
    size_t index = (size_t)(uintptr_t)*state;
    struct run *r = memory_new(sizeof *r);
    open_run(r);
    play(r, cases[index].script);
    static const char first[] = "portal portal.dossier.register";
    assert_memory_equal(r->informs, first, strlen(first));
    const char *rest = r->informs + strlen(first);
    assert_string_equal(rest + strspn(rest, ", "), cases[index].informs);
    close_run(r);
    memory_cleanup(&r);
}

static void due_is(const struct run *r, const char *local)
{
    assert_int_equal(dossier_clock(r->dossier)->due.us, text_instant(local).us);
}

/* 3 June 2024 is a Monday. Pauses do not count, the second appointment begins with the registry step. */
static void test_appointments(void **state)
{
    (void)state;
    struct run *r = memory_new(sizeof *r);
    open_run(r);
    play(r, ACCEPTED);
    due_is(r, "2024-06-10 08:00");
    play(r, "answer check-conditions conditions.result=stop => extract-map | 4 run\n"
            "wait 1440\n" /* Tuesday 8:00: one day used */
            "answer extract-map map.matches=yes => | 8 stop\n"
            "wait 2880\n" /* Thursday 8:00 */
            "message land.resumed land => check-conditions extract-map | 4 run\n");
    due_is(r, "2024-06-12 08:00");
    play(r, "timer due-soon => check-conditions extract-map apologise | 4 run\n"
            "answer apologise => check-conditions extract-map | 4 run\n");
    due_is(r, "2024-06-17 08:00");
    play(r, "answer check-conditions conditions.result=clear => extract-map | 4 run\n"
            "answer extract-map map.matches=yes => prepare-slip | 4 run\n"
            "answer prepare-slip levy.owed=no => determine | 4 run\n"
            "answer determine obligation.exempt=yes obligation.count=0 obligation.total=0 => confirm | 4 stop\n"
            "answer confirm obligation.settled=yes => write | 4 run\n");
    due_is(r, "2024-06-14 08:00"); /* from Tuesday 11 June 8:00, 3 wd */
    close_run(r);
    memory_cleanup(&r);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(cases) + 1];
    for (size_t i = 0; i < LENGTH(cases); i++)
        tests[i] = (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(cases)] = (struct CMUnitTest)cmocka_unit_test(test_appointments);
    return cmocka_run_group_tests_name("land transfer", tests, NULL, NULL);
}

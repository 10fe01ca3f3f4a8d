/* Seeded random events on several procedures. script_apply holds after every one: the packed state survives unpacking, the
 * copy does the same, what is refused changes nothing. Here besides: nothing is silently stuck, ids ascend, bounds hold.
 * LIENTHONG_SEED=n repeats one run. */
#include "land.h"
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/dossier_state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 150
#define EVENTS 150

static const char *const processes[] = {
    land_text,
    /* nested scopes, two irrevocable steps, errors, timers */
    "fact x text setters=land,operator,citizen\n fact n decimal setters=land,operator\n start s status=1 enter=start appointment=960m\n"
    "subprocess p\n start ps in=p\n parallel f in=p\n task r in=p sets=n? irrevocable\n subprocess q in=p\n start qs in=q\n"
    "task a in=q sets=x raises=BAD,WORSE budget=60m receipt=stop done=restart\n on-timer at in=q at=a spent\n task t in=q irrevocable requires=x:!=:null\n"
    "end qe in=q\n terminate qt in=q\n on-error qb in=p at=q error=BAD\n parallel j in=p\n end pe in=p\n on-error pb at=p\n"
    "on-message w at=p op=withdraw role=citizen\n on-message m at=p op=note role=citizen parallel-to sets=x?\n on-timer x at=p before=120m\n"
    "exclusive g default=back\n task back status=7\n end e\n end we\n task n status-done=5\n end ne\n timer ct after=30m\n"
    "s > p > ct > e\n ps > f > r > j > pe\n f > q > j\n qs > a > t > qe\n at > qt\n qb > j\n pb > g\n w > g > back > we\n g > e ? n > 5\n"
    "m > n > ne\n x > we",
    /* loops, forks without joins, a send task, catch and receive */
    "fact x text setters=land,desk,citizen,operator\n start s\n exclusive m\n parallel f\n task a sets=x\n catch c op=note role=citizen sets=x?\n receive v role=citizen op=v sets=x\n"
    "exclusive g default=e\n send n role=desk\n end e\n end e2\n terminate t\n on-timer z at=v elapsed=60000 parallel-to\n end ze\n"
    "s > m > f > a > g > n ? x = yes\n n > m\n g > e\n f > c > e2\n f > v > t\n z > ze",
    /* instances of a task and of a subprocess, silence, event subprocesses of every kind, escalations */
    "fact who list setters=desk,operator,citizen\n fact opinion text setters=board values=yes,no\n fact opinions list setters=engine\n fact asked decimal setters=engine\n"
    "fact answered decimal setters=engine\n fact silent decimal setters=engine\n fact x text setters=land,citizen\n start s sets=who?\n parallel f\n"
    "task ask role=board sets=opinion budget=60m over=who collect=opinion:opinions:yes silence asked=asked answered=answered silent=silent until=answered:>:1 raises=BAD\n"
    "on-error ab at=ask\n on-message am at=ask op=note role=citizen parallel-to\n end ame\n subprocess p over=who pick=board\n start ps in=p\n task a in=p role=board\n"
    "catch c in=p op=go role=board\n event-gateway g in=p\n catch gm in=p op=v role=board\n timer gt in=p after=30m\n escalate up in=p error=LATE\n end pe in=p\n"
    "event-subprocess ph in=p\n start-timer phs in=ph after=120m parallel-to\n task pha in=ph irrevocable\n end phe in=ph\n"
    "on-escalation pl at=p parallel-to\n end ple\n parallel j\n end e\n event-subprocess w\n start-message ws in=w op=withdraw role=citizen sets=x?\n task back in=w\n"
    "terminate wx in=w\n event-subprocess n\n start-message ns in=n op=paid role=citizen parallel-to\n task nt in=n raises=OFF\n end-escalate ne in=n error=DONE\n"
    "event-subprocess o\n start-error os in=o error=OFF\n task ot in=o\n end oe in=o\n event-subprocess q\n start-escalation qs in=q parallel-to\n end qe in=q\n"
    "s > f > ask > j > e\n f > p > j\n ab > j\n am > ame\n ps > a > c > g > gm > up > pe\n g > gt > pe\n phs > pha > phe\n pl > ple\n ws > back > wx\n"
    "ns > nt > ne\n os > ot > oe\n qs > qe",
    /* inclusive gateways in a loop, compensation from within and from an event subprocess, of nested subprocesses and of instances */
    "fact who list setters=desk\n fact n decimal setters=land,desk,operator\n start s sets=n,who\n exclusive m\n inclusive g default=gd\n task a sets=n\n"
    "on-compensation ca at=a by=ua\n task ua undo raises=BAD\n subprocess p\n start ps in=p\n task b in=p\n on-compensation cb in=p at=b by=ub\n task ub in=p undo\n"
    "subprocess q in=p over=who pick=board\n start qs in=q\n task c in=q role=board\n on-compensation cc in=q at=c by=uc\n task uc in=q role=board undo\n end qe in=q\n end pe in=p\n"
    "task gd\n inclusive j\n exclusive again default=x\n compensate x\n task z\n end e\n on-error zz at=z\n end ze\n event-subprocess h\n start-message hs in=h op=withdraw role=citizen\n"
    "end-compensate he in=h\n event-subprocess k\n start-error ks in=k\n compensate kx in=k undoes=a\n end ke in=k\n event-subprocess l\n start-timer ls in=l before=60m parallel-to\n end le in=l\n"
    "s > m > g > a ? n > 4\n a > j > again > m ? n > 6\n g > p ? n > 2\n p > j\n g > gd > j\n again > x > z > e\n zz > ze\n ps > q > b > pe\n qs > c > qe\n hs > he\n ks > kx > ke\n ls > le",
};

static uint64_t seed;

static uint32_t next(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}

static const struct step *any_step(const struct dossier *d)
{
    return d->core.step_count ? &d->steps[next(d->core.step_count)] : NULL;
}

static const struct value members[] = {
    {.kind = VALUE_TEXT, .text = "x"}, {.kind = VALUE_TEXT, .text = "y"}, {.kind = VALUE_TEXT, .text = "z"}};

static struct event_fact any_value(const Lienthong__V1__FactDeclaration *d)
{
    static const char *const texts[] = {"north", "south", "yes", "no", "x"};
    struct value v = {.kind = VALUE_TEXT,
                      .text = d->n_values ? d->values[next((uint32_t)d->n_values)] : texts[next(5)]};
    if (d->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL)
        v = (struct value){.kind = VALUE_DECIMAL, .decimal = {.coefficient = next(10)}};
    if (d->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST)
        v = (struct value){.kind = VALUE_LIST, .list = {.items = members + next(2), .count = next(4) % 3}};
    if (d->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO)
        v = (struct value){.kind = VALUE_YES_NO, .yes = next(4) > 0};
    return (struct event_fact){d->name, v};
}

/* Facts and parts of any declaration, often right ones. */
static void bring(const struct script *s, struct event *e, struct event_fact *facts, struct event_part *part,
                  const Lienthong__V1__Node *node)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    for (size_t i = 0; node && i < node->n_sets && next(20); i++)
        facts[e->fact_count++] = any_value(p->facts[node->sets[i]->fact]);
    if (!next(node ? 20 : 2) && p->n_facts) {
        const Lienthong__V1__FactDeclaration *d = p->facts[next((uint32_t)p->n_facts)];
        for (int i = 0; i < 20 && next(20) && !process_has_role(d->setters, d->n_setters, e->role); i++)
            d = p->facts[next((uint32_t)p->n_facts)];
        facts[e->fact_count++] = any_value(d);
    }
    for (size_t i = 0; node && i < node->n_returns && next(10); i++) {
        const Lienthong__V1__PartDeclaration *d = p->parts[node->returns[i]->part];
        part[e->part_count++] = (struct event_part){d->name, d->type};
    }
}

static void aim_at_step(const struct script *s, struct event *e)
{
    const struct step *step = any_step(s->dossier);
    uint32_t position = step ? step->position : 1;
    if (s->dossier->core.tombstone_count && !next(8))
        position = 1 + next(s->dossier->core.tombstone_count + 1);
    e->step = uuid_step(dossier_id(s->dossier), position);
    e->agency = 1;
    if (position <= s->dossier->core.tombstone_count) {
        const struct tombstone *stone = &s->dossier->tombstones[position - 1];
        const Lienthong__V1__Node *n = process_node(s->process, stone->node);
        e->agency = next(20) ? stone->agency : 9;
        e->role = n->role;
        if (e->kind == EVENT_ANSWER && n->n_raises && !next(12))
            e->error = n->raises[next((uint32_t)n->n_raises)];
    }
}

/* The place that waits for E's message. */
static const Lienthong__V1__Node *aim_message(const struct script *s, struct event *e)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (!strcmp(p->nodes[i]->operation, e->message) && !strcmp(p->nodes[i]->role, e->role))
            return p->nodes[i];
    e->role = "board";
    e->agency = script_agency(next(2) ? "x" : "y");
    return NULL;
}

static void choose(struct script *s, struct event *e, struct event_fact *facts, struct event_part *part)
{
    static const enum event_kind kinds[] = {
        EVENT_RECEIPT, EVENT_ANSWER,    EVENT_ANSWER,     EVENT_ANSWER, EVENT_ANSWER,        EVENT_ANSWER,
        EVENT_ANSWER,  EVENT_CANCELLED, EVENT_MESSAGE,    EVENT_TIMER,  EVENT_UNDELIVERABLE, EVENT_RETRY,
        EVENT_CORRECT, EVENT_SKIP,      EVENT_IMPOSSIBLE, EVENT_RESEND, EVENT_RESEAL};
    static const char *const messages[] = {"withdraw", "note", "paid", "v", "go", "?"};
    const struct dossier *d = s->dossier;
    const Lienthong__V1__Node *node = NULL;
    *e = (struct event){
        .kind = kinds[next(LENGTH(kinds))], .facts = facts, .parts = part, .role = "citizen", .agency = 7};
    if (d->core.sequence == 0)
        e->kind = next(10) ? EVENT_OPEN : e->kind;
    if (!next(300))
        e->kind = EVENT_ABORT;
    e->reason = (e->kind == EVENT_SKIP || e->kind == EVENT_RESEND) && next(8) ? "x" : "";
    e->happened.us = s->now.us - (int64_t)next(3) * INSTANT_HOUR_US;
    e->message = messages[next(LENGTH(messages))];
    if (e->kind == EVENT_OPEN) {
        e->role = "desk";
        node = process_node(s->process, 0);
        for (uint32_t i = 0;
             i < process_definition(s->process)->n_nodes && node->kind != LIENTHONG__V1__NODE_KIND__NODE_KIND_START;
             i++)
            node = process_node(s->process, i);
    }
    if (e->kind == EVENT_RECEIPT || e->kind == EVENT_ANSWER || e->kind == EVENT_CANCELLED ||
        e->kind == EVENT_UNDELIVERABLE || e->kind == EVENT_IMPOSSIBLE ||
        ((e->kind == EVENT_RETRY || e->kind == EVENT_SKIP) && next(2)))
        aim_at_step(s, e);
    if (e->kind == EVENT_ANSWER && d->core.tombstone_count)
        for (uint32_t i = 0; i < d->core.step_count; i++)
            if (uuid_equal(uuid_step(d->id, d->steps[i].position), e->step))
                node = process_node(s->process, d->steps[i].node);
    if (e->kind == EVENT_MESSAGE)
        node = aim_message(s, e);
    if (e->kind == EVENT_TIMER && d->core.timer_count) {
        const struct timer *t = &d->timers[next(d->core.timer_count)];
        if (next(3)) /* mostly when it is due */
            s->now = instant_later(s->now, t->due);
        e->timer = t->id;
        e->generation = t->generation - !next(10);
    }
    if (e->kind != EVENT_TIMER && e->kind != EVENT_CANCELLED && e->kind != EVENT_UNDELIVERABLE)
        bring(s, e, facts, part, node);
}

static bool waits(const struct script *s)
{
    const struct dossier *d = s->dossier;
    for (uint32_t i = 0; i < d->core.step_count; i++)
        if (d->steps[i].token)
            return true;
    for (uint32_t i = 0; i < d->core.token_count; i++) {
        int kind = (int)process_node(s->process, d->tokens[i].node)->kind;
        if (kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_EVENT_GATEWAY ||
            kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_CATCH_MESSAGE ||
            kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_RECEIVE_TASK)
            return true;
    }
    return dossier_armed_timers(d) || dossier_open_incidents(d);
}

static void hold(const struct script *s)
{
    const struct dossier *d = s->dossier;
    if (d->core.sequence == 0)
        return;
    assert_true(d->core.ended || waits(s)); /* never silently stuck */
    assert_true(d->core.supplements <= 1 && d->core.reschedules <= 1);
    assert_true(d->core.token_count <= DOSSIER_TOKENS_MAX && d->core.tombstone_count <= DOSSIER_STEPS_MAX);
    if (d->core.ended)
        assert_true(d->core.token_count == 0 && d->core.timer_count == 0 && d->core.incident_count == 0 &&
                    d->core.completion_count == 0 && d->core.clock.ended);
    for (uint32_t i = 1; i < d->core.token_count; i++)
        assert_true(d->tokens[i].id > d->tokens[i - 1].id);
}

static uint64_t first;
static unsigned applied, refused, ended;

static void run(const char *process, uint64_t from)
{
    struct script s;
    seed = from;
    script_init(&s, process);
    for (int i = 0; i < EVENTS; i++) {
        struct event e;
        struct event_fact facts[20];
        struct event_part parts[20];
        uint64_t before = dossier_sequence(s.dossier);
        enum status status = dossier_status(s.dossier), paused = s.dossier->core.status_before_pause;
        s.now.us += (int64_t)next(6 * 60) * INSTANT_MINUTE_US;
        choose(&s, &e, facts, parts);
        enum engine_result result = script_apply(&s, &e);
        *(result == ENGINE_APPLIED ? &applied : &refused) += 1;
        assert_true(dossier_sequence(s.dossier) == before + (result == ENGINE_APPLIED));
        for (size_t k = 0; k < s.effects.count; k++) {
            const struct effect *x = &s.effects.items[k];
            if (x->kind != EFFECT_STATUS)
                continue;
            assert_true(x->status_before == status && status_may_follow(status, x->status, paused));
            paused = x->status == STATUS_SUPPLEMENT ? status : paused;
            status = x->status;
        }
        hold(&s);
        if (dossier_ended(s.dossier) && !next(5)) { /* once in a while, also what comes after the end */
            ended++;
            dossier_free(s.dossier);
            s.dossier = dossier_new((struct uuid){{8, (uint8_t)i}}, s.process);
            s.now = text_instant("2024-06-03 08:00");
        }
    }
    script_clear(&s);
}

/* Runs after a failure too. */
static int tear_down(void **state)
{
    (void)state;
    print_message("%u events applied, %u refused or ignored, %u dossiers ended; last run: LIENTHONG_SEED=%llu\n",
                  applied, refused, ended, (unsigned long long)first);
    return 0;
}

static void random_events(void **state)
{
    const char *one = getenv("LIENTHONG_SEED");
    (void)state;
    for (size_t p = 0; p < LENGTH(processes); p++)
        for (uint64_t i = 0; i < RUNS; i++) {
            first = one ? strtoull(one, NULL, 10) : 1000 * p + i;
            run(processes[p], first);
        }
    assert_true(one ||
                (applied > 10000 && refused > 10000 && ended > 50)); /* else the choice of events has become poor */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(random_events, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

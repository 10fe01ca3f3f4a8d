/* Status codes that no way allows (domain.md section 4), and clocks that nothing starts. */
#include "bpmn/relation.h"
#include "workflow/dossier.h"
#include <stdio.h>
#include <string.h>

#define CODES 11

/* The statuses with which a node may be reached: bit b of from[s] is status s that came from b before a pause. */
struct codes {
    uint16_t from[CODES];
};

struct flow_of_status {
    struct model *m;
    struct codes *in, *out;
    uint32_t *beside; /* the nodes that begin beside the rest of their scope, then the boundary events */
    size_t apart_count, beside_count;
    bool changed;
};

static void unite(struct codes *to, const struct codes *from)
{
    for (int s = 0; s < CODES; s++)
        to->from[s] |= from->from[s];
}

/* What becomes of IN under the code TO; nothing when it is never allowed. */
static struct codes take(const struct codes *in, uint32_t to)
{
    struct codes out = {{0}};
    if (to == 0)
        return *in;
    for (int s = 0; s < CODES; s++)
        for (int before = 0; before < CODES; before++) {
            if (!(in->from[s] >> before & 1))
                continue;
            int target = to == STATUS_BACK ? (s == STATUS_SUPPLEMENT ? before : s) : (int)to;
            if (target == s)
                out.from[s] |= (uint16_t)(1U << before);
            else if (status_may_follow((enum status)s, (enum status)target, (enum status)before))
                out.from[target] |= (uint16_t)(1U << (target == STATUS_SUPPLEMENT ? s : 0));
        }
    return out;
}

static bool is_empty(const struct codes *c)
{
    for (int s = 0; s < CODES; s++)
        if (c->from[s])
            return false;
    return true;
}

static void add(struct flow_of_status *f, struct codes *to, const struct codes *from)
{
    struct codes sum = *to;
    unite(&sum, from);
    if (memcmp(&sum, to, sizeof sum) == 0)
        return;
    *to = sum;
    f->changed = true;
}

/* What begins beside the rest of its scope meets any status of it; an interruption meets any status within. */
static void spread_beside(struct flow_of_status *f, uint32_t node, const struct codes *entered)
{
    const struct model *m = f->m;
    for (size_t b = 0; b < f->apart_count; b++) {
        uint32_t i = f->beside[b];
        if (i == node || !node_stands_in(m, node, m->nodes[i].wire.scope))
            continue;
        add(f, &f->in[i], entered);
        add(f, &f->in[i], &f->out[node]);
    }
    for (size_t b = f->apart_count; b < f->beside_count; b++)
        for (uint32_t i = f->beside[b], at = node + 1; at; at = m->nodes[at - 1].wire.scope)
            if (m->nodes[i].wire.attached == at) {
                add(f, &f->in[i], entered);
                if (m->nodes[node].wire.kind == KIND(END_ERROR))
                    add(f, &f->in[i], &f->out[node]);
            }
}

static void find_beside(struct flow_of_status *f)
{
    f->beside = model_take(f->m, f->m->node_count, sizeof *f->beside);
    for (uint32_t i = 0; i < f->m->node_count; i++)
        if (node_is_apart(&f->m->nodes[i]))
            f->beside[f->apart_count++] = i;
    f->beside_count = f->apart_count;
    for (uint32_t i = 0; i < f->m->node_count; i++)
        if (f->m->nodes[i].wire.attached)
            f->beside[f->beside_count++] = i;
}

static void spread(struct flow_of_status *f, uint32_t node)
{
    const struct model *m = f->m;
    const struct model_node *n = &m->nodes[node];
    for (size_t i = 0; i < n->wire.n_incoming; i++)
        add(f, &f->in[node], &f->out[m->flows[n->wire.incoming[i]].wire.from]);
    struct codes entered = take(&f->in[node], n->wire.status);
    if (node_is_scope(n)) {
        for (uint32_t i = node + 1; i < m->node_count; i++) {
            if (m->nodes[i].wire.scope != node + 1)
                continue;
            if (node_begins(&m->nodes[i]))
                add(f, &f->in[i], &entered);
            if ((node_is_final(&m->nodes[i]) && m->nodes[i].wire.kind != KIND(END_ERROR)) ||
                m->nodes[i].wire.kind == KIND(EVENT_SUBPROCESS))
                add(f, &f->out[node], &f->out[i]);
        }
        if (n->wire.multiple)
            add(f, &f->out[node], &entered); /* there may be no instance */
    } else {
        struct codes completed = take(&entered, n->wire.status_on_complete);
        add(f, &f->out[node], &completed);
    }
    spread_beside(f, node, &entered);
}

static bool is_shared(const struct model *m, const struct relation *r, uint32_t node)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        if (i != node && (m->nodes[i].wire.status || m->nodes[i].wire.status_on_complete) &&
            !node_is_bound(&m->nodes[i]) && relation_waits_together(r, node, i) && !node_is_scope(&m->nodes[i]))
            return true;
    return false;
}

static void print_codes(const struct codes *c, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int s = 0; s < CODES && used < size; s++)
        if (c->from[s])
            used += (size_t)snprintf(text + used, size - used, "%s%d", used ? ", " : "", s);
}

static void check_code(const struct flow_of_status *f, const struct relation *r, uint32_t node, const struct codes *in,
                       uint32_t code)
{
    struct codes out = take(in, code);
    if (!code || is_empty(in) || !is_empty(&out) || is_shared(f->m, r, node))
        return;
    char text[64];
    print_codes(in, text, sizeof text);
    finding_error(f->m->report, f->m->nodes[node].element,
                  "status %u is refused here: the dossier comes with %s, and the status table "
                  "does not allow that move",
                  code, text);
}

/* Whether the dossier is over when the last token has come to NODE: it stands in the process itself, or in what takes its place. */
static bool ends_dossier(const struct model *m, uint32_t node)
{
    if (!node_is_final(&m->nodes[node]) || m->nodes[node].wire.kind == KIND(END_ERROR))
        return false;
    for (uint32_t scope = m->nodes[node].wire.scope; scope; scope = m->nodes[scope - 1].wire.scope) {
        bool replaces = false;
        for (uint32_t i = 0; i < m->node_count; i++)
            replaces |=
                m->nodes[i].wire.scope == scope && node_is_handler(&m->nodes[i]) && m->nodes[i].wire.interrupting;
        if (!replaces)
            return false;
    }
    return true;
}

/* The status with which a dossier is closed, to everybody who is told of it (domain.md section 4): not accepted, withdrawn, stopped,
 * finished, handed over. */
static bool is_closed(int status)
{
    return status == STATUS_NOT_ACCEPTED || status >= STATUS_WITHDRAWN;
}

/* Whether only one token is ever under way, so that what is known of the status comes from no other branch. */
static bool is_sequential(const struct model *m)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        bool beside = (node_is_bound(n) || node_is_handler(n)) && !n->wire.interrupting;
        bool splits = n->wire.n_outgoing > 1 && !node_chooses(n) && n->wire.kind != KIND(EVENT_GATEWAY);
        if (beside || splits || n->wire.kind == KIND(INCLUSIVE) || n->wire.multiple)
            return false;
    }
    return true;
}

/* Whether a status is set beside another, so that the codes of one branch alone say little. */
static bool is_mixed(const struct model *m, const struct relation *r)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        if ((m->nodes[i].wire.status || m->nodes[i].wire.status_on_complete) && is_shared(m, r, i))
            return true;
    return false;
}

/* Of the ways to the end NODE those that leave the dossier open. What conditions say is not looked at, so that only a way
 * which always does is an error; and what is called goes on in its caller. */
static void check_end(const struct flow_of_status *f, const struct relation *r, uint32_t node)
{
    const struct model *m = f->m;
    const struct model_node *n = &m->nodes[node];
    if (!ends_dossier(m, node) || is_shared(m, r, node))
        return;
    for (size_t i = 0; i < n->wire.n_incoming; i++) {
        const struct model_flow *way = &m->flows[n->wire.incoming[i]];
        struct codes all = take(&f->out[way->wire.from], n->wire.status), open = {{0}};
        bool closed = false;
        for (int s = STATUS_REGISTERED; s < CODES; s++) /* without any status nobody is told of one */
            if (is_closed(s))
                closed |= all.from[s] != 0;
            else
                open.from[s] = all.from[s];
        if (is_empty(&open) || (closed && !is_sequential(m)))
            continue;
        char text[64];
        print_codes(&open, text, sizeof text);
        (m->wire.n_inform_roles && !closed ? finding_error : finding_warning)(
            m->report, n->element,
            "by %s, from %s, a dossier %s end here with status %s, which says that it goes on: set lt:status to 3, 7, 8, 9 or 10 "
            "on that way; what is only called tells nobody (inform)",
            way->wire.id, m->nodes[way->wire.from].wire.id, closed ? "may" : "would", text);
    }
}

static bool starts_clock(const struct model_node *n)
{
    return n->wire.on_enter == CLOCK(START) || n->wire.on_receipt == CLOCK(START) ||
           n->wire.on_complete == CLOCK(START);
}

static bool needs_clock(const struct model_node *n)
{
    return (n->wire.timer && n->wire.timer->before_due) || n->wire.reschedules || n->wire.on_enter == CLOCK(RESTART) ||
           n->wire.on_receipt == CLOCK(RESTART) || n->wire.on_complete == CLOCK(RESTART);
}

static void check_clock(struct model *m)
{
    bool started = false;
    for (size_t i = 0; i < m->node_count; i++)
        started |= starts_clock(&m->nodes[i]);
    for (size_t i = 0; !started && i < m->node_count; i++)
        if (needs_clock(&m->nodes[i]))
            finding_error(m->report, m->nodes[i].element,
                          "it needs the dossier's clock, which nothing starts: set "
                          "lt:clock-on-enter=\"start\" and lt:appointment where the time begins");
}

static bool is_set(const struct model *m, int fact)
{
    for (size_t i = 0; fact >= 0 && i < m->node_count; i++)
        for (size_t k = 0; k < m->nodes[i].wire.n_sets; k++)
            if (m->nodes[i].wire.sets[k]->fact == (uint32_t)fact)
                return true;
    return false;
}

/* A supplement is requested once, with every gap, the stage, the legal basis and the approver (domain.md section 1): the engine
 * refuses a request that lacks one of these facts, so that a procedure that knows them not could never refuse it. */
static void check_supplement(struct model *m)
{
    static const char *const facts[] = {"supplement.gaps", "supplement.stage", "supplement.basis",
                                        "supplement.approver"};
    char undeclared[128] = "", unset[128] = "";
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        int fact = model_find_fact(m, facts[i]);
        char *list = fact < 0 ? undeclared : unset;
        size_t size = strlen(list);
        if (!is_set(m, fact))
            snprintf(list + size, sizeof undeclared - size, "%s%s", size ? " " : "", facts[i]);
    }
    for (size_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.status != STATUS_SUPPLEMENT && n->wire.status_on_complete != STATUS_SUPPLEMENT)
            continue;
        if (*undeclared)
            finding_error(m->report, n->element,
                          "a supplement (status 5) is requested with every gap, stage, legal basis and approver: "
                          "declare lt:fact %s (type list for the gaps, text for the others; setters: the roles that "
                          "ask), and name them in lt:sets of the steps that ask, as supplement.gaps?",
                          undeclared);
        if (*unset)
            finding_error(m->report, n->element,
                          "a supplement (status 5) is requested with every gap, stage, legal basis and approver, and "
                          "nothing sets %s: name it in lt:sets of the step that asks, as supplement.gaps?",
                          unset);
    }
}

void lint_status(struct model *m, const struct relation *r)
{
    struct flow_of_status f = {
        .m = m, .in = model_take(m, m->node_count, sizeof *f.in), .out = model_take(m, m->node_count, sizeof *f.out)};
    for (uint32_t i = 0; i < m->node_count; i++)
        if (node_begins(&m->nodes[i]) && !m->nodes[i].wire.scope)
            f.in[i].from[STATUS_NONE] = 1;
    find_beside(&f);
    size_t count;
    const uint32_t *order = model_order(m, &count);
    do {
        f.changed = false;
        for (size_t i = 0; i < count; i++)
            spread(&f, order[i]);
    } while (f.changed);
    for (uint32_t i = 0; i < m->node_count; i++) {
        struct codes entered = take(&f.in[i], m->nodes[i].wire.status);
        check_code(&f, r, i, &f.in[i], m->nodes[i].wire.status);
        check_code(&f, r, i, &entered,
                   m->nodes[i].wire.status_on_complete == STATUS_BACK ? 0 : m->nodes[i].wire.status_on_complete);
    }
    bool called = m->library && m->library->link, mixed = is_mixed(m, r);
    for (uint32_t i = 0; i < m->node_count && !called && !mixed; i++)
        check_end(&f, r, i);
    check_clock(m);
    check_supplement(m);
}

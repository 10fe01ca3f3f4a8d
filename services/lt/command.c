#include "command.h"
#include "base/system.h"
#include "base/text.h"
#include "errand.h"
#include "options.h"
#include "timeline.h"
#include "workflow/process.h"
#include "workflow/value.h"
#include <stdio.h>
#include <string.h>

#define TIMEOUT_S_STANDARD 30
#define TIMEOUT_S_MAX 3600
#define COMMAND_ARENA_SIZE_MAX ((size_t)1 << 20)
#define REASON_FACT "command.reason" /* proto/README.md section 6 */
#define ELEMENT_FACT "command.element"
#define STATUS_UNKNOWN 3

static const char usage_text[] =
    "usage: lt retry DOSSIER --reason TEXT [--step ELEMENT|UUID]\n"
    "       lt correct DOSSIER FACT=VALUE… --reason TEXT\n"
    "       lt skip DOSSIER ELEMENT|UUID --reason TEXT [FACT=VALUE…]\n"
    "       lt resend DOSSIER [TYPE] --reason TEXT\n"
    "       lt abort DOSSIER --reason TEXT\n"
    "\n"
    "DOSSIER: its code or UUID. VALUE: as the fact is declared: text, number, yyyy-mm-dd, yes or no, or a,b,c for a list.\n"
    "\n"
    "  retry    lets what stands in an incident happen again; a step as a new step\n"
    "  correct  sets facts that the procedure lets operators set (lt incidents show names them), and goes on at incidents without a\n"
    "           step\n"
    "  skip     goes on without a task as if it were answered. FACT=VALUE: what its answer must say. Breaks no rule of the\n"
    "           procedure: what it requires must hold, and what comes later must not need a part from it\n"
    "  resend   sends notices again that nobody received, of TYPE (such as dossier.status) or all; in their old order, also of a dossier\n"
    "           that has ended\n"
    "  abort    ends the dossier; what agencies have in hand is cancelled\n"
    "\n"
    "  --operator FILE     who signs, with which keys, and where the routers are (or LIENTHONG_OPERATOR)\n"
    "  --officer NAME      who you are, instead of the file's; kept in the record with the reason\n"
    "  --database CONNECTION  where dossiers are looked up (or LIENTHONG_DATABASE)\n"
    "  --timeout SECONDS   how long to wait for the router's answer (default 30)\n"
    "  --message-id UUID   repeats a command whose outcome is not known: it has its effect once\n"
    "  --json              the outcome as JSON\n"
    "\n"
    "Exit status: 0 accepted and committed; 1 refused, or nothing was sent (the cause is on stderr); 2 wrong use; 3 the outcome is\n"
    "not known: repeat the command with the --message-id that is printed.\n";

static const char dossier_sql[] = "SELECT p.procedure, p.packed, d.code, d.incidents FROM dossier d JOIN process p ON"
                                  " p.id = d.process WHERE d.shard = $1 AND d.id = $2";

struct command {
    const char *name;
    const struct options *options;
    const char *place; /* element or UUID of a step; NULL: none */
    const char *const *settings;
    size_t setting_count;
    const struct command_parameter *parameters; /* of an act on the directory */
    size_t parameter_count;
    const char *type; /* of an act on the directory; NULL: of a dossier */
    struct uuid message, dossier;
    struct arena arena;
    char procedure[40], code[100];
    struct process *process;
    Lienthong__V1__Header header;
    Lienthong__V1__Purpose purpose;
    Lienthong__V1__Fact *facts[ENVELOPE_FACTS_MAX];
    struct uuid step;
};

/* --- Facts ---------------------------------------------------------------------------------------------------------- */

static enum fault_code add_fact(struct command *c, const char *name, const struct value *value, struct fault *f)
{
    if (c->header.n_facts == ENVELOPE_FACTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "at most %d facts", ENVELOPE_FACTS_MAX - 2);
    Lienthong__V1__Fact *fact = arena_alloc(&c->arena, sizeof(*fact));
    if (!fact || !(fact->value = value_to_wire(value, &c->arena)))
        return fault_set(f, FAULT_LIMIT, "the facts take too much room");
    Lienthong__V1__Value *wire = fact->value;
    lienthong__v1__fact__init(fact);
    fact->name = arena_text(&c->arena, name);
    fact->value = wire;
    c->header.facts = c->facts;
    c->facts[c->header.n_facts++] = fact;
    return FAULT_NONE;
}

static enum fault_code add_text(struct command *c, const char *name, const char *text, struct fault *f)
{
    return add_fact(c, name, &(struct value){.kind = VALUE_TEXT, .text = text}, f);
}

static enum fault_code read_list(struct command *c, const char *text, struct value *ret, struct fault *f)
{
    struct value *items = arena_alloc(&c->arena, (strlen(text) + 1) * sizeof(*items));
    size_t count = 0;
    for (const char *at = text; *text; at += strcspn(at, ",") + 1) {
        size_t size = strcspn(at, ",");
        char *item = arena_alloc(&c->arena, size + 1);
        if (!items || !item)
            return fault_set(f, FAULT_LIMIT, "the list is too long");
        memcpy(item, at, size);
        item[size] = '\0';
        items[count++] = (struct value){.kind = VALUE_TEXT, .text = item};
        if (!at[size])
            break;
    }
    *ret = (struct value){.kind = VALUE_LIST, .list = {.items = items, .count = count}};
    return FAULT_NONE;
}

/* TEXT as a value of TYPE; what is read like the wire's form is read by the wire's reader. */
static enum fault_code read_value(struct command *c, Lienthong__V1__ValueType type, const char *text, struct value *ret,
                                  struct fault *f)
{
    Lienthong__V1__Value wire = {.base = PROTOBUF_C_MESSAGE_INIT(&lienthong__v1__value__descriptor),
                                 .is_case = LIENTHONG__V1__VALUE__IS_TEXT,
                                 .text = (char *)text};
    bool yes = text_equal(text, "yes") || text_equal(text, "true");
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST)
        return read_list(c, text, ret, f);
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL) {
        wire.is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
        wire.decimal = (char *)text;
    } else if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE) {
        wire.is_case = LIENTHONG__V1__VALUE__IS_DATE;
        wire.date = (char *)text;
    } else if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO) {
        if (!yes && !text_equal(text, "no") && !text_equal(text, "false"))
            return fault_set(f, FAULT_MALFORMED, "\"%.60s\" is neither yes nor no", text);
        wire.is_case = LIENTHONG__V1__VALUE__IS_YES;
        wire.yes = yes;
    }
    return value_from_wire(&wire, &c->arena, ret, f);
}

/* FACT=VALUE. A fact that the procedure does not declare goes as text: the router says so. */
static enum fault_code add_setting(struct command *c, const char *setting, struct fault *f)
{
    const char *equal = strchr(setting, '=');
    char name[200];
    struct value value;
    if (!equal || equal == setting || (size_t)(equal - setting) >= sizeof(name))
        return fault_set(f, FAULT_MALFORMED, "\"%.100s\" is not FACT=VALUE", setting);
    snprintf(name, sizeof(name), "%.*s", (int)(equal - setting), setting);
    int fact = process_find_fact(c->process, name);
    Lienthong__V1__ValueType type =
        fact < 0 ? LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT : process_definition(c->process)->facts[fact]->type;
    if (read_value(c, type, equal + 1, &value, f) != FAULT_NONE)
        return fault_wrap(f, "%.100s", name);
    return add_fact(c, name, &value, f);
}

/* --- The message ----------------------------------------------------------------------------------------------------- */

static enum fault_code read_dossier(struct command *c, struct database *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    enum fault_code code = timeline_find(d, c->options->words[0], &c->dossier, f);
    if (code != FAULT_NONE)
        return code;
    parameters_integer(p, uuid_shard(c->dossier));
    parameters_uuid(p, c->dossier);
    code = database_run(d, dossier_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no dossier has the id %.60s", c->options->words[0]);
    if (code != FAULT_NONE)
        return code;
    text_copy(c->procedure, sizeof(c->procedure), rows_text(rows, 0, 0));
    text_copy(c->code, sizeof(c->code), rows_text(rows, 0, 2));
    return process_unpack(rows_bytes(rows, 0, 1), &c->process, f);
}

static int64_t milliseconds_of(struct uuid id)
{
    int64_t ms = 0;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | id.bytes[i];
    return ms;
}

static enum fault_code name_message(struct command *c, struct fault *f)
{
    uint8_t random[10];
    system_random(random, sizeof(random));
    c->message = uuid_v7(system_now(), random);
    if (c->options->message_id && (!uuid_parse(c->options->message_id, &c->message) || c->message.bytes[6] >> 4 != 7))
        return fault_set(f, FAULT_MALFORMED, "--message-id %.60s is no UUID version 7", c->options->message_id);
    return FAULT_NONE;
}

static enum fault_code name_place(struct command *c, struct fault *f)
{
    if (!c->place)
        return FAULT_NONE;
    if (!uuid_parse(c->place, &c->step))
        return add_text(c, ELEMENT_FACT, c->place, f);
    c->header.step_id = (ProtobufCBinaryData){.len = sizeof(c->step.bytes), .data = c->step.bytes};
    return FAULT_NONE;
}

static enum fault_code name_act(struct command *c, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < c->parameter_count && code == FAULT_NONE; i++)
        code = add_text(c, c->parameters[i].name, c->parameters[i].value, f);
    return code;
}

/* The same words with the same message id make the same header, byte for byte: also its time is the id's. */
static enum fault_code make(struct command *c, const struct signer *s, struct envelope **ret, struct fault *f)
{
    static char type[40];
    snprintf(type, sizeof(type), "%s%s", c->type ? "" : "dossier.", c->type ? c->type : c->name);
    lienthong__v1__header__init(&c->header);
    lienthong__v1__purpose__init(&c->purpose);
    c->purpose.procedure = c->procedure;
    c->purpose.officer = (char *)(c->options->officer ? c->options->officer : s->officer);
    if (text_empty(c->purpose.officer))
        return fault_set(f, FAULT_CONFIG, "who are you? Give --officer NAME, or `officer` in the operator's file");
    c->header.message_id = (ProtobufCBinaryData){.len = sizeof(c->message.bytes), .data = c->message.bytes};
    c->header.dossier_id = (ProtobufCBinaryData){.len = sizeof(c->dossier.bytes), .data = c->dossier.bytes};
    c->header.sender = (char *)s->agency;
    c->header.recipient = (char *)ENVELOPE_ROUTER;
    c->header.kind = LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_COMMAND;
    c->header.type = type;
    c->header.happened_us = milliseconds_of(c->message) * 1000;
    c->header.purpose = &c->purpose;
    enum fault_code code = add_text(c, REASON_FACT, c->options->reason, f);
    if (code == FAULT_NONE)
        code = name_place(c, f);
    for (size_t i = 0; i < c->setting_count && code == FAULT_NONE; i++)
        code = add_setting(c, c->settings[i], f);
    if (code == FAULT_NONE)
        code = name_act(c, f);
    return code == FAULT_NONE ? envelope_make(&c->header, NULL, 0, s->key, ret, f) : code;
}

/* --- The outcome ----------------------------------------------------------------------------------------------------- */

static int print_json(const struct command *c, const struct errand *e, const char *id)
{
    static const char *const ends[] = {"accepted", "refused", "unsent", "unknown"};
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "outcome", ends[e->end], "command", c->name,
                            "dossier", c->code, "message_id", id, "router", e->router, "code",
                            e->end == ERRAND_REFUSED ? refusal_name(e->code) : "", "text", e->text);
    json_dumpf(out, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(out);
    return e->end == ERRAND_ACCEPTED ? 0 : e->end == ERRAND_UNKNOWN ? STATUS_UNKNOWN : 1;
}

static int tell(const struct command *c, const struct errand *e)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(c->message, id);
    if (c->options->json)
        return print_json(c, e, id);
    switch (e->end) {
    case ERRAND_ACCEPTED: printf("%s of %s is done (message %s)\n", c->name, c->code, id); return 0;
    case ERRAND_REFUSED:
        fprintf(stderr, "lt %s: refused by %s: %s: %s\n", c->name, *e->router ? e->router : "the router",
                refusal_name(e->code), e->text);
        return 1;
    case ERRAND_UNSENT: fprintf(stderr, "lt %s: nothing was sent: %s\n", c->name, e->text); return 1;
    case ERRAND_UNKNOWN: break;
    }
    fprintf(stderr,
            "lt %s: it was sent, but no answer came in time, so the outcome is not known. Repeat it with\n"
            "  --message-id %s\nand the same words: it has its effect once.\n",
            c->name, id);
    return STATUS_UNKNOWN;
}

static int wrong(const char *name, const char *what)
{
    fprintf(stderr, "lt %s: %s\nlt %s --help tells how it is used.\n", name, what, name);
    return 2;
}

/* What each command is given besides the dossier. NULL: all is well. */
static const char *take_words(struct command *c)
{
    const struct options *o = c->options;
    bool skip = text_equal(c->name, "skip"), correct = text_equal(c->name, "correct");
    bool resend = text_equal(c->name, "resend");
    if (o->count == 0)
        return "which dossier? Give its code or UUID";
    if (text_empty(o->reason))
        return "why? Give --reason TEXT; it stands in the record";
    if (o->step && !text_equal(c->name, "retry"))
        return "--step is for retry; skip takes the step as its second word";
    if (skip && (o->count < 2 || strchr(o->words[1], '=')))
        return "what is skipped? Give the element or the step after the dossier";
    if (correct && o->count < 2)
        return "what is corrected? Give FACT=VALUE after the dossier";
    if (!skip && !correct && o->count > (resend ? 2 : 1))
        return resend ? "too many words: the dossier, and perhaps one type of notices"
                      : "too many words: the dossier alone, and options";
    c->place = skip || (resend && o->count == 2) ? o->words[1] : o->step;
    size_t taken = skip || resend ? 2 : 1;
    c->settings = &o->words[taken];
    c->setting_count = o->count > taken ? o->count - taken : 0;
    return NULL;
}

static enum fault_code find_dossier(struct command *c, struct fault *f)
{
    OWNED(database) d = NULL;
    enum fault_code code = options_database(c->options, &d, f);
    return code == FAULT_NONE ? read_dossier(c, d, f) : code;
}

static enum fault_code run(struct command *c, int64_t timeout_s, struct errand *ret, struct fault *f)
{
    struct signer signer = {0};
    OWNED(envelope) e = NULL;
    enum fault_code code = name_message(c, f);
    if (code == FAULT_NONE)
        code = signer_open(c->options->signer, &signer, f);
    if (code == FAULT_NONE && !c->type)
        code = find_dossier(c, f);
    if (code == FAULT_NONE)
        code = make(c, &signer, &e, f);
    if (code == FAULT_NONE)
        code = errand_run(&signer, e, timeout_s * 1000, ret, f);
    signer_close(&signer);
    return code;
}

static int carry_out(struct command *c)
{
    struct errand errand;
    struct fault f;
    int64_t timeout_s;
    if (!options_number(c->options->timeout, 1, TIMEOUT_S_MAX, TIMEOUT_S_STANDARD, &timeout_s))
        return wrong(c->name, "--timeout is a whole number of seconds, 1 to 3600");
    arena_init(&c->arena, COMMAND_ARENA_SIZE_MAX);
    enum fault_code code = run(c, timeout_s, &errand, &f);
    int status = code == FAULT_NONE ? tell(c, &errand) : options_failed(c->name, &f);
    process_free(c->process);
    arena_clear(&c->arena);
    return status;
}

int command_on_directory(const struct options *o, const char *name, const char *type,
                         const struct command_parameter *parameters, size_t count)
{
    struct command c = {.name = name,
                        .options = o,
                        .type = type,
                        .dossier = ENVELOPE_DIRECTORY,
                        .procedure = "directory",
                        .parameters = parameters,
                        .parameter_count = count};
    text_copy(c.code, sizeof(c.code), count ? parameters[0].value : "the directory");
    if (text_empty(o->reason))
        return wrong(name, "why? Give --reason TEXT; it stands in the record");
    return carry_out(&c);
}

int command_main(int argc, char **argv)
{
    struct options o;
    struct command c = {.name = argv[0], .options = &o};
    int status;
    if (!options_take(argc, argv, usage_text, &o, &status))
        return status;
    const char *what = take_words(&c);
    return what ? wrong(c.name, what) : carry_out(&c);
}

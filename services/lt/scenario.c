#include "scenario.h"
#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include "file.h"
#include <stdio.h>
#include <string.h>

/* --- Top level -------------------------------------------------------------------------------------------------------- */

static enum fault_code take_name(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_text(r, node, "scenario (its name)", &((struct scenario *)to)->name);
}

/* Dealt with before all others. */
static enum fault_code take_extends(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)r, (void)node, (void)to;
    return FAULT_NONE;
}

/* PATH as seen from the folder of FILE. */
static const char *path_beside(struct arena *arena, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (!slash || *path == '/')
        return arena_text(arena, path);
    size_t folder = (size_t)(slash - file) + 1, size = strlen(path) + 1;
    char *whole = arena_alloc(arena, folder + size);
    memcpy(whole, file, folder);
    memcpy(whole + folder, path, size);
    return whole;
}

static enum fault_code take_calendar(struct reading *r, const yaml_node_t *node, void *to)
{
    const char *path = NULL;
    if (entry_text(r, node, "calendar (a file)", &path) != FAULT_NONE)
        return r->f->code;
    ((struct scenario *)to)->calendar = path_beside(r->arena, r->file, path);
    return FAULT_NONE;
}

static enum fault_code take_start(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_moment(r, node, &((struct scenario *)to)->start);
}

static enum fault_code take_until(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_moment(r, node, &((struct scenario *)to)->until);
}

static enum fault_code take_facts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_facts(r, node, &((struct scenario *)to)->facts);
}

/* --- Submission ------------------------------------------------------------------------------------------------------- */

static bool has_start(const struct reading *r, Lienthong__V1__NodeKind kind, const char *message)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (p->nodes[i]->kind == kind && !p->nodes[i]->scope &&
            (!message || text_equal(p->nodes[i]->operation, message)))
            return true;
    return false;
}

static enum fault_code take_submitter(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    s->by_timer = text_equal(entry_scalar(node), "timer");
    s->submitter = NULL;
    if (s->by_timer && !has_start(r, LIENTHONG__V1__NODE_KIND__NODE_KIND_START_TIMER, NULL))
        return entry_wrong(r, node, "no dossier of this procedure begins by time: it has no timer start event");
    if (s->by_timer)
        return FAULT_NONE;
    return entry_role(r, node, false, &s->submitter);
}

static enum fault_code take_message(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    if (entry_text(r, node, "message", &s->message) != FAULT_NONE)
        return r->f->code;
    if (!has_start(r, LIENTHONG__V1__NODE_KIND__NODE_KIND_START, s->message))
        return entry_wrong(r, node, "the message \"%.100s\" opens no dossier of this procedure", s->message);
    return FAULT_NONE;
}

static enum fault_code take_channel(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char *const names[] = {"counter", "online", "post"};
    for (size_t i = 0; i < LENGTH(names); i++)
        if (text_equal(entry_scalar(node), names[i])) {
            ((struct scenario *)to)->channel = (uint32_t)i + 1;
            return FAULT_NONE;
        }
    return entry_wrong(r, node, "a channel is counter, online or post");
}

static enum fault_code take_submission_facts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_facts(r, node, &((struct scenario *)to)->submission_facts);
}

static enum fault_code take_submission_parts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_parts(r, node, &((struct scenario *)to)->submission_parts);
}

static enum fault_code take_submission(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct key keys[] = {{"by", take_submitter},
                                      {"message", take_message},
                                      {"channel", take_channel},
                                      {"facts", take_submission_facts},
                                      {"parts", take_submission_parts}};
    return entry_mapping(r, node, "submission", keys, LENGTH(keys), to);
}

/* --- Documents -------------------------------------------------------------------------------------------------------- */

static const struct key keys[] = {{"scenario", take_name},
                                  {"extends", take_extends},
                                  {"calendar", take_calendar},
                                  {"start", take_start},
                                  {"until", take_until},
                                  {"submission", take_submission},
                                  {"facts", take_facts},
                                  {"usual", behaviour_take_usual},
                                  {"steps", behaviour_take_steps},
                                  {"events", happening_take_events},
                                  {"disconnected", happening_take_outages},
                                  {"vacant", happening_take_vacancies},
                                  {"expect", expected_take}};

static enum fault_code read_first(const char *path, struct reading *above, unsigned depth, struct scenario *ret);

static enum fault_code extend(struct reading *r, const yaml_node_t *root, unsigned depth, struct scenario *ret)
{
    if (root->type != YAML_MAPPING_NODE)
        return FAULT_NONE;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
        const char *path = NULL;
        if (!text_equal(entry_scalar(yaml_document_get_node(r->document, p->key)), "extends"))
            continue;
        if (depth == SCENARIO_EXTENDS_MAX)
            return entry_wrong(r, value, "more than %d files extend each other; is it a circle?", SCENARIO_EXTENDS_MAX);
        if (entry_text(r, value, "extends (a file)", &path) != FAULT_NONE)
            return r->f->code;
        if (read_first(path_beside(r->arena, r->file, path), r, depth + 1, ret) != FAULT_NONE)
            return depth ? r->f->code : fault_wrap(r->f, "%s:%zu: extends", r->file, value->start_mark.line + 1);
    }
    return FAULT_NONE;
}

/* What a scenario inherits is all but its name and what should come of it. */
static enum fault_code read_document(struct reading *r, unsigned depth, struct scenario *ret)
{
    const yaml_node_t *root = yaml_document_get_root_node(r->document);
    *ret = (struct scenario){0};
    if (extend(r, root, depth, ret) != FAULT_NONE)
        return r->f->code;
    ret->name = NULL;
    ret->expected = NULL;
    ret->expected_count = 0;
    ret->mark = entry_mark(r, root);
    r->scenario = ret;
    return entry_mapping(r, root, "a scenario", keys, LENGTH(keys), ret);
}

static enum fault_code broken(struct reading *r, const yaml_parser_t *parser)
{
    return fault_set(r->f, FAULT_CONFIG, "%s:%zu: %s", r->file, parser->problem_mark.line + 1,
                     parser->problem ? parser->problem : "not YAML");
}

static struct scenario *add(struct scenario_file *file, struct arena *arena)
{
    struct scenario *all = arena_alloc(arena, (file->count + 1) * sizeof(*all));
    for (size_t i = 0; i < file->count; i++)
        all[i] = file->scenarios[i];
    file->scenarios = all;
    return &all[file->count++];
}

/* One document after the other; FIRST: only that one, named or not. */
static enum fault_code read_documents(struct reading *r, yaml_parser_t *parser, bool first, unsigned depth,
                                      struct scenario_file *ret)
{
    for (bool more = true; more && ret->count < SCENARIO_LIST_MAX;) {
        yaml_document_t document;
        struct scenario scenario;
        if (!yaml_parser_load(parser, &document))
            return broken(r, parser);
        r->document = &document;
        more = yaml_document_get_root_node(&document) != NULL;
        enum fault_code code = more ? read_document(r, depth, &scenario) : FAULT_NONE;
        yaml_document_delete(&document);
        if (code != FAULT_NONE)
            return code;
        if (more && (scenario.name || first))
            *add(ret, r->arena) = scenario;
        more = more && !first;
    }
    return FAULT_NONE;
}

static enum fault_code read_file(const char *path, const struct process *process, bool first, unsigned depth,
                                 struct arena *arena, struct scenario_file *ret, struct fault *f)
{
    OWNED_BUFFER text = BUFFER(SCENARIO_FILE_SIZE_MAX);
    struct reading r = {.file = arena_text(arena, path), .arena = arena, .process = process, .f = f};
    yaml_parser_t parser;
    if (file_read(path, &text, f) != FAULT_NONE)
        return f->code;
    if (!yaml_parser_initialize(&parser))
        return fault_set(f, FAULT_LIMIT, "no memory for the YAML parser");
    yaml_parser_set_input_string(&parser, text.data ? text.data : (const uint8_t *)"", text.size);
    enum fault_code code = read_documents(&r, &parser, first, depth, ret);
    yaml_parser_delete(&parser);
    return code;
}

static enum fault_code read_first(const char *path, struct reading *above, unsigned depth, struct scenario *ret)
{
    struct scenario_file file = {0};
    if (read_file(path, above->process, true, depth, above->arena, &file, above->f) != FAULT_NONE)
        return above->f->code;
    if (file.count == 0)
        return fault_set(above->f, FAULT_CONFIG, "%s:1: the file is empty", path);
    *ret = file.scenarios[0];
    return FAULT_NONE;
}

enum fault_code scenario_read(const char *path, const struct process *process, struct scenario_file *ret,
                              struct fault *f)
{
    *ret = (struct scenario_file){0};
    arena_init(&ret->arena, SIZE_MAX / 2); /* bounded by the files' size and the lists' */
    return read_file(path, process, false, 0, &ret->arena, ret, f);
}

void scenario_clear(struct scenario_file *file)
{
    arena_clear(&file->arena);
    *file = (struct scenario_file){0};
}

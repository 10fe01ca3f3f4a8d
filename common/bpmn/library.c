#include "bpmn/library.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/element.h"
#include <string.h>

struct file {
    const char *name;
    struct bytes xml;
    char id[ELEMENT_NAME_SIZE_MAX + 1]; /* of its process; "": it has none, or cannot be read */
};

struct bpmn_files {
    struct file files[BPMN_FILES_MAX];
    size_t count;
    const struct bpmn_library *deployed;
    bool loose;
    struct bpmn_library library;
};

static void find_id(struct file *file, struct bpmn_report *report)
{
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 2); /* bounded by element.h's limits */
    report->count = report->errors = 0;
    const struct element *root = element_read(file->xml, &arena, report);
    const struct element *process = root ? element_child(root, "process") : NULL;
    const char *id = process ? element_attribute(process, "id") : NULL;
    text_copy(file->id, sizeof file->id, id ? id : "");
}

/* Compiles FILE with the same files around it. */
static enum fault_code compile(const struct bpmn_files *s, const struct file *file, const struct bpmn_link *link,
                               struct arena *arena, Lienthong__V1__Process **ret, struct fault *f)
{
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof *report);
    struct bpmn_library inner = s->library;
    inner.file = file->name;
    inner.link = link;
    enum fault_code code = bpmn_compile_with(file->xml, &inner, arena, ret, NULL, report, f);
    return code ? fault_wrap(f, "%s", file->name) : FAULT_NONE;
}

static enum fault_code find(const void *context, const char *called, enum bpmn_binding binding, uint32_t version,
                            const struct bpmn_link *link, struct arena *arena, Lienthong__V1__Process **ret,
                            struct fault *f)
{
    const struct bpmn_files *s = context;
    bool version_only = !s->loose && binding == BPMN_BINDING_VERSION;
    for (size_t i = 0; !version_only && i < s->count; i++)
        if (text_equal(s->files[i].id, called))
            return compile(s, &s->files[i], link, arena, ret, f);
    if (s->deployed && (s->loose || binding != BPMN_BINDING_DEPLOYMENT))
        return s->deployed->find(s->deployed->context, called, binding, version, link, arena, ret, f);
    return fault_set(f, FAULT_NOT_FOUND, "no file given here holds it: give its file too");
}

struct bpmn_files *bpmn_files_new(void)
{
    struct bpmn_files *s = memory_new(sizeof *s);
    s->library = (struct bpmn_library){.find = find, .context = s};
    return s;
}

struct bpmn_files *bpmn_files_free(struct bpmn_files *s)
{
    memory_cleanup(&s);
    return NULL;
}

enum fault_code bpmn_files_add(struct bpmn_files *s, const char *name, struct bytes xml, struct fault *f)
{
    if (s->count == BPMN_FILES_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d files", BPMN_FILES_MAX);
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof *report);
    struct file *file = &s->files[s->count++];
    *file = (struct file){.name = name, .xml = xml};
    find_id(file, report);
    return FAULT_NONE;
}

const struct bpmn_library *bpmn_files_library(struct bpmn_files *s, const struct bpmn_library *deployed, bool loose)
{
    s->deployed = deployed;
    s->loose = loose;
    return &s->library;
}

enum fault_code bpmn_clash(const Lienthong__V1__Process *a, const Lienthong__V1__Process *b, struct fault *f)
{
    bool code = strcmp(a->procedure, b->procedure) == 0, id = strcmp(a->id, b->id) == 0;
    if (code && !id)
        return fault_set(f, FAULT_REFUSED,
                         "process \"%.100s\" answers the submissions of procedure %.40s already: keep its id for a new "
                         "version, or give the other one another code",
                         a->id, a->procedure);
    if (id && !code)
        return fault_set(
            f, FAULT_REFUSED,
            "the process id \"%.100s\" is that of procedure %.40s already: give it another, so that a call "
            "finds the right one",
            a->id, a->procedure);
    return FAULT_NONE;
}

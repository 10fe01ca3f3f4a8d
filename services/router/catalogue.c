#include "directory.h"
#include "base/memory.h"
#include "writes.h"
#include <stdlib.h>
#include <string.h>

struct catalogue_slot {
    struct catalogue_entry entry;
    char *procedure, *calendar;
    struct process *process;
};

struct catalogue {
    LIST(struct catalogue_slot *) processes; /* pointers: entries keep their place */
    LIST(struct calendar *) calendars;
    uint32_t newest_id;
};

struct catalogue *catalogue_new(void)
{
    return memory_new(sizeof(struct catalogue));
}

struct catalogue *catalogue_free(struct catalogue *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->processes.count; i++) {
        struct catalogue_slot *slot = c->processes.items[i];
        process_free(slot->process);
        free(slot->procedure);
        free(slot->calendar);
        free(slot);
    }
    for (size_t i = 0; i < c->calendars.count; i++)
        calendar_free(c->calendars.items[i]);
    free(c->processes.items);
    free(c->calendars.items);
    free(c);
    return NULL;
}

static enum fault_code catalogue_add_process(struct catalogue *c, const struct directory_process *row, struct fault *f)
{
    if (catalogue_process(c, row->id))
        return FAULT_NONE;
    struct process *process = NULL;
    if (process_unpack(row->packed, &process, f) != FAULT_NONE)
        return fault_wrap(f, "process %s version %u", row->procedure, row->version);
    struct catalogue_slot *slot = memory_new(sizeof(*slot));
    slot->procedure = memory_text(row->procedure);
    slot->calendar = memory_text(row->calendar);
    slot->process = process;
    slot->entry = (struct catalogue_entry){.id = row->id,
                                           .version = row->version,
                                           .procedure = slot->procedure,
                                           .calendar = slot->calendar,
                                           .process = process};
    *LIST_ADD(&c->processes) = slot;
    if (row->id > c->newest_id)
        c->newest_id = row->id;
    return FAULT_NONE;
}

static enum fault_code catalogue_add_calendar(struct catalogue *c, const struct directory_calendar *row,
                                              struct fault *f)
{
    for (size_t i = 0; i < c->calendars.count; i++)
        if (calendar_version(c->calendars.items[i]) == row->version &&
            strcmp(calendar_id(c->calendars.items[i]), row->id) == 0)
            return FAULT_NONE;
    struct calendar *calendar = NULL;
    if (calendar_unpack(row->packed, &calendar, f) != FAULT_NONE)
        return fault_wrap(f, "calendar %s version %u", row->id, row->version);
    *LIST_ADD(&c->calendars) = calendar;
    return FAULT_NONE;
}

enum fault_code catalogue_add(struct catalogue *c, const struct directory_source *source, struct fault *f)
{
    enum fault_code code = FAULT_NONE, last;
    for (size_t i = 0; i < source->calendar_count; i++)
        if ((last = catalogue_add_calendar(c, &source->calendars[i], f)) != FAULT_NONE)
            code = last;
    for (size_t i = 0; i < source->process_count; i++)
        if ((last = catalogue_add_process(c, &source->processes[i], f)) != FAULT_NONE)
            code = last;
    return code;
}

uint32_t catalogue_newest_id(const struct catalogue *c)
{
    return c->newest_id;
}

const struct catalogue_entry *catalogue_process(const struct catalogue *c, uint32_t id)
{
    for (size_t i = 0; i < c->processes.count; i++)
        if (c->processes.items[i]->entry.id == id)
            return &c->processes.items[i]->entry;
    return NULL;
}

const struct catalogue_entry *catalogue_newest(const struct catalogue *c, const char *procedure)
{
    const struct catalogue_entry *newest = NULL;
    for (size_t i = 0; i < c->processes.count; i++) {
        const struct catalogue_entry *entry = &c->processes.items[i]->entry;
        if (strcmp(entry->procedure, procedure) == 0 && (!newest || entry->version > newest->version))
            newest = entry;
    }
    return newest;
}

const struct catalogue_entry *catalogue_next(const struct catalogue *c, const char *procedure)
{
    const char *next = NULL;
    for (size_t i = 0; i < c->processes.count; i++) {
        const char *code = c->processes.items[i]->entry.procedure;
        if ((!procedure || strcmp(code, procedure) > 0) && (!next || strcmp(code, next) < 0))
            next = code;
    }
    return next ? catalogue_newest(c, next) : NULL;
}

const struct calendar *catalogue_calendar(const struct catalogue *c, const char *id)
{
    const struct calendar *newest = NULL;
    for (size_t i = 0; i < c->calendars.count; i++) {
        const struct calendar *calendar = c->calendars.items[i];
        if (strcmp(calendar_id(calendar), id) == 0 &&
            (!newest || calendar_version(calendar) > calendar_version(newest)))
            newest = calendar;
    }
    return newest;
}

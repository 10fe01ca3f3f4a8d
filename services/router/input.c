#include "input.h"
#include "base/memory.h"
#include <stdlib.h>
#include <utlist.h>

struct input *input_new(enum input_kind kind, struct uuid dossier, struct instant arrived)
{
    struct input *in = memory_new(sizeof(*in));
    in->kind = kind;
    in->dossier = dossier;
    in->arrived = arrived;
    return in;
}

struct input *input_free(struct input *in)
{
    if (in)
        envelope_free(in->envelope);
    free(in);
    return NULL;
}

size_t input_size(const struct input *in)
{
    return sizeof(*in) + in->size;
}

void inlet_put(struct inlet *inlet, struct input *in)
{
    DL_APPEND(inlet->head, in);
    inlet->count++;
    inlet->bytes += input_size(in);
    inlet->refused += in->by_agency;
}

struct input *inlet_take(struct inlet *inlet)
{
    struct input *in = inlet->head;
    if (!in)
        return NULL;
    DL_DELETE(inlet->head, in);
    in->prev = in->next = NULL;
    inlet->count--;
    inlet->bytes -= input_size(in);
    inlet->refused -= in->by_agency;
    return in;
}

void inlet_clear(struct inlet *inlet)
{
    for (struct input *in; (in = inlet_take(inlet));)
        input_free(in);
}

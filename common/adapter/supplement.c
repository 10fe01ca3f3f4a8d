#include "supplement.h"

static const char *const texts[] = {"supplement.stage", "supplement.basis", "supplement.approver"};

void supplement_facts(const Lienthong__V1__SupplementRequest *s, struct lt_fact_out ret[static SUPPLEMENT_FACT_COUNT])
{
    const char *const said[LENGTH(texts)] = {s->stage, s->legal_basis, s->approver};
    ret[0] = (struct lt_fact_out){
        .name = "supplement.gaps", .kind = LT_LIST, .items = (const char *const *)s->gaps, .item_count = s->n_gaps};
    for (size_t i = 0; i < LENGTH(texts); i++)
        ret[i + 1] = (struct lt_fact_out){.name = texts[i], .kind = LT_TEXT, .text = said[i]};
}

static void read_gaps(const Lienthong__V1__Value *value, struct arena *arena, Lienthong__V1__SupplementRequest *ret)
{
    if (!value || value->is_case != LIENTHONG__V1__VALUE__IS_LIST)
        return;
    ret->gaps = arena_alloc(arena, (value->list->n_items + 1) * sizeof(*ret->gaps));
    for (size_t i = 0; ret->gaps && i < value->list->n_items; i++)
        if (value->list->items[i]->is_case == LIENTHONG__V1__SCALAR__IS_TEXT)
            ret->gaps[ret->n_gaps++] = value->list->items[i]->text;
}

bool supplement_read(const struct lt_delivery *d, struct arena *arena, Lienthong__V1__SupplementRequest *ret)
{
    lienthong__v1__supplement_request__init(ret);
    char **const to[LENGTH(texts)] = {&ret->stage, &ret->legal_basis, &ret->approver};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        const Lienthong__V1__Value *value = lt_fact(d, texts[i]);
        if (value && value->is_case == LIENTHONG__V1__VALUE__IS_TEXT)
            *to[i] = value->text;
    }
    read_gaps(lt_fact(d, "supplement.gaps"), arena, ret);
    return ret->n_gaps > 0;
}

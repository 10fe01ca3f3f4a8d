#include "base/text.h"
#include "message/form.h"
#include "trust/merkle.h"
#include <string.h>

#define CODE_PART LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PART
#define CODE_FACT LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_FACT

/* --- Parts -------------------------------------------------------------------------------------------------------- */

static enum fault_code check_recipients(const Lienthong__V1__PartDescriptor *d, struct fault *f)
{
    if (d->sealed != (d->n_recipients > 0) || d->n_recipients > SEAL_RECIPIENTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "part %s: %zu recipients; a sealed part has 1 to %d, an open one none",
                         d->name, d->n_recipients, SEAL_RECIPIENTS_MAX);
    for (size_t i = 0; i < d->n_recipients; i++)
        if (d->recipients[i].len != DIGEST_SIZE)
            return fault_set(f, FAULT_MALFORMED, "part %s: recipient %zu is not a key's id of 32 bytes", d->name,
                             i + 1);
    return FAULT_NONE;
}

static enum fault_code check_descriptor(const Lienthong__V1__PartDescriptor *d, struct fault *f)
{
    if (!form_is_token(d->name, FORM_TOKEN_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "a part's name is not 1 to %d of A-Z a-z 0-9 . - _", FORM_TOKEN_SIZE_MAX);
    if (!form_is_token(d->type, FORM_TOKEN_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "part %s: its type is not 1 to %d of A-Z a-z 0-9 . - _", d->name,
                         FORM_TOKEN_SIZE_MAX);
    if (d->n_roles > FORM_ROLES_MAX)
        return fault_set(f, FAULT_MALFORMED, "part %s: %zu roles, limit %d", d->name, d->n_roles, FORM_ROLES_MAX);
    for (size_t i = 0; i < d->n_roles; i++)
        if (!form_is_token(d->roles[i], FORM_TOKEN_SIZE_MAX))
            return fault_set(f, FAULT_MALFORMED, "part %s: role %zu is not a name", d->name, i + 1);
    if (strlen(d->item) > ENVELOPE_ITEM_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "part %s: its item has %zu bytes, limit %d", d->name, strlen(d->item),
                         ENVELOPE_ITEM_SIZE_MAX);
    if (d->digest.len != DIGEST_SIZE || d->salted_digest.len != DIGEST_SIZE)
        return fault_set(f, FAULT_MALFORMED, "part %s: digest and salted_digest must have 32 bytes", d->name);
    return check_recipients(d, f);
}

enum fault_code form_check_descriptors(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code,
                                       struct fault *f)
{
    *ret_code = CODE_PART;
    if (h->n_parts > ENVELOPE_PARTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "%zu parts, limit %d", h->n_parts, ENVELOPE_PARTS_MAX);
    for (size_t i = 0; i < h->n_parts; i++) {
        enum fault_code code = check_descriptor(h->parts[i], f);
        if (code)
            return code;
        for (size_t before = 0; before < i; before++)
            if (text_equal(h->parts[before]->name, h->parts[i]->name) &&
                text_equal(h->parts[before]->item, h->parts[i]->item))
                return fault_set(f, FAULT_MALFORMED, "two parts have the name %s%s%s", h->parts[i]->name,
                                 h->parts[i]->item[0] ? " and the item " : "", h->parts[i]->item);
    }
    return FAULT_NONE;
}

static bool digest_is(struct digest d, ProtobufCBinaryData wanted)
{
    return wanted.len == DIGEST_SIZE && memcmp(d.bytes, wanted.data, DIGEST_SIZE) == 0;
}

enum fault_code form_check_part(const Lienthong__V1__PartDescriptor *d, const Lienthong__V1__Part *part,
                                Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    struct bytes content = BYTES(part->content.data, part->content.len), salt = BYTES(part->salt.data, part->salt.len);
    *ret_code = CODE_PART;
    if (d->size != content.size)
        return fault_set(f, FAULT_MALFORMED, "part %s has %zu bytes, its descriptor says %llu", d->name, content.size,
                         (unsigned long long)d->size);
    if (!digest_is(digest_of(content), d->digest))
        return fault_set(f, FAULT_MALFORMED, "part %s does not have the digest that its descriptor says", d->name);
    if (salt.size != (d->sealed ? 0 : FORM_SALT_SIZE))
        return fault_set(f, FAULT_MALFORMED, "part %s has a salt of %zu bytes; it is %s", d->name, salt.size,
                         d->sealed ? "inside when the part is sealed" : "16 bytes");
    if (!d->sealed && !digest_is(digest_of_all((const struct bytes[]){salt, content}, 2), d->salted_digest))
        return fault_set(f, FAULT_MALFORMED, "part %s does not have the salted digest that its descriptor says",
                         d->name);
    return FAULT_NONE;
}

/* --- Facts -------------------------------------------------------------------------------------------------------- */

/* Optional minus, digits, optional point and digits. */
static bool is_decimal(const char *text)
{
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, "0123456789"), fraction = 0;
    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        if (!fraction)
            return false;
        at += 1 + fraction;
    }
    return *at == '\0' && whole && whole + fraction <= FORM_DECIMAL_DIGITS_MAX;
}

static bool is_date(const char *text)
{
    int32_t day;
    return strlen(text) == strlen("yyyy-mm-dd") && date_parse(text, &day, NULL) == FAULT_NONE;
}

static bool is_scalar(const Lienthong__V1__Scalar *s)
{
    switch (s->is_case) {
    case LIENTHONG__V1__SCALAR__IS_TEXT: return strlen(s->text) <= FORM_TEXT_SIZE_MAX;
    case LIENTHONG__V1__SCALAR__IS_DECIMAL: return is_decimal(s->decimal);
    case LIENTHONG__V1__SCALAR__IS_DATE: return is_date(s->date);
    case LIENTHONG__V1__SCALAR__IS_YES: return true;
    default: return false;
    }
}

static bool is_list(const Lienthong__V1__ValueList *list)
{
    if (list->n_items > FORM_LIST_MAX)
        return false;
    for (size_t i = 0; i < list->n_items; i++)
        if (!is_scalar(list->items[i]))
            return false;
    return true;
}

static bool is_value(const Lienthong__V1__Value *v)
{
    switch (v->is_case) {
    case LIENTHONG__V1__VALUE__IS_TEXT: return strlen(v->text) <= FORM_TEXT_SIZE_MAX;
    case LIENTHONG__V1__VALUE__IS_DECIMAL: return is_decimal(v->decimal);
    case LIENTHONG__V1__VALUE__IS_DATE: return is_date(v->date);
    case LIENTHONG__V1__VALUE__IS_YES: return true;
    case LIENTHONG__V1__VALUE__IS_LIST: return is_list(v->list);
    default: return false;
    }
}

enum fault_code form_check_facts(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    *ret_code = CODE_FACT;
    if (h->n_facts > ENVELOPE_FACTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "%zu facts, limit %d", h->n_facts, ENVELOPE_FACTS_MAX);
    for (size_t i = 0; i < h->n_facts; i++) {
        const Lienthong__V1__Fact *fact = h->facts[i];
        if (!form_is_token(fact->name, FORM_TOKEN_SIZE_MAX))
            return fault_set(f, FAULT_MALFORMED, "a fact's name is not 1 to %d of A-Z a-z 0-9 . - _",
                             FORM_TOKEN_SIZE_MAX);
        if (!fact->value || !is_value(fact->value))
            return fault_set(f, FAULT_MALFORMED,
                             "fact %s has no value, or one that is too long, no decimal of up to %d digits or no date",
                             fact->name, FORM_DECIMAL_DIGITS_MAX);
        for (size_t before = 0; before < i; before++)
            if (text_equal(h->facts[before]->name, fact->name))
                return fault_set(f, FAULT_MALFORMED, "two facts have the name %s", fact->name);
    }
    return FAULT_NONE;
}

/* --- Signature ---------------------------------------------------------------------------------------------------- */

enum fault_code form_take_signature(const Lienthong__V1__Signature *s, struct signature *ret, struct fault *f)
{
    if (!s)
        return fault_set(f, FAULT_MALFORMED, "there is no signature");
    if (s->key_id.len != DIGEST_SIZE)
        return fault_set(f, FAULT_MALFORMED, "the signature's key_id has %zu bytes, not 32", s->key_id.len);
    if (s->value.len == 0 || s->value.len > SIGNATURE_VALUE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "the signature's value has %zu bytes; 1 to %d are possible", s->value.len,
                         SIGNATURE_VALUE_SIZE_MAX);
    if (s->n_path > SIGNATURE_PATH_MAX || s->leaf_count > 1u << SIGNATURE_PATH_MAX)
        return fault_set(f, FAULT_MALFORMED, "the signature's batch has %u leaves, limit %u", s->leaf_count,
                         1u << SIGNATURE_PATH_MAX);
    *ret = (struct signature){
        .value_size = s->value.len, .leaf_index = s->leaf_index, .leaf_count = s->leaf_count, .path_count = s->n_path};
    memcpy(ret->key_id.bytes, s->key_id.data, DIGEST_SIZE);
    memcpy(ret->value, s->value.data, s->value.len);
    for (size_t i = 0; i < s->n_path; i++) {
        if (s->path[i].len != DIGEST_SIZE)
            return fault_set(f, FAULT_MALFORMED, "hash %zu of the signature's path has %zu bytes, not 32", i + 1,
                             s->path[i].len);
        memcpy(ret->path[i].bytes, s->path[i].data, DIGEST_SIZE);
    }
    if (!merkle_path_fits(ret->leaf_index, ret->leaf_count, ret->path_count))
        return fault_set(f, FAULT_MALFORMED, "the signature's path of %zu hashes does not fit leaf %u of %u",
                         ret->path_count, ret->leaf_index, ret->leaf_count);
    return FAULT_NONE;
}

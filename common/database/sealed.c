#include "database/sealed.h"

#include "base/text.h"
#include "database/column.h"
#include "database/connection.h"

#include <string.h>

void database_set_vault(struct database *d, const struct vault *v)
{
    d->vault = v;
}

const struct vault *database_vault(const struct database *d)
{
    return d->vault;
}

static enum fault_code seal(const struct database *d, struct vault_place at, struct bytes plain, struct buffer *to,
                            struct fault *f)
{
    if (!d->vault)
        return fault_set(f, FAULT_INTERNAL, "%s: this connection has no vault", at.place);
    return vault_seal(d->vault, at, plain, to, f);
}

void parameters_sealed(struct parameters *p, const struct database *d, struct vault_place at, struct bytes plain)
{
    OWNED_BUFFER value = BUFFER(VAULT_SIZE_MAX + VAULT_OVERHEAD);
    if (!plain.data)
        parameters_bytes(p, plain);
    else if (seal(d, at, plain, &value, &p->broken))
        parameters_bytes(p, (struct bytes){NULL, 0});
    else
        parameters_bytes(p, buffer_bytes(&value));
}

void parameters_sealed_text(struct parameters *p, const struct database *d, struct vault_place at, const char *text)
{
    parameters_sealed(p, d, at, text ? bytes_of_text(text) : (struct bytes){NULL, 0});
}

void column_sealed(struct column *c, const struct database *d, struct vault_place at, struct bytes plain)
{
    OWNED_BUFFER value = BUFFER(VAULT_SIZE_MAX + VAULT_OVERHEAD);
    if (!plain.data || seal(d, at, plain, &value, &c->broken))
        column_null(c);
    else
        column_bytes(c, buffer_bytes(&value));
}

void column_sealed_text(struct column *c, const struct database *d, struct vault_place at, const char *text)
{
    column_sealed(c, d, at, text ? bytes_of_text(text) : (struct bytes){NULL, 0});
}

struct digest sealed_index(const struct database *d, const char *place, const char *text)
{
    return d->vault ? vault_index(d->vault, place, bytes_of_text(text)) : (struct digest){{0}};
}

void parameters_index(struct parameters *p, const struct database *d, const char *place, const char *text)
{
    if (!d->vault)
        (void)fault_set(&p->broken, FAULT_INTERNAL, "%s: this connection has no vault", place);
    struct digest index = text_empty(text) ? (struct digest){{0}} : sealed_index(d, place, text);
    parameters_bytes(p, text_empty(text) ? (struct bytes){NULL, 0} : digest_bytes(&index));
}

void column_index(struct column *c, const struct database *d, const char *place, const char *text)
{
    if (!d->vault)
        (void)fault_set(&c->broken, FAULT_INTERNAL, "%s: this connection has no vault", place);
    struct digest index = text_empty(text) ? (struct digest){{0}} : sealed_index(d, place, text);
    column_bytes(c, text_empty(text) ? (struct bytes){NULL, 0} : digest_bytes(&index));
}

enum fault_code rows_open(struct rows *r, int row, int column, struct vault_place at, struct fault *f)
{
    OWNED_BUFFER plain = BUFFER(VAULT_SIZE_MAX);
    struct bytes sealed = rows_bytes(r, row, column);
    const struct vault *v = rows_vault(r);
    if (!sealed.data)
        return FAULT_NONE;
    if (!v)
        return fault_set(f, FAULT_INTERNAL, "%s: this connection has no vault", at.place);
    enum fault_code code = vault_open(v, at, sealed, &plain, f);
    if (!code)
        rows_put(r, row, column, buffer_bytes(&plain));
    if (plain.data)
        explicit_bzero(plain.data, plain.size);
    return code;
}

enum fault_code rows_open_all(struct rows *r, int owner, const struct sealed_column *columns, size_t count,
                              struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (int i = 0; i < rows_count(r); i++)
        for (size_t k = 0; !code && k < count; k++)
            code = rows_open(r, i, columns[k].column, SEALED_AT(columns[k].place, rows_bytes(r, i, owner)), f);
    return code;
}

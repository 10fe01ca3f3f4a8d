#include "identity.h"

void identity_clear(struct identity *i)
{
    i->key = key_free(i->key);
    i->certificate = certificate_free(i->certificate);
}

static enum fault_code check_issuer(const struct certificate *c, struct certificate *const *authorities, size_t count,
                                    struct instant now, struct fault *f)
{
    enum fault_code code = count ? FAULT_UNTRUSTED : certificate_check_time(c, now, f);
    for (size_t i = 0; i < count && code; i++)
        code = certificate_check(c, authorities[i], CERTIFICATE_SIGNS, now, f);
    return code;
}

static enum fault_code load(const struct config *config, struct certificate *const *authorities, size_t count,
                            struct instant now, struct identity *i, struct fault *f)
{
    const char *path = config_text(config, "sign.certificate");
    enum fault_code code = key_load(config_text(config, "sign.key"), &i->key, f);
    if (code == FAULT_NONE)
        code = certificate_load(path, &i->certificate, f);
    if (code != FAULT_NONE)
        return code;
    struct digest of_key = key_id(i->key), of_certificate = certificate_key_id(i->certificate);
    if (!digest_equal(&of_key, &of_certificate))
        return fault_set(f, FAULT_CONFIG, "sign.certificate %s is not the certificate of sign.key", path);
    code = check_issuer(i->certificate, authorities, count, now, f);
    return code ? fault_set(f, FAULT_CONFIG, "sign.certificate %s: %.500s; renew it with `lt keys`", path, f->text)
                : FAULT_NONE;
}

enum fault_code identity_load(const struct config *config, struct certificate *const *authorities, size_t count,
                              struct instant now, struct identity *ret, struct fault *f)
{
    struct identity i = {0};
    enum fault_code code = load(config, authorities, count, now, &i, f);
    if (code)
        identity_clear(&i);
    else
        *ret = i;
    return code;
}

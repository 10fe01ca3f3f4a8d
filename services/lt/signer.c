#include "signer.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static const char *const router_keys[] = {"endpoint", "key", NULL};
static const struct config_row rows[] = {
    {.key = "agency", .type = CONFIG_TEXT, .help = "the operators' code, as the routers' directory has it"},
    {.key = "officer", .type = CONFIG_TEXT, .standard = "", .help = "who you are; --officer says it otherwise"},
    {.key = "keys.sign",
     .type = CONFIG_PATH,
     .help = "your signing key, PEM, readable by you alone (lt keys: sign.key)"},
    {.key = "keys.certificate", .type = CONFIG_PATH, .help = "its certificate, PEM (sign.pem)"},
    {.key = "keys.curve", .type = CONFIG_PATH, .help = "your secret CURVE key, Z85, readable by you alone (curve.key)"},
    {.key = "routers",
     .type = CONFIG_LIST,
     .entry_keys = router_keys,
     .help = "endpoint: tcp://host:port; key: the router's public CURVE key (curve.pub), in quotes"},
    {.key = NULL}};

/* So that a wrong file is named here, and not refused over there. */
static enum fault_code keys_fit(const struct signer *o, struct fault *f)
{
    OWNED(certificate) c = NULL;
    const char *path = config_text(o->config, "keys.certificate");
    if (certificate_load(path, &c, f) != FAULT_NONE)
        return f->code;
    struct digest own = key_id(o->key), named = certificate_key_id(c);
    if (!digest_equal(&own, &named))
        return fault_set(f, FAULT_CONFIG, "%s is not the certificate of the key in %s", path,
                         config_text(o->config, "keys.sign"));
    if (!text_equal(certificate_agency(c), o->agency))
        return fault_set(f, FAULT_CONFIG, "%s is a certificate of %s, not of %s", path, certificate_agency(c),
                         o->agency);
    return FAULT_NONE;
}

enum fault_code signer_open(const char *path, struct signer *ret, struct fault *f)
{
    struct signer o = {0};
    const char *file = path ? path : getenv("LIENTHONG_OPERATOR");
    if (text_empty(file))
        return fault_set(f, FAULT_CONFIG, "who commands? Give --operator FILE, or set LIENTHONG_OPERATOR");
    enum fault_code code = config_load(file, rows, &o.config, f);
    if (code != FAULT_NONE)
        return code;
    o.agency = config_text(o.config, "agency");
    o.officer = config_text(o.config, "officer");
    if (config_count(o.config, "routers") == 0)
        code = fault_set(f, FAULT_CONFIG, "%s: routers: name at least one", file);
    if (code == FAULT_NONE)
        code = key_load(config_text(o.config, "keys.sign"), &o.key, f);
    if (code == FAULT_NONE)
        code = curve_load(config_text(o.config, "keys.curve"), &o.curve, f);
    if (code == FAULT_NONE)
        code = keys_fit(&o, f);
    if (code != FAULT_NONE) {
        signer_close(&o);
        return code;
    }
    *ret = o;
    return FAULT_NONE;
}

void signer_close(struct signer *o)
{
    key_free(o->key);
    config_free(o->config);
    explicit_bzero(o, sizeof(*o));
}

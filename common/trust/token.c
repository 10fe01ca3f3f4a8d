#define OPENSSL_SUPPRESS_DEPRECATED /* OpenSSL 3.0 has no other way to PKCS#11 than its engines; Debian 12 has no provider */
#include "trust/token.h"
#include "base/memory.h"
#include "base/private_file.h"
#include "base/text.h"
#include "trust/pkey.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define URI_SIZE_MAX 2048
#define PIN_SIZE_MIN 4
#define PIN_SIZE_MAX 256

static const char scheme[] = "pkcs11:";

/* For the process' life: OpenSSL has each engine once, and a key refers to it. */
static struct {
    pthread_mutex_t lock;
    ENGINE *engine;
    char *module;
} loaded = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool token_is_uri(const char *text)
{
    return strncmp(text, scheme, sizeof(scheme) - 1) == 0;
}

/* --- The URI -------------------------------------------------------------------------------------------------------- */

struct parts {
    char object[URI_SIZE_MAX]; /* the URI without its query */
    char module[PATH_MAX], pin_file[PATH_MAX];
};

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Percent signs are undone. */
static bool take_value(const char *text, size_t size, char *to, size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        int c = (uint8_t)text[i];
        if (c == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (at + 1 >= room)
            return false;
        to[at++] = (char)c;
    }
    to[at] = '\0';
    return at > 0;
}

static bool take_attribute(const char *text, size_t size, struct parts *ret, struct fault *f)
{
    static const char module[] = "module-path=", pin_source[] = "pin-source=file:";
    if (size > sizeof(module) - 1 && strncmp(text, module, sizeof(module) - 1) == 0 &&
        take_value(text + sizeof(module) - 1, size - sizeof(module) + 1, ret->module, sizeof(ret->module)))
        return true;
    if (size > sizeof(pin_source) - 1 && strncmp(text, pin_source, sizeof(pin_source) - 1) == 0 &&
        take_value(text + sizeof(pin_source) - 1, size - sizeof(pin_source) + 1, ret->pin_file, sizeof(ret->pin_file)))
        return true;
    if (strncmp(text, "pin-value", 9) == 0)
        fault_set(f, FAULT_CONFIG,
                  "a PIN does not belong into the URI (pin-value): put it into a file, pin-source=file:PATH");
    else
        fault_set(f, FAULT_CONFIG,
                  "after the question mark stand module-path=PATH and pin-source=file:PATH, joined by &");
    return false;
}

static enum fault_code take_apart(const char *uri, struct parts *ret, struct fault *f)
{
    *ret = (struct parts){{0}};
    size_t size = strcspn(uri, "?");
    if (strlen(uri) >= URI_SIZE_MAX)
        return fault_set(f, FAULT_CONFIG, "the URI is longer than %d bytes", URI_SIZE_MAX - 1);
    if (size == sizeof(scheme) - 1)
        return fault_set(f, FAULT_CONFIG, "it names no key: pkcs11:token=NAME;object=NAME");
    if (memmem(uri, size, "pin-value", 9))
        return fault_set(f, FAULT_CONFIG, "a PIN does not belong into the URI (pin-value): pin-source=file:PATH");
    memcpy(ret->object, uri, size);
    for (const char *at = uri[size] ? uri + size + 1 : ""; *at;) {
        size_t length = strcspn(at, "&");
        if (!take_attribute(at, length, ret, f))
            return FAULT_CONFIG;
        at += length + (at[length] == '&');
    }
    if (!*ret->pin_file)
        return fault_set(f, FAULT_CONFIG, "it names no file with the PIN: ?pin-source=file:PATH");
    return FAULT_NONE;
}

/* --- The engine ----------------------------------------------------------------------------------------------------- */

static enum fault_code open_engine(const char *module, struct fault *f)
{
    if (loaded.engine && strcmp(loaded.module, module) == 0)
        return FAULT_NONE;
    if (loaded.engine)
        return fault_set(f, FAULT_CONFIG, "this process uses the module %s already, and takes only one", loaded.module);
    ENGINE_load_builtin_engines(); /* among them the one that loads others */
    ENGINE *engine = ENGINE_by_id("pkcs11");
    if (!engine)
        return fault_set(f, FAULT_CONFIG, "OpenSSL's engine pkcs11 is missing (Debian: libengine-pkcs11-openssl): %s",
                         openssl_reason());
    bool good = !*module || ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0);
    if (!good || !ENGINE_init(engine)) {
        ENGINE_free(engine);
        return fault_set(f, FAULT_CONFIG, "the module %s cannot be used: %s", *module ? module : "of p11-kit",
                         openssl_reason());
    }
    loaded.engine = engine;
    loaded.module = memory_text(module);
    return FAULT_NONE;
}

static enum fault_code load_key(const struct parts *p, EVP_PKEY **ret, struct fault *f)
{
    char pin[PIN_SIZE_MAX];
    enum fault_code code = private_file_line(p->pin_file, PIN_SIZE_MIN, pin, sizeof(pin), f);
    if (code)
        return fault_wrap(f, "the PIN");
    EVP_PKEY *key = NULL;
    if (ENGINE_ctrl_cmd_string(loaded.engine, "PIN", pin, 0))
        key = ENGINE_load_private_key(loaded.engine, p->object, NULL, NULL);
    OPENSSL_cleanse(pin, sizeof(pin));
    if (!key)
        return fault_set(f, FAULT_CONFIG, "no such key, or the token does not give it (is the PIN in %s right?): %s",
                         p->pin_file, openssl_reason());
    *ret = key;
    return FAULT_NONE;
}

enum fault_code token_load(const char *uri, EVP_PKEY **ret, struct fault *f)
{
    struct parts p;
    enum fault_code code = take_apart(uri, &p, f);
    pthread_mutex_lock(&loaded.lock);
    if (!code)
        code = open_engine(p.module, f);
    if (!code)
        code = load_key(&p, ret, f);
    pthread_mutex_unlock(&loaded.lock);
    if (!code)
        return FAULT_NONE;
    if (strstr(uri, "pin-value")) /* whoever wrote a PIN there does not find it in a log as well */
        return fault_wrap(f, "a key in a token");
    return fault_wrap(f, "%.*s", (int)strcspn(uri, "?"), uri);
}

#include "trust/pki.h"
#include "base/memory.h"
#include <fcntl.h>
#include <ftw.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fixture: %s failed\n", what);
        abort();
    }
}

static void must_not_fail(enum fault_code code, const struct fault *f)
{
    must(code == FAULT_NONE, f->text);
}

void pki_open(struct pki *p)
{
    struct fault f;
    snprintf(p->folder, sizeof(p->folder), "/tmp/lt-pki-XXXXXX");
    must(mkdtemp(p->folder) != NULL, "mkdtemp");
    must_not_fail(authority_create(p->folder, "Test authority", PKI_NOW, 3650, &f), &f);
    must_not_fail(certificate_load(pki_path(p, "ca.pem"), &p->authority, &f), &f);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void pki_close(struct pki *p)
{
    p->authority = certificate_free(p->authority);
    must(nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "removing the folder");
}

const char *pki_path(const struct pki *p, const char *name)
{
    static char paths[4][256];
    static size_t next;
    char *path = paths[next++ % LENGTH(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", p->folder, name);
    return path;
}

void pki_agency(struct pki *p, const char *agency, const char *algorithm, struct key **ret_key,
                struct certificate **ret_certificate)
{
    struct fault f;
    char name[128];
    const struct authority_subject subject = {agency, "Test agency", 365, algorithm};
    must_not_fail(authority_issue(p->folder, subject, PKI_NOW, &f), &f);
    snprintf(name, sizeof(name), "%s/sign.key", agency);
    if (ret_key)
        must_not_fail(key_load(pki_path(p, name), ret_key, &f), &f);
    snprintf(name, sizeof(name), "%s/sign.pem", agency);
    if (ret_certificate)
        must_not_fail(certificate_load(pki_path(p, name), ret_certificate, &f), &f);
}

void pki_write(const struct pki *p, const char *name, const char *text, unsigned mode)
{
    const char *path = pki_path(p, name);
    FILE *file = fopen(path, "we");
    must(file != NULL, path);
    must(fputs(text, file) >= 0 && fclose(file) == 0, path);
    must(chmod(path, mode) == 0, path);
}

static EVP_PKEY *authority_key(const struct pki *p)
{
    FILE *file = fopen(pki_path(p, "ca.key"), "re");
    must(file != NULL, "ca.key");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    must(key != NULL, "ca.key");
    return key;
}

struct certificate *pki_bent(struct pki *p, const char *agency, void (*change)(X509 *x509))
{
    struct fault f;
    struct certificate *plain, *bent;
    pki_agency(p, agency, "p256", NULL, &plain);
    struct bytes der = certificate_der(plain);
    const uint8_t *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.size);
    must(x509 != NULL, "d2i_X509");
    change(x509);
    EVP_PKEY *key = authority_key(p);
    must(X509_sign(x509, key, EVP_sha256()) > 0, "X509_sign");
    EVP_PKEY_free(key);
    uint8_t *out = NULL;
    int size = i2d_X509(x509, &out);
    must(size > 0, "i2d_X509");
    must_not_fail(certificate_parse(BYTES(out, (size_t)size), &bent, &f), &f);
    OPENSSL_free(out);
    X509_free(x509);
    certificate_free(plain);
    return bent;
}

bool pki_says(const struct fault *f, const char *text)
{
    if (strstr(f->text, text))
        return true;
    fprintf(stderr, "the fault says: %s\n      expected: %s\n", f->text, text);
    return false;
}

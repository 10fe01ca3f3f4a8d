#pragma once
/* An authority and one reader with his key, made once for these targets; they protect nothing. */
#include "base/memory.h"
#include "trust/key.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_NOW ((struct instant){INT64_C(1796083200) * INSTANT_SECOND_US}) /* 2026-12-01T00:00:00Z */

static inline struct certificate *fuzz_certificate(const char *base64)
{
    struct certificate *c = NULL;
    struct fault f;
    size_t size = strlen(base64);
    OWNED_MEMORY uint8_t *der = memory_new(size);
    int whole = EVP_DecodeBlock(der, (const uint8_t *)base64, (int)size);
    if (whole < 0)
        abort();
    size = (size_t)whole - (size_t)(base64[size - 1] == '=') - (size_t)(base64[size - 2] == '=');
    if (certificate_parse(BYTES(der, size), &c, &f))
        abort();
    return c;
}

static inline struct certificate *fuzz_authority(void)
{
    return fuzz_certificate("MIIBqzCCAVKgAwIBAgIUeLYy/qyk4de1PQW5FYQGkSWrOnQwCgYIKoZIzj0EAwIw"
                            "MzEXMBUGA1UEAwwORnV6eiBhdXRob3JpdHkxGDAWBgNVBAoMD0xpZW50aG9uZyB0"
                            "ZXN0czAgFw0yNjExMjQwMjE5NDNaGA8yMTI2MTAzMTAyMTk0M1owMzEXMBUGA1UE"
                            "AwwORnV6eiBhdXRob3JpdHkxGDAWBgNVBAoMD0xpZW50aG9uZyB0ZXN0czBZMBMG"
                            "ByqGSM49AgEGCCqGSM49AwEHA0IABBGXVzxz9kU3MidHMEi1aLQZSpvX0gd9Cw8k"
                            "uVPNHY7gOVkVenpA6fdqSGkCiG5gJ7FHs3bjEY+zpaknEg631mKjQjBAMA8GA1Ud"
                            "EwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBT1ENZnJUHh7P4c"
                            "SMKqyQP5w9eXXDAKBggqhkjOPQQDAgNHADBEAiAe1048Yc00axmOOlPHpRuIyFit"
                            "Grq7zNJEChe4H7YNrgIgFeSmQTLAU1Z+kwQoKh3l3Y+EttfG0y/ulFjgnFPvDvw=");
}

static inline struct certificate *fuzz_reader(struct key **ret_key)
{
    struct fault f;
    if (key_from_pem("-----BEGIN EC PRIVATE KEY-----\n"
                     "MHcCAQEEIDXfCV/J5JKbArHIxQFfD40Y8EttT6cobO1G2JADLLeOoAoGCCqGSM49\n"
                     "AwEHoUQDQgAE93y6RFK6gW4oCQYLBFB73G5FZadMljr9oFz2VyC4wK8eC+3ywLHz\n"
                     "47KDjffVpPaFRTpyXkebuhprIQEL7+u9Ag==\n"
                     "-----END EC PRIVATE KEY-----\n",
                     ret_key, &f))
        abort();
    return fuzz_certificate("MIIBwTCCAWagAwIBAgIUIgCHv9g8lNBHtkRejWmghN2qRj8wCgYIKoZIzj0EAwIw"
                            "MzEXMBUGA1UEAwwORnV6eiBhdXRob3JpdHkxGDAWBgNVBAoMD0xpZW50aG9uZyB0"
                            "ZXN0czAgFw0yNjExMjQwMjE5NDNaGA8yMTI2MTAzMTAyMTk0M1owKTEPMA0GA1UE"
                            "AwwGcmVhZGVyMRYwFAYDVQRhDA0wMDAuMDIuMDEuSDU4MFkwEwYHKoZIzj0CAQYI"
                            "KoZIzj0DAQcDQgAE93y6RFK6gW4oCQYLBFB73G5FZadMljr9oFz2VyC4wK8eC+3y"
                            "wLHz47KDjffVpPaFRTpyXkebuhprIQEL7+u9AqNgMF4wDAYDVR0TAQH/BAIwADAO"
                            "BgNVHQ8BAf8EBAMCAwgwHQYDVR0OBBYEFAvygxH8GuAcxYJoGiGmtWwLKxWuMB8G"
                            "A1UdIwQYMBaAFPUQ1mclQeHs/hxIwqrJA/nD15dcMAoGCCqGSM49BAMCA0kAMEYC"
                            "IQDsOMb1z3fvQdXWyClq6CMbXa3HSCRDkx/eUdr3snVV5QIhAKAGqSNwlz/ygTWk"
                            "1sR6bHKNgtc9cfb1+K+h4dKInLmt");
}

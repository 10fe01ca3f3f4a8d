#include "evidence/manifest.h"

static void base64(const struct digest *d, char to[45])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < 11; i++) {
        uint32_t group = (uint32_t)d->bytes[3 * i] << 16 | (uint32_t)d->bytes[3 * i + 1] << 8;
        if (i < 10)
            group |= d->bytes[3 * i + 2];
        for (size_t j = 0; j < 4; j++)
            to[4 * i + j] = digits[group >> (18 - 6 * j) & 63];
    }
    to[43] = '=';
    to[44] = '\0';
}

enum fault_code manifest_print(const struct archive_entry *entries, size_t count, struct buffer *to, struct fault *f)
{
    char digest[45];
    enum fault_code code =
        buffer_print(to, f,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" "
                     "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n"
                     "<asic:SigReference URI=\"" MANIFEST_SIGNATURE "\" MimeType=\"application/octet-stream\"/>\n");
    for (size_t i = 1; i < count && code == FAULT_NONE; i++) {
        base64(&entries[i].digest, digest);
        code = buffer_print(to, f,
                            "<asic:DataObjectReference URI=\"%s\">"
                            "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
                            "<ds:DigestValue>%s</ds:DigestValue></asic:DataObjectReference>\n",
                            entries[i].name, digest);
    }
    return code == FAULT_NONE ? buffer_print(to, f, "</asic:ASiCManifest>\n") : code;
}

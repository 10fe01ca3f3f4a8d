#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum fault_code read_private(const char *path, uint8_t *data, size_t room, size_t *ret_size, struct fault *f)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fault_set(f, FAULT_CONFIG, "%s: %s", path, strerror(errno));
    struct stat status;
    ssize_t size = -1;
    bool open_to_others = fstat(file, &status) != 0 || (status.st_mode & 077) != 0;
    if (!open_to_others)
        size = read(file, data, room);
    close(file);
    if (open_to_others)
        return fault_set(f, FAULT_CONFIG, "%s: others may read it; run chmod 600 on it", path);
    if (size < 0)
        return fault_set(f, FAULT_CONFIG, "%s: cannot be read", path);
    *ret_size = (size_t)size;
    return FAULT_NONE;
}

enum fault_code secret_load(const char *path, uint8_t key[32], struct fault *f)
{
    size_t size = 0;
    if (read_private(path, key, 32, &size, f) != FAULT_NONE)
        return f->code;
    if (size < 32)
        return fault_set(f, FAULT_CONFIG, "%s: has %zu bytes, needs 32 random ones", path, size);
    return FAULT_NONE;
}

enum fault_code secret_token(const char *path, char *token, size_t room, struct fault *f)
{
    size_t size = 0;
    if (read_private(path, (uint8_t *)token, room - 1, &size, f) != FAULT_NONE)
        return f->code;
    token[size] = '\0';
    token[strcspn(token, "\r\n")] = '\0';
    if (strlen(token) < 16)
        return fault_set(f, FAULT_CONFIG, "%s: its first line needs at least 16 characters", path);
    return FAULT_NONE;
}

void secret_of(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE])
{
    uint8_t mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    HMAC(EVP_sha256(), key, 32, dossier.bytes, sizeof(dossier.bytes), mac, &size);
    bytes_to_hex(BYTES(mac, 16), text);
}

bool secret_matches(const uint8_t key[32], struct uuid dossier, const char *text)
{
    char right[SECRET_TEXT_SIZE];
    secret_of(key, dossier, right);
    return text && bytes_equal_secret(bytes_of_text(right), bytes_of_text(text));
}

#include "trust/z85.h"
#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

void z85_encode(const uint8_t key[Z85_KEY_SIZE], char text[Z85_TEXT_SIZE])
{
    for (size_t group = 0; group < Z85_KEY_SIZE / 4; group++) {
        const uint8_t *k = key + 4 * group;
        uint32_t value = (uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3];
        for (size_t i = 5; i-- > 0; value /= 85)
            text[5 * group + i] = alphabet[value % 85];
    }
    text[Z85_TEXT_SIZE - 1] = '\0';
}

bool z85_decode(const char *text, uint8_t key[Z85_KEY_SIZE])
{
    if (strlen(text) != Z85_TEXT_SIZE - 1)
        return false;
    for (size_t group = 0; group < Z85_KEY_SIZE / 4; group++) {
        uint64_t value = 0;
        for (size_t i = 0; i < 5; i++) {
            const char *digit = strchr(alphabet, text[5 * group + i]);
            if (!digit)
                return false;
            value = value * 85 + (uint64_t)(digit - alphabet);
        }
        if (value > UINT32_MAX)
            return false;
        for (size_t i = 0; i < 4; i++)
            key[4 * group + i] = (uint8_t)(value >> (24 - 8 * i));
    }
    return true;
}

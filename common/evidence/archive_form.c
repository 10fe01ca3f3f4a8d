#include "evidence/archive_form.h"
#include <stdio.h>
#include <string.h>

#define VERSION 10      /* 1.0: nothing but stored entries */
#define DATE_1980 0x21u /* 1980-01-01; the time is 00:00:00 */

static void put(uint8_t *to, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

uint32_t archive_number(const uint8_t *from, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)from[i] << (8 * i);
    return value;
}

/* CRC-32 of ISO 3309, four bits at a time. */
uint32_t archive_crc(struct bytes bytes)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* Also no way out of the folder into which somebody unpacks it. */
bool archive_name_fits(const char *name, size_t size)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_/";
    if (size == 0 || size >= ARCHIVE_NAME_SIZE || name[0] == '/' || name[size - 1] == '/')
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] == '\0' || !strchr(allowed, name[i]) || (name[i] == '.' && i + 1 < size && name[i + 1] == '.'))
            return false;
    return true;
}

void archive_local(const struct archive_entry *e, uint8_t to[ARCHIVE_LOCAL_SIZE])
{
    memset(to, 0, ARCHIVE_LOCAL_SIZE);
    put(to, 0x04034b50, 4);
    put(to + 4, VERSION, 2);
    put(to + 12, DATE_1980, 2);
    put(to + 14, e->crc, 4);
    put(to + 18, e->size, 4);
    put(to + 22, e->size, 4);
    put(to + 26, (uint32_t)strlen(e->name), 2);
}

void archive_central(const struct archive_entry *e, uint8_t to[ARCHIVE_CENTRAL_SIZE])
{
    memset(to, 0, ARCHIVE_CENTRAL_SIZE);
    put(to, 0x02014b50, 4);
    put(to + 4, VERSION, 2);
    put(to + 6, VERSION, 2);
    put(to + 14, DATE_1980, 2);
    put(to + 16, e->crc, 4);
    put(to + 20, e->size, 4);
    put(to + 24, e->size, 4);
    put(to + 28, (uint32_t)strlen(e->name), 2);
    put(to + 42, e->at, 4);
}

void archive_end(size_t count, uint32_t at, uint32_t size, uint8_t to[ARCHIVE_END_SIZE])
{
    memset(to, 0, ARCHIVE_END_SIZE);
    put(to, 0x06054b50, 4);
    put(to + 8, (uint32_t)count, 2);
    put(to + 10, (uint32_t)count, 2);
    put(to + 12, size, 4);
    put(to + 16, at, 4);
    put(to + 20, ARCHIVE_COMMENT_SIZE, 2);
}

void archive_comment(const struct digest *d, char to[ARCHIVE_COMMENT_SIZE + 1])
{
    char hex[2 * DIGEST_SIZE + 1];
    bytes_to_hex(digest_bytes(d), hex);
    snprintf(to, ARCHIVE_COMMENT_SIZE + 1, "sha256=%s", hex);
}

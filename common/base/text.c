#include "base/text.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define MASK "****"
#define MASK_KEPT 3
#define MASK_LEAST 7

/* Size of the well-formed character at DATA, 0 when there is none: no overlong form, no surrogate, nothing above U+10FFFF
 * (Unicode table 3-7). */
static size_t character_size(const uint8_t *data, size_t size)
{
    uint8_t first = data[0];
    if (first < 0x80)
        return 1;
    size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size < need)
        return 0;
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (data[1] < least || data[1] > most)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    return need;
}

bool text_is_utf8(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size;) {
        size_t step = bytes.data[i] ? character_size(bytes.data + i, bytes.size - i) : 0;
        if (!step)
            return false;
        i += step;
    }
    return true;
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_empty(const char *text)
{
    return !text || !*text;
}

enum fault_code text_nfc(const char *text, char **ret, struct fault *f)
{
    if (!text_is_utf8(bytes_of_text(text)))
        return fault_set(f, FAULT_MALFORMED, "the text is not valid UTF-8");
    utf8proc_uint8_t *normal = NULL;
    utf8proc_option_t options = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, 0, &normal, options);
    if (size < 0)
        return fault_set(f, FAULT_MALFORMED, "the text has no NFC form: %s", utf8proc_errmsg(size));
    *ret = (char *)normal;
    return FAULT_NONE;
}

/* Whether the byte goes on with a character that began before it. */
static bool character_goes_on(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

/* First and last byte sequence of each range; both have the same size. */
static const struct hidden {
    char first[5], last[5];
} hidden[] = {
    {"\x01", "\x1f"},                         /* C0 */
    {"\x7f", "\x7f"},                         /* delete */
    {"\xc2\x80", "\xc2\x9f"},                 /* C1 */
    {"\xd8\x9c", "\xd8\x9c"},                 /* U+061C */
    {"\xe2\x80\x8e", "\xe2\x80\x8f"},         /* U+200E, 200F: marks of direction */
    {"\xe2\x80\xa8", "\xe2\x80\xae"},         /* U+2028 to 202E: separators, embeddings, overrides */
    {"\xe2\x81\xa6", "\xe2\x81\xa9"},         /* U+2066 to 2069: isolates */
    {"\xef\xbb\xbf", "\xef\xbb\xbf"},         /* U+FEFF */
    {"\xf3\xa0\x80\x80", "\xf3\xa0\x81\xbf"}, /* U+E0000 to E007F: tags */
};

size_t text_hidden(const char *text)
{
    for (size_t i = 0; i < LENGTH(hidden); i++) {
        size_t size = strlen(hidden[i].first);
        if (strnlen(text, size) == size && memcmp(text, hidden[i].first, size) >= 0 &&
            memcmp(text, hidden[i].last, size) <= 0)
            return size;
    }
    return 0;
}

char *text_masked(const char *text)
{
    size_t characters = 0, size = text ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++)
        characters += !character_goes_on(text[i]);
    if (size == 0)
        return memory_text("");
    size_t kept = size, left = characters >= MASK_LEAST ? MASK_KEPT : 0;
    while (left) /* there are more characters than that, so KEPT stays above 0 */
        left -= !character_goes_on(text[--kept]);
    char *masked = memory_new(sizeof(MASK) + size - kept);
    memcpy(masked, MASK, sizeof(MASK) - 1);
    memcpy(masked + sizeof(MASK) - 1, text + kept, size - kept);
    return masked;
}

void text_copy(char *to, size_t size, const char *from)
{
    if (size == 0)
        return;
    size_t length = from ? strlen(from) : 0;
    if (length >= size) {
        length = size - 1;
        while (length && character_goes_on(from[length]))
            length--;
    }
    if (length)
        memcpy(to, from, length);
    to[length] = 0;
}

void text_mend(char *text)
{
    char *to = text;
    bool bad = false;
    for (size_t left = strlen(text); left;) {
        size_t step = character_size((const uint8_t *)text, left);
        if (step)
            memmove(to, text, step);
        else if (!bad)
            *to = '?';
        to += step ? step : bad ? 0 : 1;
        bad = !step;
        text += step ? step : 1;
        left -= step ? step : 1;
    }
    *to = '\0';
}

size_t text_in_case(const char *from, bool upper, char *to, size_t size)
{
    size_t whole = 0, used = 0;
    while (*from) {
        utf8proc_int32_t character;
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)from, -1, &character);
        if (step < 1)
            break; /* not UTF-8, against the contract */
        from += step;
        character = upper ? utf8proc_toupper(character) : utf8proc_tolower(character);
        size_t length = (size_t)utf8proc_encode_char(character, bytes);
        if (whole == used && used + length < size) {
            memcpy(to + used, bytes, length);
            used += length;
        }
        whole += length;
    }
    to[used] = '\0';
    return whole;
}

size_t text_distance(const char *a, const char *b)
{
    size_t row[TEXT_WORD_SIZE_MAX + 1], width = strlen(b);
    if (strlen(a) > TEXT_WORD_SIZE_MAX || width > TEXT_WORD_SIZE_MAX)
        return SIZE_MAX;
    for (size_t k = 0; k <= width; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < width; k++) {
            size_t best = diagonal + (a[i] != b[k]);
            diagonal = row[k + 1];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[k + 1] = best;
        }
    }
    return row[width];
}

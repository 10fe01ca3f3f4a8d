#include "name.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define POINTS_MAX (NAME_SIZE_MAX + 1)
#define TONES_MAX 8 /* of one syllable: more are kept where they are */

/* A name as code points, decomposed (NFD). */
struct points {
    utf8proc_int32_t at[POINTS_MAX * 4];
    size_t count;
};

const char *name_remark_text(int index)
{
    static const char *const texts[NAME_REMARKS] = {"unicode form", "letter case", "spacing", "tone mark placement"};
    return texts[index];
}

int name_length(const char *name)
{
    utf8proc_ssize_t count = utf8proc_decompose((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), NULL, 0,
                                                (utf8proc_option_t)0);
    return count < 0 ? -1 : (int)count;
}

static bool point_is_space(utf8proc_int32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* Grave, acute, tilde, hook above, dot below. Circumflex, breve and horn make another vowel and stay. */
static bool point_is_tone(utf8proc_int32_t c)
{
    return c == 0x300 || c == 0x301 || c == 0x303 || c == 0x309 || c == 0x323;
}

/* One space between words, none around. */
static void points_space(struct points *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool space = point_is_space(p->at[i]);
        if (space && (kept == 0 || p->at[kept - 1] == ' '))
            continue;
        p->at[kept++] = space ? ' ' : p->at[i];
    }
    while (kept && p->at[kept - 1] == ' ')
        kept--;
    p->count = kept;
}

/* Each syllable's tone marks go behind its last letter: a syllable has one tone, wherever it is written. */
static void points_move_tones(struct points *p)
{
    utf8proc_int32_t tones[TONES_MAX];
    size_t tone_count = 0, kept = 0;
    for (size_t i = 0; i <= p->count; i++) {
        if (i == p->count || point_is_space(p->at[i])) {
            for (size_t k = 0; k < tone_count; k++)
                p->at[kept++] = tones[k];
            tone_count = 0;
        }
        if (i == p->count)
            break;
        if (point_is_tone(p->at[i]) && tone_count < TONES_MAX)
            tones[tone_count++] = p->at[i];
        else
            p->at[kept++] = p->at[i];
    }
    p->count = kept;
}

/* Decomposed, with what REMARKS names levelled. */
static enum fault_code points_make(const char *name, unsigned remarks, struct points *ret, struct fault *f)
{
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), ret->at,
                           (utf8proc_ssize_t)LENGTH(ret->at), UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    if (count < 0 || count > (utf8proc_ssize_t)LENGTH(ret->at))
        return fault_set(f, FAULT_MALFORMED, "a name is not UTF-8 or too long");
    ret->count = (size_t)count;
    for (size_t i = 0; remarks & NAME_CASE && i < ret->count; i++)
        ret->at[i] = utf8proc_tolower(ret->at[i]);
    if (remarks & NAME_SPACING)
        points_space(ret);
    if (remarks & NAME_TONE)
        points_move_tones(ret);
    return FAULT_NONE;
}

/* Equal once what REMARKS names is levelled; always regardless of the Unicode form. */
static enum fault_code name_equal(const char *a, const char *b, unsigned remarks, bool *ret, struct fault *f)
{
    OWNED_MEMORY struct points *p = memory_new(sizeof(*p));
    OWNED_MEMORY struct points *q = memory_new(sizeof(*q));
    enum fault_code code = points_make(a, remarks, p, f);
    if (!code)
        code = points_make(b, remarks, q, f);
    if (!code)
        *ret = p->count == q->count && memcmp(p->at, q->at, p->count * sizeof(p->at[0])) == 0;
    return code;
}

static enum fault_code name_is_nfc(const char *name, bool *ret, struct fault *f)
{
    OWNED_MEMORY char *nfc = NULL;
    enum fault_code code = text_nfc(name, &nfc, f);
    if (!code)
        *ret = !strcmp(nfc, name);
    return code;
}

static enum fault_code name_check(const char *name, struct fault *f)
{
    if (strlen(name) > NAME_SIZE_MAX || !text_is_utf8(bytes_of_text(name)))
        return fault_set(f, FAULT_MALFORMED, "a name is not UTF-8, or longer than %d bytes", NAME_SIZE_MAX);
    return FAULT_NONE;
}

/* A remark is one without which the names would still differ. */
static enum fault_code name_remarks(const char *a, const char *b, unsigned *ret, struct fault *f)
{
    const unsigned all = NAME_CASE | NAME_SPACING | NAME_TONE;
    bool a_nfc = true, b_nfc = true;
    enum fault_code code = name_is_nfc(a, &a_nfc, f);
    if (!code)
        code = name_is_nfc(b, &b_nfc, f);
    *ret = a_nfc && b_nfc ? 0 : NAME_UNICODE;
    for (unsigned remark = NAME_CASE; !code && remark <= NAME_TONE; remark <<= 1) {
        bool equal = false;
        code = name_equal(a, b, all & ~remark, &equal, f);
        if (!equal)
            *ret |= remark;
    }
    return code;
}

enum fault_code name_compare(const char *a, const char *b, bool *ret_equal, unsigned *ret_remarks, struct fault *f)
{
    *ret_remarks = 0;
    enum fault_code code = name_check(a, f);
    if (!code)
        code = name_check(b, f);
    if (!code)
        code = name_equal(a, b, NAME_CASE | NAME_SPACING | NAME_TONE, ret_equal, f);
    if (code || !*ret_equal || !strcmp(a, b))
        return code;
    return name_remarks(a, b, ret_remarks, f);
}

/* No path proves a leaf in a place where it does not stand. Input: index, count, number of hashes, changes, then leaves.
 * Links: lt_trust lt_base */
#include "fuzz.h"
#include "base/memory.h"
#include "trust/merkle.h"
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 256
#define HASHES_MAX 10

struct claim {
    size_t index, count, path_count;
    struct digest path[HASHES_MAX];
};

/* A claim that is right for leaf INDEX, which the input then bends. */
static void bend(struct claim *c, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        uint8_t what = data[i] % 4, value = data[i + 1];
        if (what == 0)
            c->index = value;
        else if (what == 1)
            c->count = value;
        else if (what == 2)
            c->path_count = value % (HASHES_MAX + 1);
        else
            c->path[value % HASHES_MAX].bytes[value % DIGEST_SIZE] ^= data[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct digest leaves[COUNT_MAX];
    struct claim right = {.count = (size_t)data[0] + 1};
    right.index = data[1] % right.count;
    for (size_t i = 0; i < right.count; i++) {
        uint8_t number = (uint8_t)i;
        leaves[i] = merkle_leaf(BYTES(&number, 1));
    }
    struct digest root = merkle_root(leaves, right.count), got;
    right.path_count = merkle_path(leaves, right.count, right.index, right.path);
    if (!merkle_path_fits(right.index, right.count, right.path_count))
        abort();

    struct claim claim = right;
    bend(&claim, data + 2, size - 2);
    bool fits =
        merkle_root_from_path(&leaves[right.index], claim.index, claim.count, claim.path, claim.path_count, &got);
    if (fits != merkle_path_fits(claim.index, claim.count, claim.path_count))
        abort();
    /* The count is not in the root: another one with a path of the same shape is the same proof. */
    bool same_path = claim.path_count == right.path_count &&
                     memcmp(claim.path, right.path, right.path_count * sizeof(right.path[0])) == 0;
    if (fits && digest_equal(&got, &root) && !same_path)
        abort();
    if (same_path && claim.index == right.index && claim.count == right.count && !(fits && digest_equal(&got, &root)))
        abort();
    return 0;
}

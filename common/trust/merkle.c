#include "trust/merkle.h"

/* RFC 6962 section 2.1: a leaf can never be taken for a node. */
static const uint8_t leaf_prefix = 0x00, node_prefix = 0x01;

struct digest merkle_leaf(struct bytes data)
{
    return digest_of_all((const struct bytes[]){BYTES(&leaf_prefix, 1), data}, 2);
}

struct digest merkle_node(const struct digest *left, const struct digest *right)
{
    return digest_of_all((const struct bytes[]){BYTES(&node_prefix, 1), digest_bytes(left), digest_bytes(right)}, 3);
}

/* The largest power of two below COUNT (> 1): where RFC 6962 splits. */
static size_t split(size_t count)
{
    size_t k = 1;
    while (k <= (count - 1) / 2)
        k *= 2;
    return k;
}

/* Depth of recursion: the tree's, at most 64. */
struct digest merkle_root(const struct digest *leaves, size_t count)
{
    if (count <= 1)
        return leaves[0];
    size_t k = split(count);
    struct digest left = merkle_root(leaves, k), right = merkle_root(leaves + k, count - k);
    return merkle_node(&left, &right);
}

size_t merkle_path(const struct digest *leaves, size_t count, size_t index, struct digest *path)
{
    if (count <= 1)
        return 0;
    size_t k = split(count), below;
    if (index < k) {
        below = merkle_path(leaves, k, index, path);
        path[below] = merkle_root(leaves + k, count - k);
    } else {
        below = merkle_path(leaves + k, count - k, index - k, path);
        path[below] = merkle_root(leaves, k);
    }
    return below + 1;
}

/* RFC 9162 section 2.1.3.2: the path is climbed with the index of the last leaf beside, which tells where a right sibling is
 * missing and the node goes up as it is. */
bool merkle_root_from_path(const struct digest *leaf, size_t index, size_t count, const struct digest *path,
                           size_t path_count, struct digest *ret)
{
    if (index >= count)
        return false;
    size_t last = count - 1;
    struct digest d = *leaf;
    for (size_t i = 0; i < path_count; i++) {
        if (last == 0)
            return false;
        if (index % 2 || index == last) {
            d = merkle_node(&path[i], &d);
            while (index % 2 == 0 && index != 0) {
                index /= 2;
                last /= 2;
            }
        } else {
            d = merkle_node(&d, &path[i]);
        }
        index /= 2;
        last /= 2;
    }
    if (last != 0)
        return false;
    *ret = d;
    return true;
}

size_t merkle_rise(struct digest *nodes, size_t count)
{
    size_t above = 0;
    for (size_t i = 0; i < count; i += 2, above++)
        nodes[above] = i + 1 < count ? merkle_node(&nodes[i], &nodes[i + 1]) : nodes[i];
    return above;
}

bool merkle_path_fits(size_t index, size_t count, size_t path_count)
{
    if (index >= count)
        return false;
    size_t wanted = 0;
    for (size_t level = count; level > 1; level = (level + 1) / 2, index /= 2)
        wanted += (index ^ 1) < level;
    return path_count == wanted;
}

#pragma once
/* Merkle tree of RFC 6962 section 2.1 (leaf and node hashes have their own prefixes). Pure. */
#include "base/digest.h"

struct digest merkle_leaf(struct bytes data);
struct digest merkle_node(const struct digest *left, const struct digest *right);
struct digest merkle_root(const struct digest *leaves, size_t count); /* count ≥ 1 */
/* Sibling hashes of leaf INDEX upwards; returns their number (≤ ceil(log2(count))). */
size_t merkle_path(const struct digest *leaves, size_t count, size_t index, struct digest *path);
/* False when INDEX, COUNT and path length do not fit together. */
bool merkle_root_from_path(const struct digest *leaf, size_t index, size_t count, const struct digest *path,
                           size_t path_count, struct digest *ret);
/* Whether a path of PATH_COUNT hashes is the one of leaf INDEX among COUNT. */
bool merkle_path_fits(size_t index, size_t count, size_t path_count);
/* Turns one level of the tree into the next above it, in place; returns how many nodes that has. For the paths of all leaves
 * at once: the sibling of leaf I's ancestor at height H is (I >> H) ^ 1, when the level has it. */
size_t merkle_rise(struct digest *nodes, size_t count);

#include "unit.h"
#include "base/memory.h"
#include "trust/merkle.h"
#include <string.h>

#define COUNT_MAX 70

static void leaves_of(struct digest *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t number = (uint8_t)i;
        leaves[i] = merkle_leaf(BYTES(&number, 1));
    }
}

static void test_published_roots(void **state)
{
    (void)state;
    /* The eight inputs and roots that the reference implementations of Certificate Transparency test with. */
    static const char *const inputs[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    static const char *const roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct digest leaves[8];
    for (size_t i = 0; i < LENGTH(inputs); i++) {
        uint8_t data[16];
        size_t size = strlen(inputs[i]) / 2;
        assert_true(bytes_from_hex(inputs[i], data, size));
        leaves[i] = merkle_leaf(BYTES(data, size));
        char text[2 * DIGEST_SIZE + 1];
        struct digest root = merkle_root(leaves, i + 1);
        bytes_to_hex(digest_bytes(&root), text);
        assert_string_equal(text, roots[i]);
    }
}

static void test_every_path_of_every_size(void **state)
{
    (void)state;
    struct digest leaves[COUNT_MAX], path[64], got;
    leaves_of(leaves, COUNT_MAX);
    for (size_t count = 1; count <= COUNT_MAX; count++) {
        struct digest root = merkle_root(leaves, count);
        for (size_t index = 0; index < count; index++) {
            size_t size = merkle_path(leaves, count, index, path);
            assert_true(merkle_path_fits(index, count, size));
            assert_true(merkle_root_from_path(&leaves[index], index, count, path, size, &got));
            assert_true(digest_equal(&got, &root));
        }
    }
}

static void test_wrong_paths(void **state)
{
    (void)state;
    struct digest leaves[COUNT_MAX], path[64], got;
    leaves_of(leaves, COUNT_MAX);
    struct digest root = merkle_root(leaves, 7);
    for (size_t index = 0; index < 7; index++) {
        size_t size = merkle_path(leaves, 7, index, path);
        assert_false(merkle_root_from_path(&leaves[index], index, 7, path, size - 1, &got));
        assert_false(merkle_root_from_path(&leaves[index], index, 7, path, size + 1, &got));
        assert_false(merkle_path_fits(index, 7, size - 1));
        assert_false(merkle_path_fits(index, 7, size + 1));
        for (size_t other = 0; other < 7; other++) {
            if (other == index)
                continue;
            bool fits = merkle_root_from_path(&leaves[index], other, 7, path, size, &got);
            assert_false(fits && digest_equal(&got, &root));
        }
        for (size_t i = 0; i < size; i++) {
            path[i].bytes[i] ^= 1;
            assert_true(merkle_root_from_path(&leaves[index], index, 7, path, size, &got));
            assert_false(digest_equal(&got, &root));
            path[i].bytes[i] ^= 1;
        }
    }
    assert_false(merkle_root_from_path(&leaves[0], 0, 0, path, 0, &got));
    assert_false(merkle_root_from_path(&leaves[0], 1, 1, path, 0, &got));
    assert_false(merkle_path_fits(SIZE_MAX, 7, 3));
}

static void test_a_node_is_never_a_leaf(void **state)
{
    (void)state;
    struct digest leaves[4];
    leaves_of(leaves, 4);
    /* The 64 bytes below a node, offered as a leaf's data, must not give the node. */
    uint8_t children[2 * DIGEST_SIZE];
    memcpy(children, leaves[0].bytes, DIGEST_SIZE);
    memcpy(children + DIGEST_SIZE, leaves[1].bytes, DIGEST_SIZE);
    struct digest node = merkle_node(&leaves[0], &leaves[1]), leaf = merkle_leaf(BYTES(children, sizeof(children)));
    assert_false(digest_equal(&node, &leaf));
    /* Nor does a tree of two nodes have the root of the four leaves when its nodes are leaves. */
    struct digest pair[2] = {leaf, merkle_node(&leaves[2], &leaves[3])};
    struct digest four = merkle_root(leaves, 4), two = merkle_root(pair, 2);
    assert_false(digest_equal(&four, &two));
}

static void test_rising_gives_the_root(void **state)
{
    (void)state;
    for (size_t count = 1; count <= COUNT_MAX; count++) {
        struct digest nodes[COUNT_MAX];
        leaves_of(nodes, COUNT_MAX);
        struct digest root = merkle_root(nodes, count);
        for (size_t level = count; level > 1;)
            level = merkle_rise(nodes, level);
        assert_true(digest_equal(&nodes[0], &root));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_roots),       cmocka_unit_test(test_every_path_of_every_size),
        cmocka_unit_test(test_wrong_paths),           cmocka_unit_test(test_a_node_is_never_a_leaf),
        cmocka_unit_test(test_rising_gives_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a signature costs a message when a batch shares it, against a message that is signed and verified alone.
 *   bench-signatures [ROUNDS]
 * For each algorithm: the processor's time to sign and to verify 256 headers of 500 bytes, each alone, and all as one batch, whose root
 * the verifier remembers. Each figure is the best of the rounds, for other programs only ever take. Prints JSON. */
#include "../unit/trust/pki.h"
#include "base/memory.h"
#include "trust/signature.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BATCH 256
#define HEADER_SIZE 500
#define PER_BATCH_ROUND 20 /* batches of one measurement: one alone is too short to be measured */

static uint8_t headers[BATCH][HEADER_SIZE];
static struct signature_leaf leaves[BATCH];
static struct signature signatures[BATCH];

struct cost {
    double sign_us, verify_us; /* a message */
};

static double cpu_us(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return 1e6 * (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void must(enum fault_code code, const struct fault *f)
{
    if (!code)
        return;
    fprintf(stderr, "bench-signatures: %s\n", f->text);
    exit(EXIT_FAILURE);
}

/* In batches of SIZE; REPEATS times, each with another root. */
static struct cost measure(const struct key *k, const struct certificate *c, size_t size, int repeats)
{
    struct cost cost = {0};
    struct fault f;
    for (int r = 0; r < repeats; r++) {
        OWNED(signature_cache) cache = signature_cache_new(BATCH);
        for (size_t i = 0; i < BATCH; i++)
            headers[i][0]++;
        double start = cpu_us();
        for (size_t i = 0; i < BATCH; i += size)
            must(signature_make_batch(k, leaves + i, size, signatures + i, &f), &f);
        double signed_at = cpu_us();
        for (size_t i = 0; i < BATCH; i++)
            must(signature_check_leaf(c, leaves[i], &signatures[i], cache, &f), &f);
        cost.sign_us += (signed_at - start) / BATCH / repeats;
        cost.verify_us += (cpu_us() - signed_at) / BATCH / repeats;
    }
    return cost;
}

static void keep_best(struct cost *best, struct cost cost)
{
    if (best->sign_us == 0 || cost.sign_us + cost.verify_us < best->sign_us + best->verify_us)
        *best = cost;
}

static void compare(struct pki *pki, const char *algorithm, int rounds, const char *end)
{
    OWNED(key) k = NULL;
    OWNED(certificate) c = NULL;
    struct cost alone = {0}, batch = {0};
    pki_agency(pki, algorithm, algorithm, &k, &c);
    for (int i = 0; i < rounds; i++) {
        keep_best(&alone, measure(k, c, 1, 1));
        keep_best(&batch, measure(k, c, BATCH, PER_BATCH_ROUND));
    }
    printf("  {\"algorithm\": \"%s\", \"alone_sign_us\": %.2f, \"alone_verify_us\": %.2f, \"batch_sign_us\": %.2f, "
           "\"batch_verify_us\": %.2f, \"ratio\": %.4f}%s\n",
           algorithm, alone.sign_us, alone.verify_us, batch.sign_us, batch.verify_us,
           (batch.sign_us + batch.verify_us) / (alone.sign_us + alone.verify_us), end);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 8;
    struct pki pki;
    for (size_t i = 0; i < BATCH; i++) {
        memset(headers[i], (int)i, HEADER_SIZE);
        leaves[i] = (struct signature_leaf){i % 2 ? SIGNATURE_TYPE_RECEIPT : SIGNATURE_TYPE_ENVELOPE,
                                            BYTES(headers[i], HEADER_SIZE)};
    }
    pki_open(&pki);
    printf("{\"batch\": %d, \"header_bytes\": %d, \"algorithms\": [\n", BATCH, HEADER_SIZE);
    compare(&pki, "p256", rounds, ",");
    compare(&pki, "ed25519", rounds, ",");
    compare(&pki, "rsa2048", rounds, ",");
    compare(&pki, "rsa3072", rounds, "");
    printf("]}\n");
    pki_close(&pki);
    return EXIT_SUCCESS;
}

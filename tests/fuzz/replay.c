/* Runs a fuzz target over a corpus without libFuzzer: replay_<noun> FOLDER runs each file and up to MUTATIONS variants of it (fewer
 * of many files: RUNS in all), made from its name and a number, so that a failure can be repeated: replay_<noun> FOLDER FILE NUMBER. */
#include "fuzz.h"
#include "base/memory.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_SIZE_MAX (1 << 20)
#define MUTATIONS 300
#define RUNS 12000
#define EDITS_MAX 8

static const char *folder;
static char running[600];

static void on_crash(int number)
{
    if (write(STDERR_FILENO, running, strlen(running)) < 0)
        _exit(2);
    signal(number, SIG_DFL);
    raise(number);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* One small change: a byte set, a bit turned, a piece cut out, a piece doubled, or the end cut off. */
static size_t edit(uint8_t *data, size_t size, uint64_t *seed)
{
    static const uint8_t special[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x22, '<', '"', '\n'};
    if (size == 0)
        return 0;
    size_t at = next(seed) % size, length = 1 + next(seed) % 16;
    if (length > size - at)
        length = size - at;
    switch (next(seed) % 5) {
    case 0: data[at] = special[next(seed) % sizeof(special)]; return size;
    case 1: data[at] ^= (uint8_t)(1u << next(seed) % 8); return size;
    case 2: memmove(data + at, data + at + length, size - at - length); return size - length;
    case 3:
        if (size + length > INPUT_SIZE_MAX)
            return size;
        memmove(data + at + length, data + at, size - at);
        return size + length;
    default: return at;
    }
}

/* Variant NUMBER of the file; 0 is the file itself. In memory of its exact size, so that sanitizers see each byte too many. */
static void run_variant(const char *name, const uint8_t *original, size_t size, uint32_t number)
{
    snprintf(running, sizeof(running), "failed: replay with arguments %s %s %u\n", folder, name, number);
    uint64_t seed = 0x9e3779b97f4a7c15u + number;
    for (const char *c = name; *c; c++)
        seed = seed * 31 + (uint8_t)*c;
    OWNED_MEMORY uint8_t *data = memory_new(INPUT_SIZE_MAX);
    memcpy(data, original, size);
    for (uint64_t edits = number ? 1 + next(&seed) % EDITS_MAX : 0; edits; edits--)
        size = edit(data, size, &seed);
    OWNED_MEMORY uint8_t *exact = memory_copy(data, size);
    LLVMFuzzerTestOneInput(exact, size);
}

static int run_file(const char *name, int first, int last)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    OWNED_MEMORY uint8_t *data = memory_new(INPUT_SIZE_MAX);
    size_t size = fread(data, 1, INPUT_SIZE_MAX, file);
    fclose(file);
    for (int number = first; number <= last; number++)
        run_variant(name, data, size, (uint32_t)number);
    return 0;
}

static int run_folder(void)
{
    DIR *entries = opendir(folder);
    if (!entries) {
        perror(folder);
        return 1;
    }
    int files = 0, failed = 0;
    for (const struct dirent *entry; (entry = readdir(entries));)
        files += entry->d_name[0] != '.';
    int variants = files * MUTATIONS > RUNS ? RUNS / files : MUTATIONS;
    rewinddir(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.')
            failed |= run_file(entry->d_name, 0, variants);
    closedir(entries);
    if (!files)
        fprintf(stderr, "%s: no inputs\n", folder);
    printf("%d inputs, %d variants each\n", files, variants);
    return failed || !files;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "Usage: %s FOLDER [FILE NUMBER]\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    if (argc == 2)
        return run_folder();
    int number = (int)strtol(argv[3], NULL, 10);
    return run_file(argv[2], number, number);
}

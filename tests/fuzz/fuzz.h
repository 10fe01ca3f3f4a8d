#pragma once
/* What libFuzzer calls, and replay.c in its place. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

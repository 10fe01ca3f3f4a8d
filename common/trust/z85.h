#pragma once
/* Z85 (ZeroMQ RFC 32): the text form of CURVE keys. Only for whole keys of 32 bytes. */
#include "base/bytes.h"

#define Z85_KEY_SIZE 32
#define Z85_TEXT_SIZE 41 /* 40 characters and the NUL */

void z85_encode(const uint8_t key[Z85_KEY_SIZE], char text[Z85_TEXT_SIZE]);
/* False unless TEXT is exactly 40 characters of the alphabet that stand for 32 bytes. */
MUST_USE bool z85_decode(const char *text, uint8_t key[Z85_KEY_SIZE]);

#pragma once
/* The bytes around an archive's contents (PKWARE's APPNOTE 4.3). Only for archive_*.c. */
#include "evidence/archive.h"

#define ARCHIVE_LOCAL_SIZE 30
#define ARCHIVE_CENTRAL_SIZE 46
#define ARCHIVE_END_SIZE 22
#define ARCHIVE_COMMENT_SIZE (7 + 2 * DIGEST_SIZE) /* "sha256=…" */

uint32_t archive_crc(struct bytes bytes);
bool archive_name_fits(const char *name, size_t size);
/* Headers of E without its name, and the end. */
void archive_local(const struct archive_entry *e, uint8_t to[ARCHIVE_LOCAL_SIZE]);
void archive_central(const struct archive_entry *e, uint8_t to[ARCHIVE_CENTRAL_SIZE]);
void archive_end(size_t count, uint32_t at, uint32_t size, uint8_t to[ARCHIVE_END_SIZE]);
void archive_comment(const struct digest *d, char to[ARCHIVE_COMMENT_SIZE + 1]);
uint32_t archive_number(const uint8_t *from, size_t size); /* little-endian */

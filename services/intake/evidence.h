#pragma once
/* Which documents of a file are there, and which need not be asked for, because the repository holds them (provide once). A document is
 * there with its content (digest), on paper (copy kind 0 or 1, or pending), or when a copy that still counts is held. Pure. */
#include "base/instant.h"
#include <jansson.h>
#include <stdbool.h>

#define EVIDENCE_TYPE_SIZE 241 /* 60 characters */

/* VIEW is that of the desk's task (view.h), with parts application and held-documents. The types that are missing on the local
 * day TODAY, each once; none while the repository has not answered. Caller owns. */
json_t *evidence_missing(const json_t *view, int32_t today);
/* TYPE behind those of TYPES, unless it is among them. */
void evidence_add(json_t *types, const char *type);
bool evidence_holds(const json_t *view, const char *type, int32_t today);

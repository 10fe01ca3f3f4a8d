#pragma once
/* A dossier's record as text for people: at most TIMELINE_COLUMNS wide, safe for a terminal. */
#include <jansson.h>
#include <stdio.h>

#define TIMELINE_COLUMNS 140

/* DOSSIER as timeline_read gives it. One line for each event, and below it what came in and what went out. */
void timeline_print(const json_t *dossier, FILE *to);
/* An RFC 3339 instant of OBJECT as "2024-06-05 08:12:03", OFFSET_MINUTES east of UTC; "-" for none. */
#define LOCAL_TEXT_SIZE 32
const char *timeline_local(const json_t *object, const char *key, int64_t offset_minutes, char text[LOCAL_TEXT_SIZE]);

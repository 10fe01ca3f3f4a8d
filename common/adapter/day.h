#pragma once
/* Local days (Asia/Ho_Chi_Minh: UTC+7, without summer time) as days since 1970-01-01. Pure. */
#include "base/instant.h"
#include "base/uuid.h"

int32_t day_of_instant(struct instant at);
/* The day on which a dossier was first submitted: its id begins with those 48 bits of milliseconds (design decision 6).
 * Rules in force then apply to it for its whole life. */
int32_t day_of_dossier(struct uuid dossier);
int day_year(int32_t day);

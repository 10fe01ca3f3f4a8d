#include "adapter/day.h"

#define LOCAL_OFFSET_US (7 * INSTANT_HOUR_US)

int32_t day_of_instant(struct instant at)
{
    int64_t us = at.us + LOCAL_OFFSET_US;
    return (int32_t)(us / INSTANT_DAY_US - (us % INSTANT_DAY_US < 0));
}

int32_t day_of_dossier(struct uuid dossier)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | dossier.bytes[i];
    return day_of_instant((struct instant){ms * 1000});
}

int day_year(int32_t day)
{
    int year, month, month_day;
    date_of_day(day, &year, &month, &month_day);
    return year;
}

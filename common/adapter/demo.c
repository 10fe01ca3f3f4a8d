#include "adapter/demo.h"

#include "base/memory.h"

#include <stdio.h>

/* The list lengths 13, 11 and 17 have no common divisor: names repeat only after 2431 persons. */
static const char *const families[] = {"Nguyễn", "Trần", "Lê",  "Phạm", "Huỳnh", "Phan", "Vũ",
                                       "Võ",     "Đặng", "Bùi", "Đỗ",   "Hồ",    "Ngô"};
static const char *const middles[] = {"Văn", "Thị", "Hữu",   "Ngọc", "Minh", "Thanh",
                                      "Đức", "Kim", "Quang", "Thu",  "Xuân"};
static const char *const givens[] = {"An",   "Bình", "Châu", "Dũng", "Giang", "Hòa",  "Hương", "Khánh", "Lan",
                                     "Long", "Mai",  "Nam",  "Phúc", "Quý",   "Thúy", "Thủy",  "Tuấn"};

/* Tiền Giang's districts, by the codes of the General Statistics Office, from 815. */
#define DISTRICT_FIRST 815
static const char *const districts[] = {"Mỹ Tho",      "thị xã Gò Công", "thị xã Cai Lậy", "Tân Phước",
                                        "Cái Bè",      "Cai Lậy",        "Châu Thành",     "Chợ Gạo",
                                        "Gò Công Tây", "Gò Công Đông",   "Tân Phú Đông"};
static const char *const land_uses[] = {"ODT", "ONT", "CLN"};

void demo_person_make(unsigned number, struct demo_person *ret)
{
    unsigned p = (number + 2 * DEMO_NUMBER_MAX - 1) % (2 * DEMO_NUMBER_MAX) + 1;
    unsigned year = 1950 + p % 50;
    snprintf(ret->full_name, sizeof(ret->full_name), "%s %s %s", families[p % LENGTH(families)],
             middles[p % LENGTH(middles)], givens[p % LENGTH(givens)]);
    snprintf(ret->birth_date, sizeof(ret->birth_date), "%04u-%02u-%02u", year, 1 + p % 12, 1 + p % 28);
    /* 12 digits: province, sex and century, year of birth, six more. */
    snprintf(ret->personal_number, sizeof(ret->personal_number), "999%u%02u%06u", p % 2, year % 100, p % 1000000);
    snprintf(ret->old_card_number, sizeof(ret->old_card_number), "99%07u", p % 10000000);
    snprintf(ret->tax_number, sizeof(ret->tax_number), "99%08u", p % 100000000);
    snprintf(ret->address, sizeof(ret->address), "Số %u đường Hùng Vương, %s, Tiền Giang", p,
             districts[p % LENGTH(districts)]);
    snprintf(ret->telephone, sizeof(ret->telephone), "0999%06u", p % 1000000);
    snprintf(ret->email, sizeof(ret->email), "person%u@example.org", p);
}

void demo_parcel_make(unsigned number, struct demo_parcel *ret)
{
    unsigned i = (number + DEMO_NUMBER_MAX - 1) % DEMO_NUMBER_MAX + 1;
    unsigned district = i % LENGTH(districts), use = i % LENGTH(land_uses);
    snprintf(ret->serial, sizeof(ret->serial), "DM %08u", i % 100000000);
    snprintf(ret->district, sizeof(ret->district), "%u", (DISTRICT_FIRST + district) % 1000);
    snprintf(ret->sheet, sizeof(ret->sheet), "%u", 1 + i % 100);
    snprintf(ret->number, sizeof(ret->number), "%u", 1 + i / 100 % 10000);
    snprintf(ret->area, sizeof(ret->area), "%u.%u", 60 + i % 400, i % 10);
    snprintf(ret->land_use, sizeof(ret->land_use), "%s", land_uses[use]);
    snprintf(ret->term_until, sizeof(ret->term_until), "%s", use == 2 ? "2063-12-31" : "");
    snprintf(ret->location, sizeof(ret->location), "Thửa %s, tờ bản đồ %s, %s, Tiền Giang", ret->number, ret->sheet,
             districts[district]);
    snprintf(ret->contract_number, sizeof(ret->contract_number), "DEMO-%06u/HĐ", i);
    snprintf(ret->contract_date, sizeof(ret->contract_date), "2026-06-01");
    snprintf(ret->contract_value, sizeof(ret->contract_value), "%u", 500000000 + i % 100 * 25000000 + i % 1000);
    ret->holder = 2 * i - 1;
    ret->buyer = 2 * i;
}

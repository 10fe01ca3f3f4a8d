#include "demo.h"

#include "adapter/demo.h"
#include "base/text.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: lt demo application NUMBER [--delivery post|desk] [--channel counter|online]\n"
    "\n"
    "  application  prints a submission (JSON for POST /v1/dossiers) that transfers demonstration parcel NUMBER (1 to 499999) from\n"
    "               its holder to its buyer; the land registry and the police know them after --seed-demo\n"
    "  --channel    counter (if not said): the contract lies on paper before the officer, and intake takes it with the desk's token\n"
    "               only; online: anybody may send it, and the contract on paper is promised\n";

static json_t *party_json(unsigned number)
{
    struct demo_person p;
    demo_person_make(number, &p);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "person", "full_name", p.full_name,
                     "birth_date", p.birth_date, "personal_number", p.personal_number, "tax_number", p.tax_number,
                     "address", p.address, "telephone", p.telephone, "email", p.email);
}

static json_t *application_json(unsigned number, const char *method, const char *channel)
{
    struct demo_parcel parcel;
    struct demo_person buyer;
    demo_parcel_make(number, &parcel);
    demo_person_make(parcel.buyer, &buyer);
    json_t *delivery = text_equal(method, "post")
                           ? json_pack("{s:s, s:s, s:s, s:s}", "method", method, "name", buyer.full_name, "address",
                                       buyer.address, "telephone", buyer.telephone)
                           : json_pack("{s:s}", "method", method);
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:[{s:s, s:s, s:i, s:b}], s:o}", "procedure",
                  "1.013831", "channel", channel, "applicant", party_json(parcel.holder), "transferee",
                  party_json(parcel.buyer), "contract", "number", parcel.contract_number, "date", parcel.contract_date,
                  "value", parcel.contract_value, "certificate_serial", parcel.serial, "area", parcel.area, "district",
                  parcel.district, "documents", "type", "transfer-contract", "name", "Transfer contract", "copy_kind",
                  0, "paper_pending", text_equal(channel, "online"), "delivery", delivery);
    json_object_set_new(json, "parcel", json_sprintf("%s/%s", parcel.sheet, parcel.number));
    return json;
}

static int wrong_use(const char *what)
{
    fprintf(stderr, "lt demo: %s\n%s", what, usage);
    return 2;
}

int demo_main(int argc, char **argv)
{
    const char *method = "post", *channel = "counter";
    if (argc >= 2 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h"))) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 3)
        return wrong_use("what should be printed?");
    for (int i = 3; i < argc; i += 2) {
        bool is_method = text_equal(argv[i], "--delivery");
        if (i + 1 == argc || (!is_method && !text_equal(argv[i], "--channel")))
            return wrong_use("options are --delivery and --channel, each with its value");
        *(is_method ? &method : &channel) = argv[i + 1];
    }
    char *end = NULL;
    unsigned long number = strtoul(argv[2], &end, 10);
    if (!text_equal(argv[1], "application") || *end || number < 1 || number > DEMO_NUMBER_MAX)
        return wrong_use("NUMBER must be 1 to 499999");
    if (!text_equal(method, "post") && !text_equal(method, "desk"))
        return wrong_use("--delivery is post or desk");
    if (!text_equal(channel, "counter") && !text_equal(channel, "online"))
        return wrong_use("--channel is counter or online");
    json_t *json = application_json((unsigned)number, method, channel);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return 0;
}

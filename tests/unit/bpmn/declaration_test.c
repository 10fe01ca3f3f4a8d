/* The file's head: definitions, procedure, facts, parts. Each row is a whole file. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "lienthong/v1/department.pb-c.h"
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/payment.pb-c.h"
#include "lienthong/v1/police.pb-c.h"
#include "lienthong/v1/portal.pb-c.h"
#include "lienthong/v1/postal.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>

#define OPEN \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\" xmlns:z=\"urn:z\">"
#define CLOSE "</b:definitions>"
#define REST START END FLOW("f", "s", "e")
#define PROCESS(attributes_, extensions_)                                                                 \
    OPEN "\n<b:process " attributes_ "><b:extensionElements>\n" extensions_ "</b:extensionElements>" REST \
         "</b:process>" CLOSE
#define RUNS "id=\"p\" isExecutable=\"true\""
#define PROCEDURE "<lt:procedure code=\"X.1\" opened-by=\"desk\"/>"
#define FACT(attributes_) PROCESS(RUNS, PROCEDURE "\n<lt:fact " attributes_ "/>")
#define PART(attributes_) PROCESS(RUNS, PROCEDURE "\n<lt:part " attributes_ "/>")
#define KEPT(rest_) FACT("name=\"dossier.late\" " rest_)

static const struct source_case rows[] = {
    {"a file", PROCESS(RUNS, PROCEDURE), 0, "", ""},
    {"a language that is FEEL", PROCESS(RUNS " name=\"P\"", PROCEDURE), 0, "", ""},
    {"another root", "<b:collaboration xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"/>", 1, "collaboration",
     "must be <definitions>"},
    {"no process", OPEN CLOSE, 1, "definitions", "there is no <process>"},
    {"two processes", OPEN "<b:process id=\"p\"/>\n<b:process id=\"q\"/>" CLOSE, 2, "q", "a second process"},
    {"another language",
     "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" id=\"d\" expressionLanguage=\"http://www.java.com/java\"/>",
     1, "d", "are written in FEEL"},
    {"a signal", OPEN "\n<b:signal id=\"x\"/><b:process id=\"p\"/>" CLOSE, 2, "x", "use a message"},
    {"not executable", PROCESS("id=\"p\"", PROCEDURE), 2, "p", "isExecutable=\"true\""},
    {"not to be executed", PROCESS("id=\"p\" isExecutable=\"false\"", PROCEDURE), 2, "p", "isExecutable=\"true\""},
    {"without id", PROCESS("isExecutable=\"true\"", PROCEDURE), 2, "process", "has no id"},
    {"without procedure", PROCESS(RUNS, ""), 2, "p", "<lt:procedure code"},
    {"without extensions", OPEN "\n<b:process " RUNS ">" REST "</b:process>" CLOSE, 2, "p", "<lt:procedure code"},
    {"two procedures", PROCESS(RUNS, PROCEDURE "\n" PROCEDURE), 4, "procedure", "only one lt:procedure"},
    {"an unknown element of ours", PROCESS(RUNS, PROCEDURE "\n<lt:colour/>"), 4, "colour", "only one lt:procedure"},
    {"without code", PROCESS(RUNS, "<lt:procedure opened-by=\"desk\"/>"), 3, "procedure", "code is missing"},
    {"an empty code", PROCESS(RUNS, "<lt:procedure code=\"\" opened-by=\"desk\"/>"), 3, "procedure", "code is missing"},
    {"a long code", PROCESS(RUNS, "<lt:procedure code=\"123456789012345678901234567890123456\" opened-by=\"desk\"/>"),
     3, "procedure", "code is missing"},
    {"opened by nobody", PROCESS(RUNS, "<lt:procedure code=\"X.1\"/>"), 3, "procedure", "opened-by is missing"},
    {"opened by what is no role", PROCESS(RUNS, "<lt:procedure code=\"X.1\" opened-by=\"Desk\"/>"), 3, "procedure",
     "roles have lower-case letters"},
    {"an unknown attribute", PROCESS(RUNS, "<lt:procedure code=\"X.1\" opened-by=\"desk\" colour=\"red\"/>"), 3,
     "procedure", "attribute colour is not known"},
    {"a jurisdiction that is no fact",
     PROCESS(RUNS, "<lt:procedure code=\"X.1\" opened-by=\"desk\" jurisdiction=\"place\"/>"), 2, "p",
     "must be a declared fact of type text"},
    {"a jurisdiction that is no text",
     PROCESS(
         RUNS,
         "<lt:procedure code=\"X.1\" opened-by=\"desk\" jurisdiction=\"n\"/><lt:fact name=\"n\" type=\"decimal\" setters=\"desk\"/>"),
     2, "p", "must be a declared fact of type text"},
    {"a fact", FACT("name=\"a.b_c\" type=\"text\" setters=\"desk\" values=\"x y\""), 0, "", ""},
    {"a fact without name", FACT("type=\"text\" setters=\"desk\""), 4, "fact", "a name has lower-case letters"},
    {"a fact whose name is a word of FEEL", FACT("name=\"not\" type=\"text\" setters=\"desk\""), 4, "fact",
     "is no word of FEEL"},
    {"a fact without type", FACT("name=\"a\" setters=\"desk\""), 4, "fact", "is not one of text, decimal"},
    {"a fact of an unknown type", FACT("name=\"a\" type=\"number\" setters=\"desk\""), 4, "fact",
     "type \"number\" is not one of"},
    {"values of a number", FACT("name=\"a\" type=\"decimal\" setters=\"desk\" values=\"1 2\""), 4, "fact",
     "only a text has allowed values"},
    {"a fact that nobody sets", FACT("name=\"a\" type=\"text\""), 4, "fact", "setters is missing"},
    {"a fact twice",
     FACT("name=\"a\" type=\"text\" setters=\"desk\"/><lt:fact name=\"a\" type=\"text\" setters=\"desk\""), 4, "fact",
     "declared twice"},
    {"a fact of the engine", KEPT("type=\"yes-no\" setters=\"engine\""), 0, "", ""},
    {"of another type", KEPT("type=\"text\" setters=\"engine\""), 4, "fact", "the engine keeps dossier.late"},
    {"set by a role", KEPT("type=\"yes-no\" setters=\"desk\""), 4, "fact", "the engine keeps dossier.late"},
    {"set by a role too", KEPT("type=\"yes-no\" setters=\"engine desk\""), 4, "fact", "the engine keeps dossier.late"},
    {"a decimal of the engine", FACT("name=\"dossier.status\" type=\"text\" setters=\"engine\""), 4, "fact",
     "type=\"decimal\""},
    {"an unknown fact of the engine", FACT("name=\"dossier.colour\" type=\"text\" setters=\"engine\""), 4, "fact",
     "keeps no fact of this name"},
    {"a name of the engine's", FACT("name=\"dossier.colour\" type=\"text\" setters=\"desk\""), 4, "fact",
     "names that begin with \"dossier.\""},
    {"kept by the engine and set by a role", FACT("name=\"a\" type=\"decimal\" setters=\"engine desk\""), 4, "fact",
     "nobody else may set"},
    {"kept by the engine of nothing", FACT("name=\"a\" type=\"decimal\" setters=\"engine\""), 4, "fact",
     "keeps no fact of this name"},
    {"a part", PART("name=\"a-b\" type=\"x.Y\" readers=\"desk\" authors=\"desk\""), 0, "", ""},
    {"a part from each", PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" each=\"true\""), 0, "", ""},
    {"a part from some", PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" each=\"some\""), 4, "part",
     "each=\"some\" is not \"true\""},
    {"a part that is open, and why",
     PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" open=\"true\" reason=\"it is published anyhow\""),
     0, "", ""},
    {"a part that is open for no reason",
     PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" open=\"true\""), 4, "part", "needs a reason"},
    {"a part that is sealed, and why not",
     PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" reason=\"x\""), 4, "part", "this one is sealed"},
    {"a part that is half open", PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" open=\"half\""), 4,
     "part", "is not \"true\""},
    {"a part without name", PART("type=\"x.Y\" readers=\"desk\" authors=\"desk\""), 4, "part",
     "a name has lower-case letters"},
    {"a part without type", PART("name=\"a\" readers=\"desk\" authors=\"desk\""), 4, "part", "protobuf full name"},
    {"a part of a short type", PART("name=\"a\" type=\"Y\" readers=\"desk\" authors=\"desk\""), 4, "part",
     "protobuf full name"},
    {"a part that nobody reads", PART("name=\"a\" type=\"x.Y\" authors=\"desk\""), 4, "part", "readers and authors"},
    {"a part that nobody writes", PART("name=\"a\" type=\"x.Y\" readers=\"desk\""), 4, "part", "readers and authors"},
    {"a part twice",
     PART(
         "name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\"/><lt:part name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\""),
     4, "part", "declared twice"},
};

static void check_file(const struct source_case *c)
{
    static struct bpmn_report report;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Process *process = NULL;
    struct fault f;
    enum fault_code code = bpmn_compile(bytes_of_text(c->body), &arena, &process, NULL, &report, &f);
    if (c->line == 0) {
        assert_int_equal(code, FAULT_NONE);
        assert_int_equal(report.errors, 0);
        return;
    }
    assert_int_equal(code, FAULT_MALFORMED);
    const struct bpmn_finding *finding = source_find(&report, c->element, c->words);
    if (!finding || !finding->error || finding->line != c->line)
        fail_msg("no error on line %d at %s: %s; first: %s", c->line, c->element, c->words, f.text);
}

static void test_row(void **state)
{
    check_file(*state);
}

/* As many facts, parts and names as there may be, and one more. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *head, *tail, *words;
        int count;
    } limits[] = {
        {"<lt:fact name=\"f", "\" type=\"text\" setters=\"desk\"/>", "up to 200 lt:fact", PROCESS_FACTS_MAX},
        {"<lt:part name=\"p", "\" type=\"x.Y\" readers=\"desk\" authors=\"desk\"/>", "100 lt:part", PROCESS_PARTS_MAX}};
    for (size_t i = 0; i < LENGTH(limits); i++)
        for (int more = 0; more < 2; more++) {
            OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
            OWNED_ARENA arena;
            arena_init(&arena, 1 << 20);
            static struct bpmn_report report;
            Lienthong__V1__Process *process;
            struct fault f;
            assert_int_equal(buffer_print(&xml, &f, OPEN "<b:process " RUNS "><b:extensionElements>" PROCEDURE),
                             FAULT_NONE);
            for (int k = 0; k < limits[i].count + more; k++) {
                assert_int_equal(buffer_print(&xml, &f, "%s%d%s", limits[i].head, k, limits[i].tail), FAULT_NONE);
            }
            assert_int_equal(buffer_print(&xml, &f, "</b:extensionElements>" REST "</b:process>" CLOSE), FAULT_NONE);
            enum fault_code code = bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f);
            assert_int_equal(code, more ? FAULT_MALFORMED : FAULT_NONE);
            if (more && !strstr(f.text, limits[i].words))
                fail_msg("%s", f.text);
        }
}

/* --- Parts ------------------------------------------------------------------------------------------------------------ */

/* Whether some field of the type, or of what it holds, is for what names a person. */
static bool holds_persons(const ProtobufCMessageDescriptor *d)
{
    static const char *const fields[] = {"full_name", "holder_name",     "applicant_name", "holder", "signer",
                                         "payer",     "personal_number", "telephone",      "address"};
    for (unsigned i = 0; i < d->n_fields; i++) {
        for (size_t k = 0; k < LENGTH(fields); k++)
            if (strcmp(d->fields[i].name, fields[k]) == 0)
                return true;
        if (d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE && holds_persons(d->fields[i].descriptor))
            return true;
    }
    return false;
}

#define TYPE(name_) &lienthong__v1__##name_##__descriptor
static const ProtobufCMessageDescriptor *const types[] = {
    TYPE(application),       TYPE(dispatch),         TYPE(appointment_receipt), TYPE(supplement_request),
    TYPE(refusal),           TYPE(apology),          TYPE(hand_over),           TYPE(withdrawal),
    TYPE(conditions_result), TYPE(parcel_extract),   TYPE(transfer_slip),       TYPE(certificate),
    TYPE(notices),           TYPE(slip_rejection),   TYPE(obligation_done),     TYPE(identity_query),
    TYPE(identity_result),   TYPE(payment_receipts), TYPE(delivery_proof),      TYPE(portal_record),
    TYPE(evidence_query),    TYPE(held_documents),   TYPE(stored_result),       TYPE(report),
    TYPE(licence),           TYPE(question)};

/* The compiler has a list of names; the protocol decides. */
static void what_names_persons_is_never_open(void **state)
{
    (void)state;
    size_t personal = 0;
    for (size_t i = 0; i < LENGTH(types); i++) {
        char text[1000];
        bool holds = holds_persons(types[i]);
        snprintf(text, sizeof(text),
                 PART("name=\"a\" type=\"%s\" readers=\"desk\" authors=\"desk\" open=\"true\" reason=\"x\""),
                 types[i]->name);
        const struct source_case c = {types[i]->name, text, holds ? 4 : 0, holds ? "part" : "",
                                      holds ? "names persons" : ""};
        check_file(&c);
        personal += holds;
    }
    assert_int_equal(personal, 11);
}

/* What is not said to be open is sealed. */
static void a_part_is_sealed_unless_it_is_open(void **state)
{
    (void)state;
    static const char *const files[] = {
        PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\""),
        PART("name=\"a\" type=\"x.Y\" readers=\"desk\" authors=\"desk\" open=\"true\" reason=\"x\"")};
    for (size_t open = 0; open < LENGTH(files); open++) {
        static struct bpmn_report report;
        OWNED_ARENA arena;
        Lienthong__V1__Process *p = NULL;
        struct fault f;
        arena_init(&arena, 1 << 20);
        assert_int_equal(bpmn_compile(bytes_of_text(files[open]), &arena, &p, NULL, &report, &f), FAULT_NONE);
        assert_int_equal(p->n_parts, 1);
        assert_int_equal(p->parts[0]->sealed, !open);
    }
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 3];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(test_limits);
    tests[LENGTH(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(what_names_persons_is_never_open);
    tests[LENGTH(rows) + 2] = (struct CMUnitTest)cmocka_unit_test(a_part_is_sealed_unless_it_is_open);
    return cmocka_run_group_tests_name("declaration", tests, NULL, NULL);
}

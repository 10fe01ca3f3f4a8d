#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>

void source_read(const char *path, struct buffer *to)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened; tests run in the source's root", path);
    char piece[65536];
    struct fault f;
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        assert_int_equal(buffer_append(to, BYTES(piece, size), &f), FAULT_NONE);
    fclose(file);
}

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\" id=\"defs\">\n"
    "<b:message id=\"m-submission\" name=\"submission\"/>\n"
    "<b:message id=\"m-stop\" name=\"stop\"/>\n"
    "<b:message id=\"m-go\" name=\"go\"/>\n"
    "<b:error id=\"e-bad\" errorCode=\"bad\"/>\n"
    "<b:error id=\"e-worse\" errorCode=\"worse\"/><b:escalation id=\"x-late\" escalationCode=\"late\"/>\n"
    "<b:process id=\"p\" name=\"P\" isExecutable=\"true\">\n"
    "<b:extensionElements>\n"
    "<lt:procedure code=\"X.1\" opened-by=\"desk land tax\" inform=\"desk\"/>\n"
    "<lt:fact name=\"amount\" type=\"decimal\" setters=\"desk land tax\"/>\n"
    "<lt:fact name=\"choice\" type=\"text\" setters=\"land\" values=\"a b c\"/>\n"
    "<lt:fact name=\"clear\" type=\"yes-no\" setters=\"land\"/>\n"
    "<lt:fact name=\"day\" type=\"date\" setters=\"desk land tax\"/>\n"
    "<lt:fact name=\"name\" type=\"text\" setters=\"desk land tax\"/>\n"
    "<lt:fact name=\"late.fact\" type=\"text\" setters=\"tax\"/>\n"
    "<lt:fact name=\"tags\" type=\"list\" setters=\"desk land tax\"/>\n"
    "<lt:fact name=\"dossier.supplements\" type=\"decimal\" setters=\"engine\"/>%s\n"
    "<lt:part name=\"form\" type=\"lienthong.v1.Form\" readers=\"desk land\" authors=\"desk\"/>\n"
    "<lt:part name=\"slip\" type=\"lienthong.v1.Slip\" readers=\"land tax\" authors=\"land\"/>\n"
    "</b:extensionElements>\n";

const char *source_facts = "";
const struct bpmn_library *source_library;

void source_wrap(const char *body, struct buffer *to)
{
    struct fault f;
    assert_int_equal(buffer_print(to, &f, head, source_facts), FAULT_NONE);
    assert_int_equal(buffer_print(to, &f, "%s\n</b:process>\n</b:definitions>\n", body), FAULT_NONE);
}

const struct bpmn_finding *source_find(const struct bpmn_report *report, const char *element, const char *words)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->findings[i].element, element) == 0 && strstr(report->findings[i].text, words))
            return &report->findings[i];
    return NULL;
}

static void print_all(const struct bpmn_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        print_message("    %d:%d: %s: %s\n", report->findings[i].line, report->findings[i].column,
                      report->findings[i].element, report->findings[i].text);
}

void source_check(const struct source_case *c)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX), packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *process = NULL;
    struct fault f = {0};
    source_wrap(c->body, &xml);
    enum fault_code code =
        bpmn_compile_with(buffer_bytes(&xml), source_library, &arena, &process, &packed, &report, &f);
    if (c->line == 0) {
        print_all(&report);
        assert_int_equal(report.count, 0);
        assert_int_equal(code, FAULT_NONE);
        assert_string_equal(process->procedure, "X.1");
        assert_true(packed.size > 0);
        return;
    }
    assert_int_equal(code, FAULT_MALFORMED);
    assert_int_equal(packed.size, 0);
    const struct bpmn_finding *finding = source_find(&report, c->element, c->words);
    if (!finding || finding->line != c->line || finding->column < 1 || !finding->error) {
        print_all(&report);
        fail_msg("no error on line %d at %s: %s", c->line, c->element, c->words);
    }
}

#include "source.h"
#include "../unit.h"
#include <stdio.h>

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
    "<b:error id=\"e-worse\" errorCode=\"worse\"/>\n"
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
    "<lt:fact name=\"dossier.supplements\" type=\"decimal\" setters=\"engine\"/>\n"
    "<lt:part name=\"form\" type=\"lienthong.v1.Form\" readers=\"desk land\" authors=\"desk\"/>\n"
    "<lt:part name=\"slip\" type=\"lienthong.v1.Slip\" readers=\"land tax\" authors=\"land\"/>\n"
    "</b:extensionElements>\n";

void source_wrap(const char *body, struct buffer *to)
{
    struct fault f;
    assert_int_equal(buffer_print(to, &f, "%s%s\n</b:process>\n</b:definitions>\n", head, body), FAULT_NONE);
}

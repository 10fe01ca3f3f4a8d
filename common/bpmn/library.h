#pragma once
/* Files that are given together, so that their procedures may call each other. */
#include "bpmn/compiler.h"

#define BPMN_FILES_MAX 200

struct bpmn_files;

struct bpmn_files *bpmn_files_new(void);
struct bpmn_files *bpmn_files_free(struct bpmn_files *s);
/* NAME and XML are borrowed. FAULT_LIMIT beyond BPMN_FILES_MAX. */
MUST_USE enum fault_code bpmn_files_add(struct bpmn_files *s, const char *name, struct bytes xml, struct fault *f);
/* What call activities of these files may call: each other; and for what is bound to a version, or to the latest and is not
 * among them, DEPLOYED (borrowed; NULL: nothing is). LOOSE: nothing is deployed at all, as for lint: whatever the binding, it is
 * looked for among them first and then by DEPLOYED. Borrowed from S. */
const struct bpmn_library *bpmn_files_library(struct bpmn_files *s, const struct bpmn_library *deployed, bool loose);
/* Two procedures of which nobody could say which answers a submission, or a call: the same code or the same process id, but not
 * two versions of one. FAULT_REFUSED says so. */
MUST_USE enum fault_code bpmn_clash(const Lienthong__V1__Process *a, const Lienthong__V1__Process *b, struct fault *f);

#pragma once
/* HTTP for citizens and portals: openapi.yaml, tag dossiers. CONTEXT is the intake. */
#include "intake.h"

void api_post_dossier(struct request *r, void *context);
void api_get_dossier(struct request *r, void *context);
void api_get_desk_dossier(struct request *r, void *context);
void api_post_supplement(struct request *r, void *context);
void api_post_withdrawal(struct request *r, void *context);
void api_get_payments(struct request *r, void *context);
void api_get_result(struct request *r, void *context);

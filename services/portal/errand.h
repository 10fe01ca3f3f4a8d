#pragma once
/* Whom to call for: dossiers of which the peer has not all, and those to be compared with it. */
#include "portal.h"

/* What became of one errand. Texts are borrowed until errand_settle. */
struct errand_outcome {
    struct uuid dossier;
    int64_t version;       /* of the record that the peer has answered for good; 0: none */
    const char *refused;   /* its final refusal of the record; "": taken */
    int64_t progress;      /* number of the progress that it has answered for good; 0: none */
    bool progress_taken;   /* or refused */
    const char *answer;    /* to the progress */
    const char *try_again; /* why: the rest waits, the longer the oftener this came; "": nothing failed */
};

struct errand_pauses {
    int64_t retry_s_max, reconcile_ms;
};

/* Queues the statement that writes COUNT outcomes, within the caller's transaction. Its rows are the steps to be answered: the
 * peer has all of their dossiers. But when its last word on a record was a refusal, the step stays open, and the record is told
 * again after the time for reconciliation. */
MUST_USE enum fault_code errand_settle(struct database *d, const struct errand_outcome *outcomes, size_t count,
                                       struct errand_pauses pauses, struct instant now, struct fault *f);

/* Takes at most MOST due errands for ERRAND_TAKEN_S, so that several processes share the work: what is to be called for each is
 * its record as it is now, and the oldest progress that waits. */
#define ERRAND_TAKEN_S 25
extern const char errand_take_sql[];
void errand_take_parameters(struct parameters *p, struct instant now, int64_t most);

/* Opens what is sealed in its result; before errand_row. */
MUST_USE enum fault_code errand_open(struct rows *rows, struct fault *f);

struct errand {
    struct uuid dossier;
    const char *code;
    int64_t version; /* to be told; 0: none */
    int status;
    struct instant since, due, ended;
    struct bytes packed, result, supplement; /* SUPPLEMENT: asked for, and when; it came */
    struct instant asked, supplied;
    int64_t progress; /* to be told; 0: none */
    int progress_status;
    struct instant progress_at;
    const char *progress_detail;
};
/* Borrows from ROWS. */
struct errand errand_row(const struct rows *rows, int row);

/* Some whose time for comparing has come: dossier, code, status, and whether there is an errand anyway. They come again after a
 * minute when nothing is heard of them. */
#define ERRAND_RECONCILED_MAX 20
MUST_USE enum fault_code errand_reconcile(struct database *d, struct instant now, struct rows **ret, struct fault *f);
/* The peer has the same, or gave no answer: compared again at NEXT, an ended dossier only when there was no answer. */
MUST_USE enum fault_code errand_compared(struct database *d, struct uuid dossier, bool answered, struct instant next,
                                         struct fault *f);

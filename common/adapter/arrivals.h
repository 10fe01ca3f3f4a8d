#pragma once
/* Deliveries between the line and the journal: verified on arrival, journalled together, then their receipts go out. What
 * waits is bounded by the credit that the links have given. */
#include "adapter/inside.h"

struct arrivals;
struct arrivals *arrivals_new(struct lt_adapter *a);
struct arrivals *arrivals_free(struct arrivals *list);
/* ENVELOPE came over LINK: verified and kept, or refused. */
void arrivals_take(struct arrivals *list, struct link *link, struct bytes envelope);
/* LINK's session is gone: the router will deliver again. */
void arrivals_forget(struct arrivals *list, const struct link *link);
size_t arrivals_count(const struct arrivals *list);
/* The first ones, at most MOST, with receipts made but not signed for them: *ret_count of them, up to where a message comes twice. */
MUST_USE enum fault_code arrivals_describe(struct arrivals *list, size_t most, struct journal_arrival *ret,
                                           size_t *ret_count, struct fault *f);
/* To be signed before it is journalled, unless it is. */
struct envelope *arrivals_receipt(const struct arrivals *list, size_t index);
const struct envelope *arrivals_envelope(const struct arrivals *list, size_t index);
/* The first COUNT are in the journal, as PAGE says, once the transaction is committed. */
void arrivals_journalled(struct arrivals *list, const struct journal_arrival *page, size_t count);
/* Within a transaction: at most JOURNAL_PAGE_MAX of the first. */
MUST_USE enum fault_code arrivals_journal(struct arrivals *list, struct fault *f);
/* After the commit: what is journalled is receipted and done with. */
void arrivals_committed(struct arrivals *list);
/* The journal cannot take the first: it is refused for now with all of its dossier behind it, so that the others can go on. */
void arrivals_drop_first(struct arrivals *list, const struct fault *why);

/* What FEEL has and the subset has not, by name, and what to write instead. */
#include "bpmn/feel_parser.h"
#include <string.h>

static const struct {
    const char *word, *instead;
} words[] = {
    {"for",
     "for … in … return is not allowed because conditions are loop-free: use count, sum, min, max, mean, all, any "
     "or list contains on the list, or let the agency set a fact"},
    {"some", "some … satisfies is not allowed because conditions are loop-free: use any(…), list contains(…) or in"},
    {"every", "every … satisfies is not allowed because conditions are loop-free: use all(…), min(…) or max(…)"},
    {"satisfies", "satisfies is not allowed because conditions are loop-free: use all(…) or any(…)"},
    {"return", "return is not allowed because conditions are loop-free: use sum(…), count(…), all(…) or any(…)"},
    {"function", "a function cannot be defined in a condition: write its expression, or let an agency set a fact"},
    {"instance", "instance of is not in the subset: facts have declared types; ask for null with = null"},
    {"item",
     "item belongs to filters, which are not allowed because conditions are loop-free: use list contains(…) or in"},
    {"then", "then stands behind if: if … then … else …"},
    {"else", "else stands behind if: if … then … else …"},
    {"between", "a value is missing in front of between: a between 1 and 9"},
    {"in", "a value is missing in front of in: a in (1, 2)"},
    {"and", "a value is missing in front of and"},
    {"or", "a value is missing in front of or"},
};

enum fault_code refuse_name(struct parser *p)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(p, words[i].word))
            return REFUSE(p, p->token.at, "%s", words[i].instead);
    return REFUSE(p, p->token.at,
                  "fact \"%.100s\" is not declared: add <lt:fact name=\"%.100s\" …/> to the process, or put "
                  "text in double quotes",
                  p->token.text, p->token.text);
}

#define TIMES "facts are days: use dates, and timer events for hours and minutes"
#define LOOPS "it is a loop, or makes a list; conditions are loop-free: let the agency set a fact"
#define PATTERNS \
    "patterns have no bound: use contains, starts with, ends with, substring, or let the agency check the text"
#define RANGES "use in [1..9], between, or comparisons joined with and"
#define CONTEXTS "there are no contexts: declare a fact for each value"
#define ROOTS "its results are not exact: let the agency compute it and set a fact"

static const struct {
    const char *name, *instead;
} functions[] = {
    {"date and time", TIMES},
    {"time", TIMES},
    {"now", "the day is today(); " TIMES},
    {"is defined", "write a != null"},
    {"get or else", "write if a = null then … else a"},
    {"is empty", "write count(a) = 0"},
    {"matches", PATTERNS},
    {"replace", PATTERNS},
    {"split", PATTERNS},
    {"string join", LOOPS},
    {"sublist", LOOPS},
    {"append", LOOPS},
    {"concatenate", LOOPS},
    {"insert before", LOOPS},
    {"remove", LOOPS},
    {"reverse", LOOPS},
    {"index of", LOOPS},
    {"union", LOOPS},
    {"distinct values", LOOPS},
    {"duplicate values", LOOPS},
    {"flatten", LOOPS},
    {"product", LOOPS},
    {"median", LOOPS},
    {"stddev", ROOTS},
    {"mode", LOOPS},
    {"sort", LOOPS},
    {"list replace", LOOPS},
    {"sqrt", ROOTS},
    {"log", ROOTS},
    {"exp", ROOTS},
    {"is", "write ="},
    {"before", RANGES},
    {"after", RANGES},
    {"meets", RANGES},
    {"met by", RANGES},
    {"overlaps", RANGES},
    {"overlaps before", RANGES},
    {"overlaps after", RANGES},
    {"finishes", RANGES},
    {"finished by", RANGES},
    {"includes", RANGES},
    {"during", RANGES},
    {"starts", RANGES},
    {"started by", RANGES},
    {"coincides", RANGES},
    {"range", RANGES},
    {"week of year", "use day of year(…) or .weekday"},
    {"get value", CONTEXTS},
    {"get entries", CONTEXTS},
    {"context", CONTEXTS},
    {"context put", CONTEXTS},
    {"context merge", CONTEXTS},
};

/* The words of a call at AT: "string length"; 0: there is none. */
static size_t call_size(const char *at)
{
    size_t size = 0;
    for (size_t i = 0;
         at[i] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_. \t\r\n", at[i]); i++)
        if (!strchr(" \t\r\n", at[i]))
            size = i + 1;
    return at[size + strspn(at + size, " \t\r\n")] == '(' ? size : 0;
}

enum fault_code refuse_function(struct parser *p)
{
    static const char *const keywords[] = {"for", "some", "every",   "function", "and",
                                           "or",  "in",   "between", "then",     "else"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (called(p->token.at, functions[i].name))
            return REFUSE(p, p->token.at, "%s(…) is not in the subset: %s", functions[i].name, functions[i].instead);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (is_word(p, keywords[i]))
            return FAULT_NONE;
    size_t word = strlen(p->token.text), size = call_size(p->token.at);
    if (size != word)
        return FAULT_NONE; /* the words of the call are not one name: "a and (…", "a in (…" */
    return REFUSE(
        p, p->token.at,
        "there is no function %.*s(…): numbers have abs, floor, ceiling, decimal, round up, round down, round half "
        "up, round half down, modulo, even, odd; lists count, sum, mean, min, max, all, any, list contains; texts "
        "string length, upper case, lower case, contains, starts with, ends with, substring, substring before, "
        "substring after, number; any value string; dates date, duration, today, workdays, day of week, day of year, month of year, years "
        "and months duration",
        (int)(word < 60 ? word : 60), p->token.text);
}

"""PostgreSQL rights: every table is named where the service's role gets its rights, and what is append-only stays so."""
import re

TABLE = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?([a-z_.]+) \(", re.M)
DROPPED = re.compile(r"^DROP TABLE ([a-z_.]+);", re.M)
ALLOW = re.compile(r"^SELECT pg_temp\.allow\('(?:(SCHEMA|SEQUENCE) )?([a-z_.]+)', '([A-Za-z_, ()]+)'\);", re.M)
# Tables whose rows are a record: nobody may change or delete them.
APPEND_ONLY = {
    "public": ["event", "part", "message", "refusal", "submission", "block", "block_stamp", "router_key", "schedule_missed",
               "schedule_act"],
    "lienthong": ["submission"],
    "account": ["act"],
    "intake": ["progress", "notice"],
    "land": ["entry", "mortgage_entry", "examination", "party"],
    "tax": ["exemption", "chase", "taxpayer"],
    "police": ["access"],
    "postal": ["tracking"],
    "repository": ["document", "result"],
}


def schemas(tree):
    """(grants file, its SQL, schema) of each database's parts."""
    for grants in tree.matching(r"services/\w+/grants\.sql"):
        service = grants.split("/")[1]
        files = [n for n in tree.matching(rf"services/{service}/.*\.sql") if n != grants]
        yield grants, files, "public" if service == "router" else service
    for grants in tree.matching(r"services/intake/grants\.sql"):
        yield grants, tree.matching(r"common/web/.*\.sql"), "account"
    for grants in tree.matching(r"common/adapter/journal_grants\.sql"):
        yield grants, [n for n in tree.matching(r"common/adapter/.*\.sql") if n != grants], "lienthong"


def tables(tree, files, schema):
    found = {}
    for name in files:
        text = tree.text(name)
        for table in TABLE.findall(text):
            found[table if "." in table else f"{schema}.{table}"] = name
    return found


def rights(tree):
    """every table is named in its service's grants.sql, and append-only ones get no UPDATE, DELETE or TRUNCATE"""
    for grants, files, schema in schemas(tree):
        given = {relation: what for kind, relation, what in ALLOW.findall(tree.text(grants)) if kind != "SCHEMA"}
        made = tables(tree, files, schema)
        if schema != "account":  # it has none: its tables are made by the service's own list
            made[f"{schema}.schema_version"] = grants
        for table, name in made.items():
            if table not in given:
                yield f"{grants}: {table} of {name} is not named: say what the service may do with it"
        for relation, what in given.items():
            home, _, table = relation.partition(".")
            bad = re.findall(r"UPDATE|DELETE|TRUNCATE|ALL", what)
            if bad and table in APPEND_ONLY.get(home, []):
                yield f"{grants}: {relation} is append-only and gets {', '.join(bad)}"
    if not tree.matching(r"services/router/schema\.sql"):
        return
    for schema, names in APPEND_ONLY.items():
        text = "".join(tree.text(n) for n in tree.matching(r"(services|common)/.*grants\.sql"))
        for table in names:
            if f"'{schema}.{table}'" not in text:
                yield f"tests/tidy/rules_rights.py: {schema}.{table} is in no grants.sql"

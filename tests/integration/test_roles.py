"""Least privilege: every service has a role of its own, which owns nothing, reaches no other database, makes and changes no table,
and neither changes nor deletes what is a record."""
import psycopg2
import pytest

from world import AGENCIES, World

SERVICES = ("router", *AGENCIES)
APPEND_ONLY = {
    "router": ("event", "event_all", "part", "message", "refusal", "submission", "block", "block_stamp", "router_key", "schedule_act", "schedule_missed"),
    "intake": ("intake.progress", "intake.notice", "account.act"),
    "land": ("land.entry", "land.mortgage_entry", "land.examination", "land.party"),
    "tax": ("tax.exemption", "tax.chase", "tax.taxpayer"),
    "police": ("police.access", "police.person"),
    "payment": (),
    "postal": ("postal.tracking",),
    "repository": ("repository.document", "repository.result"),
    "portal": (),
}
DENIED = psycopg2.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "20")
    made.submit().happy()
    yield made
    made.close()


def connect(world, service, database=None):
    connection = psycopg2.connect(host=world.settings["DATABASE_HOST"], dbname=f"lt_{database or service}", user=f"lt_{service}")
    connection.autocommit = True
    return connection


def refused(cursor, sql):
    with pytest.raises(DENIED):
        cursor.execute(sql)


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_runs_as_its_own_role(world, service):
    users = {row[0] for row in world.rows("router", "SELECT usename FROM pg_stat_activity WHERE datname = %s AND usename <> 'lienthong' "
                                          "AND backend_type = 'client backend'", f"lt_{service}")}
    assert users == {f"lt_{service}"}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_append_only_is_neither_changed_nor_deleted(world, service):
    tables = APPEND_ONLY[service] + (("lienthong.submission",) if service != "router" else ())
    with connect(world, service).cursor() as cursor:
        for table in tables:
            column = world.one(service, "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
                               "AND attidentity = '' ORDER BY attnum LIMIT 1", table)
            refused(cursor, f"UPDATE {table} SET {column} = {column}")
            refused(cursor, f"DELETE FROM {table}")
            refused(cursor, f"TRUNCATE {table}")
            refused(cursor, f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            refused(cursor, f"DROP TABLE {table}")


@pytest.mark.parametrize("service", SERVICES)
def test_the_role_owns_and_makes_nothing(world, service):
    assert world.rows(service, "SELECT relname FROM pg_class WHERE relowner = %s::regrole", f"lt_{service}") == []
    assert world.rows(service, "SELECT 1 FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
                      "OR rolbypassrls)", f"lt_{service}") == []
    schema = "public" if service == "router" else service
    with connect(world, service).cursor() as cursor:
        refused(cursor, f"CREATE TABLE {schema}.more (a integer)")
        refused(cursor, "CREATE TABLE public.more (a integer)")
        refused(cursor, "CREATE SCHEMA more")
        refused(cursor, "CREATE TEMPORARY TABLE more (a integer)")
        refused(cursor, f"CREATE FUNCTION {schema}.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'")


@pytest.mark.parametrize("service", SERVICES)
def test_no_other_database_is_reached(world, service):
    for other in SERVICES:
        if other != service:
            with pytest.raises(psycopg2.OperationalError, match="permission denied"):
                connect(world, service, other)


@pytest.mark.parametrize("service", SERVICES)
def test_the_search_path_is_fixed(world, service):
    with connect(world, service).cursor() as cursor:
        cursor.execute("SHOW search_path")
        path, = cursor.fetchone()
    assert path.endswith("pg_temp") and "$user" not in path


@pytest.mark.parametrize("service", SERVICES)
def test_no_table_is_without_stated_rights(world, service):
    """The public has none at all; the service none that grants.sql does not say (the tidy test reads that)."""
    assert world.rows(service, "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(relacl) a "
                      "WHERE a.grantee = 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema')") == []
    rights = world.rows(service, "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a "
                        "WHERE a.grantee = %s::regrole AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')", f"lt_{service}")
    assert rights == []


def test_after_a_migration_the_rights_are_set_again(world):
    """What somebody gave by hand is taken back."""
    world.rows("tax", "GRANT DELETE ON tax.chase TO lt_tax")
    program = f"{world.folder}/bin/lienthong-tax"
    done = world.as_owner(program, "--config", f"{world.folder}/conf/tax.yaml", "--migrate")
    assert done.returncode == 0, done.stderr
    with connect(world, "tax").cursor() as cursor:
        refused(cursor, "DELETE FROM tax.chase")


def test_a_service_role_cannot_migrate_and_says_what_to_do(world):
    world.stop("payment")
    world.rows("payment", "DELETE FROM payment.schema_version WHERE version = (SELECT max(version) FROM payment.schema_version)")
    program = f"{world.folder}/bin/lienthong-payment"
    done = world.as_owner(program, "--config", f"{world.folder}/conf/payment.yaml")
    assert done.returncode == 1 and "--migrate" in done.stderr and "permission denied" in done.stderr, done.stderr

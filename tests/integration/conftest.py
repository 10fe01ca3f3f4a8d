import pytest

from world import World


@pytest.fixture(scope="module")
def world():
    """One world for a module's tests, with one router; the invariants are checked after each test."""
    made = World("--parcels", "400")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def invariants(request):
    yield
    if "world" in request.fixturenames:
        request.getfixturevalue("world").check_invariants()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the ends of all logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "world" in getattr(item, "funcargs", {}):
        report.sections.append(("logs of the world", item.funcargs["world"].logs()))

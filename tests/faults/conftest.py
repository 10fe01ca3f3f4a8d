import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the ends of all logs."""
    outcome = yield
    report = outcome.get_result()
    run = getattr(item, "funcargs", {}).get("run")
    if report.failed and run:
        report.sections.append(("logs of the world", run.world.logs()))

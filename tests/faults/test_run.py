"""Whom a fault hits: never the test itself."""
import os
import signal
import subprocess
import threading
import types

import pytest

from run import Run


@pytest.fixture(name="bare")
def run_without_world(tmp_path):
    (tmp_path / "run").mkdir()
    run = Run.__new__(Run)
    run.world = types.SimpleNamespace(folder=tmp_path)
    return run


def write(run, text):
    (run.world.folder / "run/router-1.pid").write_text(text)


@pytest.mark.parametrize("text", [None, "", "0\n", "-1\n", "1\n", "one\n"], ids=repr)
def test_without_a_pid_nobody_is_killed(bare, text, monkeypatch):
    killed = []
    monkeypatch.setattr(os, "kill", lambda *call: killed.append(call))
    if text is not None:
        write(bare, text)
    with pytest.raises(AssertionError, match="router-1 has a pid file"):
        bare.pid("router-1", 0.05)
    monkeypatch.setattr(bare, "pid", lambda name: Run.pid(bare, name, 0.05))
    with pytest.raises(AssertionError):
        bare.kill("router-1")
    with pytest.raises(AssertionError):
        bare.is_gone("router-1")
    assert killed == []


def test_a_pid_that_comes_later_is_waited_for_and_killed(bare):
    with subprocess.Popen(["sleep", "60"]) as process:
        threading.Timer(0.2, write, (bare, f"{process.pid}\n")).start()
        bare.kill("router-1")
        assert process.wait(10) == -signal.SIGKILL
    assert bare.is_gone("router-1")
    bare.kill("router-1")

"""lt, as an operator of a test's world has it."""
import json
import os
import subprocess


class Operator:
    """lt, as an operator has it."""

    def __init__(self, world, file=None, folder=None):
        self.world, self.file = world, file or world.settings["OPERATOR"]
        self.environment = {**os.environ, **world.environment, "LIENTHONG_DATABASE": world.settings["ROUTER_DATABASE"], "LIENTHONG_OPERATOR": str(self.file)}

    def lt(self, *words):
        return subprocess.run([self.world.settings["LT"], *map(str, words)], capture_output=True, text=True, env=self.environment)

    def done(self, *words):
        result = self.lt(*words)
        assert result.returncode == 0, result.stderr + result.stdout
        return result.stdout

    def refused(self, *words, status=1):
        result = self.lt(*words)
        assert result.returncode == status, (result.returncode, result.stderr + result.stdout)
        return result.stderr

    def incidents(self, dossier):
        return [i for i in json.loads(self.done("incidents", "show", dossier, "--json")) if not i["closed"]]

    def shown(self, dossier):
        return json.loads(self.done("dossier", "show", dossier, "--json"))

    def act(self, dossier, kind):
        """The one event of KIND."""
        events = [e for e in self.shown(dossier)["events"] if e["kind"] == kind]
        assert len(events) == 1, events
        return events[0]

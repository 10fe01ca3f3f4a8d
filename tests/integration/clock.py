"""The pretended time of all programs of a world (LIENTHONG_TIME_FILE): it runs on from where a test moves it."""
import datetime
import os
import pathlib
import shutil
import tempfile
import time

HANOI = datetime.timezone(datetime.timedelta(hours=7))


def at(text):
    """Local time, as offices read it: "2026-11-30 08:00"."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=HANOI)


class Clock:
    def __init__(self, start):
        self.folder = tempfile.mkdtemp(prefix="lt-clock-")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, "offset")
        self.offset = None
        self.move(start)

    def now(self):
        return datetime.datetime.now(HANOI) + datetime.timedelta(seconds=self.offset)

    def move(self, to):
        """To the instant TO, from where time runs on; never back, and never more than ten days at once: no program sees a
        timer, a lease and its next one fall due in one moment that could not be in one moment."""
        assert self.offset is None or to >= self.now(), "time only goes forward"
        while self.offset is not None and to - self.now() > datetime.timedelta(days=10):
            self.put(self.now() + datetime.timedelta(days=9))
            time.sleep(0.3)
        self.put(to)
        time.sleep(0.3)

    def put(self, to):
        self.offset = (to - datetime.datetime.now(HANOI)).total_seconds()
        new = self.path + ".new"
        pathlib.Path(new).write_text(f"{self.offset:.6f}\n")
        os.chmod(new, 0o644)
        os.rename(new, self.path)

    def close(self):
        shutil.rmtree(self.folder)

"""coverage.py against a folder of one small source, whose branches are known."""
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parent / "coverage.py"
SOURCE = """int sign(int n);
int sign(int n)
{
    if (n < 0)
        return -1;
    return n > 0 && n < 1000;
}
int main(int argc, char **argv)
{
    (void)argv;
    return argc > 1 ? 0 : sign(argc) - 1;
}
"""


@pytest.fixture(name="folder")
def built_folder(tmp_path):
    (tmp_path / "common").mkdir()
    (tmp_path / "build/common").mkdir(parents=True)
    (tmp_path / "common/sign.c").write_text(SOURCE)
    subprocess.run(["gcc", "--coverage", f"-ffile-prefix-map={tmp_path}/=", "-o", "common/sign", tmp_path / "common/sign.c"],
                   cwd=tmp_path / "build", check=True)             # as CMakeLists.txt has it
    return tmp_path


def table(folder, *arguments):
    return subprocess.run([sys.executable, SCRIPT, "build", "common", *arguments], cwd=folder, capture_output=True,
                          text=True)


@pytest.mark.parametrize("runs, taken, least, status", [
    ([], 0, "1", 1),
    ([[]], 4, "50", 0),
    ([[]], 4, "51", 1),
    ([[], ["x"]], 5, "62.5", 0),
], ids=["nothing ran", "just enough", "too little", "two runs are added up"])
def test_counts(folder, runs, taken, least, status):
    for arguments in runs:
        subprocess.run(["build/common/sign", *arguments], cwd=folder, check=True)
    result = table(folder, "--least", least)
    assert result.returncode == status, result.stdout + result.stderr
    assert f"{12.5 * taken:6.1f} %  {taken:6d} of {8:6d}    common/sign.c" in result.stdout
    assert ("less than" in result.stderr) == (status == 1)


def test_places(folder):
    subprocess.run(["build/common/sign"], cwd=folder, check=True)
    result = table(folder, "--places", "1")
    assert "common/sign.c:6  2 of 4" in result.stdout
    assert "common/sign.c:4" not in result.stdout


def test_a_build_without_counts_is_refused(folder):
    for note in (folder / "build").rglob("*.gcno"):
        note.unlink()
    result = table(folder)
    assert result.returncode == 1
    assert "LT_COVERAGE=ON" in result.stderr


def test_a_folder_without_branches_is_refused(folder):
    """Sources under another name than the folder's would count as nothing, and nothing as enough."""
    subprocess.run(["gcc", "--coverage", f"-ffile-prefix-map={folder}/=/elsewhere/", "-o", "common/sign", folder / "common/sign.c"],
                   cwd=folder / "build", check=True)
    result = table(folder, "--least", "1")
    assert result.returncode == 1
    assert "nothing was measured in common" in result.stderr

"""Personal data at rest: the key file that is not in the database. Without it, or with another, no agency starts; changing
the key loses nothing."""
import pathlib
import subprocess

import pytest

from world import person, wait_until


def keys(world, agency):
    return pathlib.Path(world.folder, "vault", agency, "vault.keys")


def why_not(world, agency):
    """Starts the agency, which ends by itself: what it says in its log."""
    log = pathlib.Path(world.folder, "log", f"{agency}.log")
    before = log.stat().st_size
    world.start(agency)
    wait_until(f"{agency} ends", lambda: not world.running(agency), 20)
    return log.read_text()[before:]


def rotate(world, agency):
    subprocess.run([world.settings["LT"], "keys", "vault", str(keys(world, agency).parent), "--rotate"], check=True, capture_output=True)


@pytest.mark.parametrize("agency", ["intake", "tax"])
def test_a_missing_key_file_is_a_start_up_error_that_says_what_to_do(world, agency):
    world.stop(agency)
    path = keys(world, agency)
    aside = path.with_name("aside")
    path.rename(aside)
    said = why_not(world, agency)
    aside.rename(path)
    world.start(agency)
    assert "vault.keys" in said and "lt keys vault" in said and "bring back" in said, said


@pytest.mark.parametrize("change", ["key", "index"])
def test_a_wrong_key_file_is_a_start_up_error(world, change):
    world.stop("police")
    path = keys(world, "police")
    right = path.read_text()
    path.write_text("".join(f"{change} {'5' * 64}\n" if line.startswith(change) else line for line in right.splitlines(True)))
    said = why_not(world, "police")
    path.write_text(right)
    world.start("police")
    assert "not the file that this database was written with" in said, said
    assert "5555" not in said


def test_a_key_that_others_can_read_is_refused(world):
    world.stop("postal")
    keys(world, "postal").chmod(0o644)
    said = why_not(world, "postal")
    keys(world, "postal").chmod(0o600)
    world.start("postal")
    assert "vault.keys" in said, said


def test_after_a_rotation_old_values_open_and_new_ones_have_the_new_key(world):
    d = world.submit().to_payment()
    old = {agency: world.vault(agency)[0] for agency in ("intake", "land", "tax", "postal", "portal")}
    for agency in old:
        world.stop(agency)
        before = keys(world, agency).read_text()
        rotate(world, agency)
        world.start(agency)
        assert keys(world, agency).read_text().endswith(before)
    wait_until("intake serves again", lambda: world.serves("intake"))
    d.pay()
    d.deliver()
    d.reach(10)
    d.ended()
    name = person(2 * world.number)["full_name"]
    opened = world.rows("postal", "SELECT id, name FROM postal.item WHERE dossier = %s", d.id)[0]
    assert world.opened("postal", "postal.item.name", opened[0].encode(), opened[1]) == name
    new = world.vault("postal")[0]
    assert new[1:] == old["postal"] and bytes(opened[1])[1:5] == world.key_id(new[0])
    # The file from before the rotation would read nothing of what came since: it is refused at once.
    world.stop("postal")
    present = keys(world, "postal").read_text()
    keys(world, "postal").write_text(present[present.index("\n") + 1:])
    said = why_not(world, "postal")
    keys(world, "postal").write_text(present)
    world.start("postal")
    assert "from before its keys changed" in said, said

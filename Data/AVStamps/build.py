#!/usr/bin/python3
"""Builds AVStamps from Debian's package of Tux Paint's stamps; see README.md beside this file.

Needs python3-numpy, python3-pil, ffmpeg and librsvg2-bin. A second call with nothing changed
does nothing; an interrupted one goes on.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from avstamps import audio_rows, checks, manifest, media, pair_rows, scene_rows, sounds  # noqa: E402
from avstamps import things as table  # noqa: E402
from avstamps import visual_rows, world as worlds  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MINI_THINGS = ("frog", "cow", "dog", "duck", "owl", "violin", "gorilla", "bee")
MINI = worlds.Size(picture_renders=1, sound_renders=2, match_rounds=2, other_stamps=False,
                   count_things=0, scenes={"train": 2, "val": 1, "test_pairs": 1},
                   train_clip_rounds=0,
                   held_out_rounds={"val": 0, "test_pairs": 1, "test_images": 1,
                                    "test_sounds": 1, "test_unseen_match": 1})


def main():
    arguments = parse()
    stamp = build_digest(arguments)
    stamp_path = os.path.join(arguments.output, "build.sha256")
    if read(stamp_path) == stamp:
        print(f"{arguments.output}: up to date", file=sys.stderr)
        return
    started = time.monotonic()
    begin(arguments.output, stamp)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=arguments.output) as folder:
        root = unpacked(arguments.package, folder)
        world = planned(root, arguments.mini)
        print(f"{len(world.plan.rows)} rows, {len(world.plan.jobs)} media files", file=sys.stderr)
        media.render(world.plan.jobs, root, world.recordings, arguments.output,
                     arguments.processes)
    world.plan.write(arguments.output, world.things, table.NEVER_TOGETHER,
                     "mini" if arguments.mini else None)
    problems = checks.problems(arguments.output)
    if problems:
        raise ValueError("\n".join(problems))
    manifest.write_text(stamp_path, stamp + "\n")
    os.remove(os.path.join(arguments.output, ".building"))
    print(f"{arguments.output}: built in {time.monotonic() - started:.0f} s", file=sys.stderr)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", help="tuxpaint-stamps-default_2022.06.04-1_all.deb")
    parser.add_argument("output", help="folder to build into")
    parser.add_argument("--mini", action="store_true", help="the small sample that tests use")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N")
    return parser.parse_args()


def build_digest(arguments):
    """Changes when anything that decides the result does."""
    digest = hashlib.sha256(b"mini" if arguments.mini else b"full")
    sources = [os.path.join(HERE, name) for name in ("things.tsv", "templates.json", "build.py")]
    package = os.path.join(HERE, "avstamps")
    sources += sorted(os.path.join(package, n) for n in os.listdir(package) if n.endswith(".py"))
    for path in [*sources, arguments.package]:
        with open(path, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def begin(output, stamp):
    """Keeps what an interrupted build of the same thing made; removes any other."""
    marker = os.path.join(output, ".building")
    os.makedirs(output, exist_ok=True)
    if read(marker) != stamp:
        for name in ("visual", "audio", "av"):
            shutil.rmtree(os.path.join(output, name), ignore_errors=True)
        for name in os.listdir(output):
            if name.endswith(".json") or name == "build.sha256":
                os.remove(os.path.join(output, name))
        manifest.write_text(marker, stamp + "\n")
    media.remove_leftovers(output)


def unpacked(package, folder):
    """The stamps of the package, without the captions spoken in 20 languages."""
    stamps = "./usr/share/tuxpaint/stamps"
    unpack = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    extract = subprocess.run(["tar", "-x", "-C", folder, "--exclude=*_desc_*.ogg", stamps],
                             stdin=unpack.stdout, stderr=subprocess.PIPE, text=True)
    unpack.stdout.close()
    if unpack.wait() or extract.returncode:
        said = extract.stderr.strip().splitlines() or ["dpkg-deb failed"]
        raise ValueError(f"{package}: it could not be unpacked ({said[0]}); expected Debian's "
                         "package of the stamps; delete it and run Scripts/fetch-assets")
    return os.path.join(folder, stamps)


def planned(root, mini):
    things = table.load_things()
    if mini:
        things = {name: things[name] for name in MINI_THINGS}
    stamps = table.load_stamps(root, things)
    names = [sound for thing in things.values() for sound in thing.sounds]
    if not mini:
        names += [sound for some in audio_rows.digit_sounds().values() for sound in some]
    recordings = sounds.decode(root, list(dict.fromkeys(names)))
    world = worlds.World(things, stamps, recordings, manifest.Plan(),
                         MINI if mini else worlds.Size())
    for part in (visual_rows, audio_rows, pair_rows, scene_rows):
        part.add(world)
    return world


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as error:
        sys.exit(f"avstamps: {error.filename}: not found; `make setup assets` brings what is "
                 "missing")
    except (OSError, ValueError, RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"avstamps: {error}")
    except KeyboardInterrupt:
        sys.exit("\navstamps: stopped; the same command goes on from here")

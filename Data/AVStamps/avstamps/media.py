"""Media files from their descriptions: in parallel, many a call of ffmpeg, and resumable.

Starting ffmpeg costs more than encoding a clip of four seconds, so each call gets a batch.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context

from .pictures import FRAMES_PER_SECOND, SIDE, Painter
from .sounds import mixed, wave_file

BATCH = 12
EXACT = ["-map_metadata", "-1", "-fflags", "+bitexact", "-threads", "1"]
VIDEO = ["-c:v", "libx264", "-preset", "superfast", "-crf", "25", "-pix_fmt", "yuv420p",
         "-g", "16", "-flags:v", "+bitexact", "-movflags", "+faststart"]
SOUND_OF_VIDEO = ["-c:a", "aac", "-b:a", "32k", "-flags:a", "+bitexact"]
SOUND_FILE = ["-c:a", "libvorbis", "-q:a", "0", "-flags:a", "+bitexact"]

worker = {}  # what a worker process keeps between batches


def render(jobs, stamps, recordings, folder, processes):
    """Makes the files of `jobs` ({path: {"scene", "track"}}) that `folder` lacks."""
    missing = [(path, job) for path, job in jobs.items()
               if not os.path.exists(os.path.join(folder, path))]
    for name in {os.path.dirname(path) for path, _ in missing}:
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    # Videos first: their batches take longest, so that the last ones to finish are short.
    missing.sort(key=lambda item: item[1]["scene"] is None)
    batches = [missing[start:start + BATCH] for start in range(0, len(missing), BATCH)]
    progress = Progress(len(missing), len(jobs) - len(missing))
    context = get_context("fork")
    with context.Pool(processes, prepare, (stamps, recordings, folder)) as pool:
        for count in pool.imap_unordered(make_batch, batches):
            progress.add(count)
    progress.finish()


def prepare(stamps, recordings, folder):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end when the build is killed
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build itself ends its workers then
    worker.update(painter=Painter(stamps), recordings=recordings, folder=folder)


def make_batch(batch):
    """One call of ffmpeg for all of `batch`; files appear under their names only when whole."""
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=worker["folder"]) as folder:
        inputs, outputs, results = [], [], []
        for index, (path, job) in enumerate(batch):
            result = os.path.join(folder, f"{index}{os.path.splitext(path)[1]}")
            maps = []
            if job["scene"]:
                raw = os.path.join(folder, f"{index}.rgb")
                with open(raw, "wb") as file:
                    file.write(worker["painter"].frames(job["scene"]))
                maps += ["-map", f"{inputs.count('-i')}:v", *VIDEO]
                inputs += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIDE}x{SIDE}",
                           "-r", str(FRAMES_PER_SECOND), "-i", raw]
            if job["track"]:
                wave = os.path.join(folder, f"{index}.input.wav")
                with open(wave, "wb") as file:
                    file.write(wave_file(mixed(job["track"], worker["recordings"])))
                if not job["scene"] and path.endswith(".wav"):
                    os.replace(wave, result)
                    results.append((result, path))
                    continue
                maps += ["-map", f"{inputs.count('-i')}:a",
                         *(SOUND_OF_VIDEO if job["scene"] else SOUND_FILE)]
                inputs += ["-i", wave]
            outputs += [*maps, *EXACT, result]
            results.append((result, path))
        if outputs:
            command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, *outputs]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{batch[0][1]}: ffmpeg failed: {done.stderr.strip()[-400:]}")
        for result, path in results:
            os.replace(result, os.path.join(worker["folder"], path))
    return len(batch)


def remove_leftovers(folder):
    """What an interrupted build left half-made."""
    for name in os.listdir(folder):
        if name.startswith(".partial-"):
            shutil.rmtree(os.path.join(folder, name))


class Progress:
    """A line that is rewritten on a terminal, and one line a tenth elsewhere."""

    def __init__(self, total, kept):
        self.total, self.done, self.tenth = total, 0, 0
        self.start = time.monotonic()
        if kept:
            print(f"{kept} files are there already", file=sys.stderr)

    def add(self, count):
        self.done += count
        elapsed = time.monotonic() - self.start
        left = elapsed / self.done * (self.total - self.done)
        line = f"{self.done}/{self.total} media files, {elapsed:.0f} s, about {left:.0f} s left"
        if sys.stderr.isatty():
            print(f"\r{line}  ", end="", file=sys.stderr, flush=True)
        elif self.done * 10 // self.total > self.tenth:
            self.tenth = self.done * 10 // self.total
            print(line, file=sys.stderr, flush=True)

    def finish(self):
        if sys.stderr.isatty() and self.total:
            print(file=sys.stderr)

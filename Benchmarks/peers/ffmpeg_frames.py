#!/usr/bin/env python3
"""Peer benchmark: the ffmpeg command line takes frames of a video, evenly spaced, scaled and cropped.

The same frames as `duet bench media`: one from each of --frames equal parts, shortest side and centre
crop to --size, bicubic, as 8-bit RGB into a pipe that is read. Two ways that people take: `fps`, which
decodes everything, and `seek`, a call of ffmpeg with -ss a frame. ffmpeg chooses its own threads.
"""
import argparse
import os
import subprocess
import sys

ap = argparse.ArgumentParser()
ap.add_argument("file")
ap.add_argument("--frames", type=int, default=8)
ap.add_argument("--size", type=int, default=224)
ap.add_argument("--reps", type=int, default=5)
ap.add_argument("--out")
args = ap.parse_args()
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common

side = args.size
scale = (f"scale={side}:{side}:force_original_aspect_ratio=increase:flags=bicubic,"
         f"crop={side}:{side}")
raw = ["-an", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
probed = subprocess.run(
    ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=duration", "-of",
     "csv=p=0", args.file], stdout=subprocess.PIPE, text=True, check=True)
seconds = float(probed.stdout.strip().strip(","))
part = seconds / args.frames


def call(before, after):
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *before, "-i", args.file, *after],
                          stdout=subprocess.PIPE, check=True)
    return len(done.stdout) // (3 * side * side)


def fps():
    # The frame on screen in the middle of each part.
    return call([], ["-vf", f"fps={args.frames}/{seconds}:round=near:eof_action=pass,{scale}", *raw])


def seek():
    return sum(call(["-ss", f"{(index + 0.5) * part:.4f}"], ["-vf", scale, "-frames:v", "1", *raw])
               for index in range(args.frames))


meter = common.Meter()
rows = {}
for name, way in (("fps", fps), ("seek", seek)):
    taken = way()
    result = common.timed(way, warmup=0, reps=args.reps)
    rows[name] = {"frames": taken, **result, "frames_per_s": round(taken / result["median_s"], 1)}
common.emit({"bench": "ffmpeg_frames", "file": os.path.basename(args.file), "seconds": seconds,
             "size": side, "results": rows, "cpu": common.cpu_model(), **meter.report()}, args.out)

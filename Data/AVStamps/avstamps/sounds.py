"""A track (recordings placed in time) to samples."""

import os
import struct
import subprocess
import tempfile

import numpy as np

from .pictures import SECONDS

RATE = 16000
SAMPLE_COUNT = int(SECONDS * RATE)
LEVEL = 0.1  # root mean square of every recording, -20 dBFS


def decode(root, sounds):
    """Recordings as 16 kHz mono, trimmed and levelled: {path: samples}."""
    decoded = {}
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(sounds), 40):
            some = sounds[start:start + 40]
            command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
            for sound in some:
                command += ["-i", os.path.join(root, sound)]
            for index in range(len(some)):
                command += ["-map", f"{index}:a", "-f", "f32le", "-ac", "1", "-ar", str(RATE),
                            "-flags", "+bitexact", os.path.join(folder, str(index))]
            subprocess.run(command, check=True)
            for index, sound in enumerate(some):
                samples = np.fromfile(os.path.join(folder, str(index)), np.float32)
                decoded[sound] = levelled(sound, samples)
    return decoded


def levelled(sound, samples):
    samples = without_rumble(samples)
    energy = np.sqrt(np.convolve(samples**2, np.ones(800) / 800, "same"))
    loud = np.flatnonzero(energy > energy.max() * 0.02)
    if energy.max() < 1e-5 or not len(loud):
        raise ValueError(f"{sound}: nothing can be heard in it")
    samples = samples[loud[0]:loud[-1] + 1]
    return (samples * (LEVEL / np.sqrt(np.mean(samples**2)))).astype(np.float32)


def without_rumble(samples):
    """Takes away what lies below 60 Hz: one recording is 99 % rumble."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return np.fft.irfft(spectrum * np.clip((hertz - 40) / 20, 0, 1), len(samples))


def at_speed(samples, speed):
    """Plays faster and higher (`speed` > 1) or slower and lower, by resampling the spectrum."""
    if abs(speed - 1) < 1e-3:
        return samples
    length = -(-len(samples) // 512) * 512  # sizes the transform likes
    wanted = round(length / speed / 2) * 2
    spectrum = np.fft.rfft(samples, length)
    keep = min(len(spectrum), wanted // 2 + 1)
    slower = np.fft.irfft(spectrum[:keep], wanted) * (wanted / length)
    return slower[:round(len(samples) / speed)].astype(np.float32)


def tilted(samples, decibels):
    """Turns the treble up and the bass down by `decibels` from 250 Hz to 4 kHz, or the reverse."""
    if not decibels:
        return samples
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.clip(np.fft.rfftfreq(len(samples), 1 / RATE), 125, 8000) / 1000)
    gain = 10 ** (decibels / 4 * octaves / 20)
    return np.fft.irfft(spectrum * gain, len(samples)).astype(np.float32)


def burst_count(samples):
    """How many separate sounds a listener would count in it."""
    window = RATE // 50
    blocks = samples[:len(samples) // window * window].reshape(-1, window)
    energy = np.sqrt(np.mean(blocks**2, axis=1))
    if not len(energy):
        return 1
    count, quiet = 0, 99
    for value in energy / energy.max():
        if value > 0.25:
            count += quiet >= 4
            quiet = 0
        else:
            quiet += value < 0.12
    return count


def mixed(track, recordings):
    """`track`: {"events": [{sound, at, limit, gain, speed, tilt}], "noise": dB or None, "seed"}."""
    total = np.zeros(SAMPLE_COUNT, np.float32)
    for event in track["events"]:
        samples = at_speed(recordings[event["sound"]], event.get("speed", 1))
        samples = tilted(samples, event.get("tilt", 0))
        samples = samples[:int(event["limit"] * RATE)] * 10 ** (event["gain"] / 20)
        fade = min(160, len(samples) // 4)
        samples[len(samples) - fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        start = int(event["at"] * RATE)
        count = min(len(samples), SAMPLE_COUNT - start)
        total[start:start + count] += samples[:count]
    if track["noise"] is not None:
        noise = np.random.default_rng(track["seed"]).standard_normal(SAMPLE_COUNT)
        total += (noise * 10 ** (track["noise"] / 20)).astype(np.float32)
    peak = np.abs(total).max()
    return total * (0.95 / peak) if peak > 0.95 else total


def wave_file(samples):
    data = np.round(samples * 32767).astype("<i2").tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + form
            + b"data" + struct.pack("<I", len(data)) + data)


def single(random, sound, recordings, varied=False):
    """One recording somewhere in the clip; `varied` changes pitch, speed, timbre and noise too."""
    speed = round(random.uniform(0.86, 1.16), 3) if varied else 1
    tilt = round(random.uniform(-8, 8), 1) if varied and random.random() < 0.7 else 0
    length = len(recordings[sound]) / RATE / speed
    times = [random.uniform(0, max(0.0, min(1.2, SECONDS - length)))]
    if varied and length < 1.6 and random.random() < 0.5:
        gap = random.uniform(0.1, 0.5)
        while times[-1] + 2 * length + gap < SECONDS and len(times) < 3:
            times.append(times[-1] + length + gap)
    gain = round(random.uniform(-5, 3), 1)
    events = [{"sound": sound, "at": round(time, 2), "limit": SECONDS, "gain": gain,
               "speed": speed, "tilt": tilt} for time in times]
    noise = round(random.uniform(-60, -38), 1) if varied else -62
    return {"events": events, "noise": noise, "seed": random.randrange(2**31)}


def timed(random, events):
    """`events`: (sound, seconds from the start, seconds at most)."""
    placed = [{"sound": sound, "at": round(at, 2), "limit": limit,
               "gain": round(random.uniform(-2, 2), 1)} for sound, at, limit in events]
    return {"events": placed, "noise": -62, "seed": random.randrange(2**31)}

#!/usr/bin/env python3
"""Makes every file of this folder: `python3 make.py REFERENCES`.

Needs ffmpeg, numpy and Pillow. REFERENCES is a folder of safetensors files with the golden outputs of
transformers' feature extractors and image processor; README.md says what is taken from them.
"""
import json
import os
import struct
import subprocess
import sys
import wave

import numpy as np
from PIL import Image, PngImagePlugin

HERE = os.path.dirname(os.path.abspath(__file__))
os.chdir(HERE)


def ffmpeg(*arguments):
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *arguments], check=True)


BITEXACT = ["-bitexact", "-map_metadata", "-1", "-threads", "1"]
H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-bf", "2"]


def steps(rate, seconds, size="64x48"):
    """Picture i is grey with luma 20 + 8 i, so that a picture tells its number."""
    return ["-f", "lavfi", "-i", f"color=black:s={size}:r={rate}:d={seconds},"
            "format=yuv420p,geq=lum='20+8*N':cb=128:cr=128"]


def tone(rate, seconds, hertz=440):
    return ["-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate={rate}:duration={seconds}"]


def videos():
    ffmpeg(*steps(8, 3), *tone(16000, 3), *H264, "-g", "6", "-keyint_min", "6", "-c:a", "aac",
           "-b:a", "24k", *BITEXACT, "steps.mp4")
    ffmpeg(*steps(8, 3), *H264, "-g", "6", *BITEXACT, "silent.mp4")
    ffmpeg(*steps(8, 3), *tone(16000, 3), *H264, "-g", "6", "-keyint_min", "6", "-c:a", "flac",
           "-output_ts_offset", "5", *BITEXACT, "offset.mkv")
    ffmpeg("-i", "silent.mp4", "-c", "copy", "-output_ts_offset", "5", *BITEXACT, "offset.ts")
    # Pictures 0 to 7 at 0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.1, 2.8 seconds: the triangular numbers.
    ffmpeg(*steps(10, 0.8), "-vf", "settb=1/1000,setpts='N*(N+1)/2*100'", "-vsync", "vfr", *H264,
           *BITEXACT, "variable.mkv")
    ffmpeg(*steps(8, 3), *tone(16000, 1), "-filter_complex",
           "[1:a]asetpts=PTS+1/TB[a]", "-map", "0:v", "-map", "[a]", *H264, "-c:a",
           "flac", *BITEXACT, "late_sound.mkv")
    corner = ["-f", "lavfi", "-i", "color=black:s=48x32:r=5:d=0.4,format=yuv420p,"
              "geq=lum='if(lt(X,24)*lt(Y,16),235,16)':cb=128:cr=128"]
    ffmpeg(*corner, *H264, *BITEXACT, "corner.mp4")
    ffmpeg("-i", "corner.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90", "-bitexact",
           "turned.mp4")
    os.remove("corner.mp4")
    ffmpeg("-f", "lavfi", "-i", "color=red:s=36x28:r=5:d=0.4,format=yuv444p,crop=35:27", "-c:v",
           "ffv1", *BITEXACT, "odd.mkv")
    ffmpeg("-f", "lavfi", "-i", "color=blue:s=32x32:r=1:d=1", *H264, *BITEXACT, "single.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=1280x720:r=24:d=4", *H264, "-crf", "40", "-g", "24",
           *BITEXACT, "long.mp4")
    with open("steps.mp4", "rb") as whole, open("cut_tail.mp4", "wb") as cut:
        content = whole.read()
        cut.write(content[:len(content) * 2 // 3])
    ffmpeg("-i", "silent.mp4", "-c", "copy", "-movflags", "+faststart", *BITEXACT, "fast.mp4")
    with open("fast.mp4", "rb") as whole, open("cut_data.mp4", "wb") as cut:
        content = whole.read()
        cut.write(content[:len(content) - 600])
    os.remove("fast.mp4")


def sounds():
    ffmpeg(*tone(44100, 0.5), "-c:a", "libvorbis", "-q:a", "0", *BITEXACT, "tone.ogg")
    with open("tone.ogg", "rb") as whole, open("cut.ogg", "wb") as cut:
        content = whole.read()
        cut.write(content[:len(content) * 2 // 3])
    ffmpeg(*tone(22254, 0.3), "-c:a", "flac", *BITEXACT, "tone.flac")
    ffmpeg(*tone(44100, 0.5), "-f", "lavfi", "-i", "color=green:s=16x16:d=1:r=1", "-map", "0",
           "-map", "1", "-c:a", "libmp3lame", "-b:a", "32k", "-c:v", "png", "-frames:v", "1",
           "-disposition:v", "attached_pic", "-id3v2_version", "3", "-bitexact", "cover.mp3")
    ffmpeg("-i", "cover.mp3", "-map", "0", "-c:a", "aac", "-b:a", "24k", "-c:v", "copy",
           "-disposition:v:0", "attached_pic", "-bitexact", "cover.m4a")
    ffmpeg(*tone(5000, 0.2, 300), "-c:a", "pcm_u8", *BITEXACT, "rate5000.wav")
    ffmpeg(*tone(11127, 0.2, 300), "-c:a", "pcm_s16le", *BITEXACT, "rate11127.wav")
    levels(["0.5", "-0.1"], 2, "stereo.wav")
    levels(["0.1", "0.2", "0.3", "0.9", "0.4", "0.5"], 6, "surround.wav")
    floats("loud.wav", np.full(800, 1.5, np.float32))
    floats("nan.wav", np.array([0.1, float("nan"), 0.2] * 40, np.float32))
    floats("empty.wav", np.zeros(0, np.float32))
    with wave.open("cut.wav", "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
        file.writeframes(b"\0\1" * 1000)
    with open("cut.wav", "rb") as file:
        content = file.read()
    with open("cut.wav", "wb") as file:
        file.write(content[:1000])


def levels(values, channels, name):
    samples = np.tile(np.array(values, float), (400, 1))
    raw = (samples * 32767).round().astype("<i2").tobytes()
    layout = {2: "stereo", 6: "5.1"}[channels]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", "16000", "-channel_layout", layout,
         "-i", "-", *BITEXACT, name], input=raw, check=True)


def floats(name, samples):
    data = samples.tobytes()
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 16000, 64000, 4, 32)
    body = head + b"data" + struct.pack("<I", len(data)) + data
    with open(name, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", len(body)) + body)


def pictures():
    ramp = np.arange(13 * 9, dtype=np.uint8).reshape(9, 13)
    grey = Image.fromarray((ramp * 2).astype(np.uint8), "L")
    alpha = Image.fromarray((ramp * 2 + 21).astype(np.uint8), "L")
    expected = {}
    save(Image.merge("LA", (grey, alpha)), "grey_alpha.png", expected)
    red, green, blue = grey, grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT), alpha
    save(Image.merge("RGBA", (red, green, blue, alpha)), "rgba.png", expected)
    save(Image.merge("RGB", (red, green, blue)), "rgb.png", expected)
    palette = Image.fromarray((ramp % 4).astype(np.uint8), "P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30])
    palette.save("palette.png", transparency=bytes([0, 128, 255, 255]))
    reload("palette.png", expected)
    grey.save("grey.png")
    reload("grey.png", expected)
    with open("pictures.json", "w") as file:
        json.dump(expected, file, indent=0, sort_keys=True)
    photo = Image.new("RGB", (40, 24), (20, 20, 20))
    photo.paste((240, 240, 240), (0, 0, 20, 12))
    photo.save("photo.jpg", quality=95, subsampling=0)
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save("turned.jpg", quality=95, subsampling=0, exif=exif)
    with open("rgb.png", "rb") as file:
        content = file.read()
    with open("cut.png", "wb") as file:
        file.write(content[:len(content) // 2])
    huge = bytearray(content)
    huge[16:24] = struct.pack(">II", 30000, 30000)
    with open("huge.png", "wb") as file:
        file.write(huge[:29] + struct.pack(">I", __import__("zlib").crc32(bytes(huge[12:29])))
                   + huge[33:])
    with open("text.mp4", "w") as file:
        file.write("This is a letter, not a film.\n" * 20)


def save(image, name, expected):
    image.save(name)
    reload(name, expected)


def reload(name, expected):
    """What the picture is on white, by Pillow."""
    image = Image.open(name).convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    white.alpha_composite(image)
    expected[name] = np.asarray(white.convert("RGB")).flatten().tolist()


def tensors(path):
    with open(path, "rb") as file:
        content = file.read()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    kinds = {"F32": np.float32, "U8": np.uint8}
    result = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in kinds:
            start, end = entry["data_offsets"]
            data = np.frombuffer(content[8 + length + start:8 + length + end], kinds[entry["dtype"]])
            result[name] = data.reshape(entry["shape"])
    return result


def golden(folder):
    whisper = tensors(f"{folder}/whisper_features_128.safetensors")
    whisper["input.waveform.1"].tofile("whisper_waveform.f32")
    np.ascontiguousarray(whisper["expected.input_features"].T[::20]).tofile("whisper_frames.f32")
    clap = tensors(f"{folder}/clap_features.safetensors")
    clap["input.waveform.1"].tofile("clap_waveform.f32")
    for name in ["rand_trunc.repeatpad.1", "rand_trunc.repeat.1", "fusion.repeatpad.1.channel0"]:
        short = ".".join(name.split(".")[:2])
        np.ascontiguousarray(clap[f"expected.{name}"][0][::50]).tofile(f"clap_{short}.f32")
    clip = tensors(f"{folder}/clip_vision/io.safetensors")
    picture = clip["input.image.c"]
    Image.fromarray(picture).save("resize_source.png")
    Image.fromarray(clip["expected.resized.c"]).save("resize_bicubic_80x64.png")
    image = Image.fromarray(picture)
    for kind, name in [(Image.Resampling.BILINEAR, "bilinear"), (Image.Resampling.BICUBIC, "bicubic")]:
        image.resize((23, 17), kind).save(f"resize_{name}_23x17.png")
        image.resize((61, 31), kind).save(f"resize_{name}_61x31.png")


if __name__ == "__main__":
    videos()
    sounds()
    pictures()
    golden(sys.argv[1])

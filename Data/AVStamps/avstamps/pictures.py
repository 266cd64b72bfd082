"""A scene (a background and moving sprites) to frames."""

import io
import math
import os
import subprocess

import numpy as np
from PIL import Image

from .things import generator

SIDE = 224
FRAMES_PER_SECOND = 8
SECONDS = 4.0
FRAME_COUNT = int(FRAMES_PER_SECOND * SECONDS)
MARGIN = 32  # what the background moves by

COLORS = {
    "red": (200, 60, 55), "green": (70, 160, 80), "blue": (70, 100, 200),
    "yellow": (230, 205, 80), "white": (240, 240, 240), "gray": (128, 128, 128),
    "purple": (140, 80, 170), "orange": (230, 140, 60),
}
BACKGROUNDS = ("plain", "gradient", "radial", "clouds", "clouds", "stripes")


class Painter:
    """Renders scenes from the stamps below `root`; keeps the sprites it used last."""

    def __init__(self, root):
        self.root = root
        self.sprites = {}

    def sprite(self, picture):
        """The stamp cut to what is visible, its longer side 256 pixels."""
        if picture not in self.sprites:
            image = self._open(picture)
            visible = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
            image = image.crop(visible) if visible else image
            image = resized(image, 256 / max(image.size), Image.BICUBIC)
            if len(self.sprites) > 300:
                self.sprites.pop(next(iter(self.sprites)))
            self.sprites[picture] = image
        return self.sprites[picture]

    def _open(self, picture):
        path = os.path.join(self.root, picture)
        if os.path.exists(path + ".png"):
            return Image.open(path + ".png").convert("RGBA")
        command = ["rsvg-convert", "-w", "320", "-a", path + ".svg"]
        drawn = subprocess.run(command, capture_output=True, check=True).stdout
        return Image.open(io.BytesIO(drawn)).convert("RGBA")

    def frames(self, scene):
        """FRAME_COUNT frames as bytes, RGB."""
        random = generator(scene["seed"])
        ground = background(random, scene.get("background"), scene.get("color"))
        drift_x, drift_y = random.uniform(-1, 1), random.uniform(-1, 1)
        sprites = [(s, self._prepared(s)) for s in scene["sprites"]]
        frames = []
        for index in range(FRAME_COUNT):
            time = index / (FRAME_COUNT - 1)
            x = int(MARGIN / 2 * (1 + drift_x * (time - 0.5) * 1.8))
            y = int(MARGIN / 2 * (1 + drift_y * (time - 0.5) * 1.8))
            frame = Image.fromarray(ground[y:y + SIDE, x:x + SIDE])
            for sprite, image in sprites:
                paste(frame, sprite, image, time)
            frames.append(frame.tobytes())
        return b"".join(frames)

    def _prepared(self, sprite):
        """Mirrored, turned, toned and at its largest size, so that frames have little to do."""
        image = self.sprite(sprite["picture"])
        if sprite.get("mirrored"):
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        if sprite.get("tone"):
            gains = np.array([*sprite["tone"], 1.0], np.float32)
            pixels = np.asarray(image, np.float32) * gains
            image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA")
        scale = max(sprite["scale"]) * SIDE / max(image.size)
        image = resized(image, scale, Image.BILINEAR)
        if sprite.get("turn"):
            image = image.rotate(sprite["turn"], Image.BILINEAR, expand=True)
        return image


def paste(frame, sprite, image, time):
    start, end = sprite["span"]
    if not start <= time <= end:
        return
    part = (time - start) / max(end - start, 1e-6)
    first, last = sprite["scale"]
    scale = (first + (last - first) * part) / max(first, last)
    image = image if abs(scale - 1) < 1e-3 else resized(image, scale, Image.BILINEAR)
    (x0, y0), (x1, y1) = sprite["path"]
    x = (x0 + (x1 - x0) * part) * SIDE - image.width / 2
    y = (y0 + (y1 - y0) * part) * SIDE - image.height / 2
    frame.paste(image, (round(x), round(y)), image)


def resized(image, scale, enlarging):
    size = (max(2, round(image.width * scale)), max(2, round(image.height * scale)))
    return image.resize(size, enlarging if scale > 1 else Image.BILINEAR)


def background(random, kind, color):
    """A still larger than the frame; `color` names the hue of a plain one."""
    width = SIDE + MARGIN
    kind = kind or random.choice(BACKGROUNDS)
    y, x = np.mgrid[0:width, 0:width].astype(np.float32) / width
    angle = random.uniform(0, 2 * math.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    noise = np.random.default_rng(random.randrange(2**31))
    if color:
        first = np.array(COLORS[color], np.float32) + noise.integers(-12, 13, 3)
    else:
        first = noise.integers(40, 250, 3).astype(np.float32)
    second = noise.integers(40, 250, 3).astype(np.float32)
    if kind == "plain":
        mix = np.zeros((width, width), np.float32)
    elif kind == "gradient":
        mix = (along - along.min()) / (along.max() - along.min())
    elif kind == "radial":
        centre = random.uniform(0.3, 0.7), random.uniform(0.3, 0.7)
        mix = np.clip(np.hypot(x - centre[0], y - centre[1]) * 1.4, 0, 1)
    elif kind == "stripes":
        mix = np.sin(along * random.uniform(15, 40)) * 0.12 + 0.5
    else:
        mix = clouds(noise, width)
    mixed = first * (1 - mix[..., None]) + second * mix[..., None]
    return mixed.clip(0, 255).astype(np.uint8)


def clouds(noise, width):
    """Smooth noise at several sizes added up: no two photographs have the same ground."""
    total = np.zeros((width, width), np.float32)
    for cells, weight in ((4, 0.5), (10, 0.3), (28, 0.2)):
        grid = (noise.random((cells, cells)) * 255).astype(np.uint8)
        wide = Image.fromarray(grid).resize((width, width), Image.BICUBIC)
        total += weight * np.asarray(wide, np.float32) / 255
    return total


def sprite(random, picture, may_mirror, centre=None, scale=None, span=(0.0, 1.0), motion=None):
    """A stamp somewhere in the frame; `motion` "left" or "right" makes it cross a third of it."""
    scale = scale or random.uniform(0.5, 0.9)
    x, y = centre or (0.5 + random.uniform(-0.08, 0.08), 0.5 + random.uniform(-0.08, 0.08))
    if motion:
        dx, dy, zoom = (-0.16 if motion == "left" else 0.16), 0.0, 1.0
    else:
        dx, dy = random.uniform(-0.05, 0.05), random.uniform(-0.04, 0.04)
        zoom = random.uniform(0.85, 1.18) if random.random() < 0.5 else 1.0
    brightness = random.uniform(0.8, 1.15)
    return {
        "picture": picture,
        "path": [[round(x - dx, 3), round(y - dy, 3)], [round(x + dx, 3), round(y + dy, 3)]],
        "scale": [round(scale / zoom**0.5, 3), round(scale * zoom**0.5, 3)],
        "span": list(span),
        "mirrored": may_mirror and not motion and random.random() < 0.5,
        "turn": round(random.uniform(-14, 14), 1) if random.random() < 0.6 else 0,
        "tone": [round(brightness * random.uniform(0.93, 1.07), 3) for _ in range(3)],
    }

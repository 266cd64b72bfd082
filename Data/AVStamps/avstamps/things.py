"""What the data set is about: the classes of things.tsv, the other stamps, and who is held out."""

import hashlib
import os
import random
import re
from dataclasses import dataclass

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Seen alone and heard alone in training, but never together: do comparisons transfer?
NEVER_TOGETHER = ("gorilla", "seagull", "bee", "saw", "goose", "elephant", "bassoon", "fire truck")

# Things one may take for another, by eye or ear; they never make a "does not match" question.
LOOK_OR_SOUND_ALIKE = (
    ("bee", "hornet"), ("ram", "goat", "sheep"), ("lion", "tiger", "bear"),
    ("duck", "goose", "rubber duck"), ("crow", "blackbird", "lark", "cuckoo"),
    ("cow", "bull", "bison"), ("violin", "cello"), ("donkey", "horse", "zebra"),
    ("deer", "caribou"), ("mouse", "bat"), ("dog", "fox", "sea lion"),
    ("washing machine", "vacuum cleaner"), ("hen", "rooster", "turkey"),
    ("glass", "bottle", "kettle"), ("hammer", "mallet"), ("drum kit", "cymbal", "tom-tom drum"),
    ("badger", "bear"), ("chimpanzee", "gorilla"), ("thunder", "fireworks"),
    ("whale", "orca", "dolphin"),
)

# Folders whose stamps are signs or letters, and doubles of other stamps.
NOT_THINGS = ("symbols", "town/roadsigns", "seasonal/hanukkah/dreydl", "military/fireman240a")

# The folders that make an answerable "which of these" question, and what is said of them.
CATEGORIES = {
    "animals": "an animal", "food": "food", "vehicles": "a vehicle", "clothes": "clothing",
    "plants": "a plant", "household": "a household object", "town": "a building",
}

SOUND_KINDS = {
    "animal": "an animal", "bird": "a bird", "insect": "an insect",
    "instrument": "an instrument", "machine": "a machine or tool", "tool": "a machine or tool",
}

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def generator(key):
    """A random generator that depends on `key` alone."""
    return random.Random(int(hashlib.sha256(key.encode()).hexdigest()[:16], 16))


def fraction(key):
    """A number in [0, 1) that depends on `key` alone."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32


def alike(first, second):
    return any(first in group and second in group for group in LOOK_OR_SOUND_ALIKE)


@dataclass(frozen=True)
class Thing:
    """A class that is both seen and heard."""

    name: str
    noun: str
    sounding: str
    kind: str
    is_certain: bool
    synonyms: tuple
    sounds: tuple
    pictures: tuple

    @property
    def train_pictures(self):
        return self.pictures[:-1] or self.pictures

    @property
    def held_out_picture(self):
        return self.pictures[-1] if len(self.pictures) > 1 else None

    @property
    def train_sounds(self):
        return self.sounds[:-1] or self.sounds

    @property
    def held_out_sound(self):
        return self.sounds[-1] if len(self.sounds) > 1 else None

    @property
    def heard(self):
        return f"{self.noun} {self.sounding}"

    @property
    def accept(self):
        """Other ways to name it that count as right."""
        return [self.name, *self.synonyms] if self.name != self.noun else list(self.synonyms)

    @property
    def is_countable(self):
        return self.noun.startswith(("a ", "an ")) and " of " not in self.noun


def load_things():
    things = {}
    with open(os.path.join(HERE, "things.tsv"), encoding="utf-8") as table:
        for line in table:
            if line.startswith("#") or line.startswith("class\t"):
                continue
            fields = line.rstrip("\n").split("\t")
            name, noun, sounding, kind, certain, synonyms, sounds, pictures = fields
            things[name] = Thing(
                name, noun, sounding, kind, certain == "1",
                tuple(s for s in synonyms.split(",") if s),
                tuple(sounds.split(",")), tuple(pictures.split(",")))
    return things


@dataclass(frozen=True)
class Stamp:
    """Any stamp with a caption; `thing` is set for those of the classes."""

    picture: str
    caption: str
    category: str
    may_mirror: bool
    thing: str

    @property
    def is_simple(self):
        """The caption is just a name: "A red apple."."""
        return bool(re.match(r"^(A|An|The|Some|Two) [\w '\-\"]{2,34}[.!]$", self.caption))

    @property
    def noun(self):
        words = self.caption.rstrip(".!")
        return words[0].lower() + words[1:]

    @property
    def group(self):
        """Stamps with the same caption go to the same split."""
        return re.sub(r"^(a|an|the|some|two)\s+", "", self.noun.lower())

    @property
    def split(self):
        place = fraction(f"group:{self.group}")
        return "train" if place < 0.85 else "val" if place < 0.90 else "test"


def clean_caption(text):
    for odd, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("—", " - "), ("–", "-")):
        text = text.replace(odd, plain)
    text = re.sub(r"\s+", " ", text).strip().strip('"')
    return text if text.endswith((".", "!", "?")) else text + "."


def load_stamps(root, things):
    """Every captioned stamp below `root`, in the order of its path."""
    thing_of = {picture: t.name for t in things.values() for picture in t.pictures}
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            stem, extension = os.path.splitext(name)
            if extension in (".png", ".svg"):
                found[os.path.relpath(os.path.join(folder, stem), root)] = True
    stamps = {}
    for picture in sorted(found):
        text = os.path.join(root, picture + ".txt")
        is_excluded = (
            picture.startswith(NOT_THINGS) or picture.endswith("_mirror")
            or "sedan_police" in picture)
        if picture not in thing_of and (is_excluded or not os.path.exists(text)):
            continue
        caption = ""
        if os.path.exists(text):
            with open(text, encoding="utf-8", errors="replace") as lines:
                caption = clean_caption(lines.readline())
        if picture not in thing_of and len(caption) < 3:
            continue
        stamps[picture] = Stamp(
            picture, caption, picture.split("/")[0], may_mirror(root, picture),
            thing_of.get(picture))
    return stamps


def may_mirror(root, picture):
    """Stamps with writing on them say `nomirror` in their .dat file."""
    path = os.path.join(root, picture + ".dat")
    if not os.path.exists(path):
        return True
    with open(path, encoding="utf-8", errors="replace") as lines:
        return "nomirror" not in lines.read().split()


def shuffled_partners(names, allowed, random_generator):
    """A partner for each name, each taken once, none its own: names balanced on both sides.

    `allowed(seen, heard)` says which pairs may occur. Found by augmenting paths in random order.
    """
    order = list(names)
    random_generator.shuffle(order)
    choices = {}
    for name in order:
        choices[name] = [other for other in names if other != name and allowed(name, other)]
        random_generator.shuffle(choices[name])
    taken_by = {}

    def place(name, visited):
        for other in choices[name]:
            if other not in visited:
                visited.add(other)
                if other not in taken_by or place(taken_by[other], visited):
                    taken_by[other] = name
                    return True
        return False

    for name in order:
        if not place(name, set()):
            raise ValueError(f"{name}: no partner is left that keeps the classes balanced")
    return {seen: heard for heard, seen in taken_by.items()}

"""What every part of the plan shares: the things, their recordings, the plan, and how much of it."""

from dataclasses import dataclass, field
from functools import cached_property

from . import pictures, sounds
from .manifest import slug
from .things import NEVER_TOGETHER, alike, fraction, generator, shuffled_partners


@dataclass(frozen=True)
class Size:
    """How many renders, rounds and scenes a build has."""

    picture_renders: int = 6
    sound_renders: int = 8
    match_rounds: int = 44
    train_clip_rounds: int = 1
    other_stamps: bool = True
    count_things: int = 36
    scenes: dict = field(default_factory=lambda: {"train": 120, "val": 12, "test_pairs": 30})
    held_out_rounds: dict = field(default_factory=lambda: {
        "val": 1, "test_pairs": 2, "test_images": 2, "test_sounds": 3, "test_unseen_match": 4})


@dataclass
class World:
    things: dict
    stamps: dict
    recordings: dict
    plan: object
    size: Size
    train_videos: dict = field(default_factory=dict)  # thing → [(path, picture)]
    train_sounds: dict = field(default_factory=dict)  # thing → [(path, sound)]

    @property
    def seen(self):
        """The names of the things that training may show with their own sound."""
        return [name for name in self.things if name not in NEVER_TOGETHER]

    @property
    def never_together(self):
        return [name for name in self.things if name in NEVER_TOGETHER]

    @cached_property
    def ring(self):
        names = self.seen
        generator("ring").shuffle(names)
        return {name: place for place, name in enumerate(names)}

    def pair_split(self, seen, heard):
        """The only split that may have `seen` with the sound of `heard` as a mismatch.

        The things that training may match stand in a ring; the distance between two decides, so
        that every split has equally many partners for each.
        """
        if seen in self.ring and heard in self.ring:
            place = (self.ring[heard] - self.ring[seen]) % len(self.ring) / len(self.ring)
        else:
            place = fraction(f"pair:{seen}:{heard}")
        return "train" if place < 0.66 else "val" if place < 0.82 else "test_pairs"

    def mismatched(self, names, split, key):
        """For each name another whose sound it is shown with; all names as often heard as seen."""
        splits = {(a, b): self.pair_split(a, b) for a in names for b in names}

        def allowed(seen, heard):
            if alike(seen, heard):
                return False
            if split in ("test_images", "test_sounds", "test_unseen_match"):
                return True
            are_both_unmatched = seen in NEVER_TOGETHER and heard in NEVER_TOGETHER
            return not are_both_unmatched and splits[seen, heard] == split

        return shuffled_partners(names, allowed, generator(f"mismatch:{split}:{key}"))

    def sprite(self, random, picture, **placed):
        return pictures.sprite(random, picture, self.stamps[picture].may_mirror, **placed)

    def pictures_of(self, name, split):
        thing = self.things[name]
        return [thing.held_out_picture] if split == "test_images" else list(thing.train_pictures)

    def sounds_of(self, name, split):
        thing = self.things[name]
        return [thing.held_out_sound] if split == "test_sounds" else list(thing.train_sounds)

    def single_track(self, random, sound, varied=False):
        return sounds.single(random, sound, self.recordings, varied)

    def clip(self, split, seen, heard, index):
        """A muxed clip of one thing with one sound; (media, meta)."""
        key = f"{split}/{slug(seen)}_with_{slug(heard)}_{index}"
        random = generator(f"clip:{key}")
        picture = self.pick(self.pictures_of(seen, split), index)
        sound = self.pick(self.sounds_of(heard, split), index)
        scene = {"seed": key, "sprites": [self.sprite(random, picture)]}
        path = self.plan.media(f"av/{key}.mp4", scene, self.single_track(random, sound))
        return {"video": path}, {"source": [picture, sound], "visual": seen, "audio": heard}

    @staticmethod
    def pick(choices, index):
        return choices[index % len(choices)]

    def short_things(self):
        """Things with a recording short and single enough to be counted."""
        found = {}
        for name in self.seen:
            for sound in self.things[name].train_sounds:
                samples = self.recordings[sound]
                is_short = len(samples) < 1.2 * sounds.RATE
                if self.things[name].is_certain and self.things[name].is_countable and is_short \
                        and sounds.burst_count(samples) == 1:
                    found.setdefault(name, sound)
        return dict(list(found.items())[:self.size.count_things])

"""Questions that need only the sound."""

from .manifest import sentence, slug
from .sounds import timed
from .things import DIGITS, SOUND_KINDS, alike, generator, shuffled_partners
from .visual_rows import YES_OR_NO, add_interview

TIMES = ("once", "twice", "three times")
DIGIT_SOUNDS = "symbols/math"


def digit_sounds():
    """Spoken digits: one speaker to learn from, another held out."""
    return {"train": [f"{DIGIT_SOUNDS}/{d}.ogg" for d in range(10)],
            "test_sounds": [f"{DIGIT_SOUNDS}/{d}_en_GB.ogg" for d in range(10)]}


def add(world):
    for split in ("train", "val", "test_pairs", "test_sounds"):
        add_things(world, split)
    for split in ("train", "val", "test_pairs"):
        add_counts(world, split)
        add_orders(world, split)
    if world.size.other_stamps:
        for split in ("train", "val", "test_sounds"):
            add_digits(world, split)


def sound_file(world, split, sound, index, varied):
    """One recording; a few files are WAV, so that both kinds are met."""
    key = f"{split}/{slug(sound[:-4])}_{index}"
    random = generator(f"audio:{key}")
    extension = "wav" if random.random() < 0.04 else "ogg"
    track = world.single_track(random, sound, varied)
    return {"audio": world.plan.media(f"audio/{key}.{extension}", None, track)}, random


def add_things(world, split):
    """Sounds of the classes; even renders ask for what is heard, odd ones for another thing."""
    plan, is_train = world.plan, split == "train"
    names = [n for n, t in world.things.items() if split != "test_sounds" or t.held_out_sound]
    renders = {"train": world.size.sound_renders, "test_sounds": 4}.get(split, 1)
    kinds = list(dict.fromkeys(SOUND_KINDS.values()))
    for index in range(renders):
        others = shuffled_partners(
            names, lambda a, b: not alike(a, b), generator(f"heard:{split}:{index}"))
        for name in names:
            thing = world.things[name]
            for sound in world.sounds_of(name, split):
                meta = {"source": [sound], "audio": name}
                media, random = sound_file(world, split, sound, index, is_train and index > 1)
                if is_train:
                    world.train_sounds.setdefault(name, []).append((media["audio"], sound))
                plan.caption(split, "audio", "audio_caption", media, sentence(thing.heard), meta,
                             random)
                plan.ask(split, "audio", "what_hear", media, thing.noun, meta, random,
                         accept=[*thing.accept, thing.heard])
                if not is_train or index % 2 == 0:
                    plan.ask(split, "audio", "audio_presence", media, "yes", meta, random,
                             names=(thing.noun,), choices=YES_OR_NO)
                if not is_train or index % 2 == 1:
                    plan.ask(split, "audio", "audio_presence", media, "no", meta, random,
                             names=(world.things[others[name]].noun,), choices=YES_OR_NO)
                if is_train:
                    other = world.things[others[name]].noun
                    add_interview(world, "audio", media, meta, (thing.noun, other), random)
                if thing.kind in SOUND_KINDS and index < 2:
                    plan.ask(split, "audio", "audio_category", media, SOUND_KINDS[thing.kind],
                             meta, random, choices=kinds)


def count_sound(world, split, name, count):
    """A sound file in which one short recording is heard `count` times."""
    key = f"{split}/count_{slug(name)}_{count}"
    random = generator(f"audio:{key}")
    sound = world.short_things()[name]
    events = [(sound, 0.1 + 1.3 * place + random.uniform(0, 0.25), 0.9) for place in range(count)]
    return world.plan.media(f"audio/{key}.ogg", None, timed(random, events)), sound


def add_counts(world, split):
    for place, name in enumerate(world.short_things()):
        counts = range(1, 4) if split == "train" else [1 + place % 3]
        for count in counts:
            path, sound = count_sound(world, split, name, count)
            meta = {"source": [sound], "audio": name, "n_audio": count}
            random = generator(f"count:{path}")
            world.plan.ask(split, "audio", "audio_count", {"audio": path}, TIMES[count - 1], meta,
                           random, names=(world.things[name].noun,), choices=list(TIMES))


def two_things(world, split, random, names):
    """Two things that can be told apart and that only `split` has together."""
    for _ in range(10000):
        first, second = random.sample(names, 2)
        pair = sorted((first, second))
        is_here = split == "test_unseen_match" or world.pair_split(*pair) == split
        if not alike(first, second) and is_here:
            return first, second
    raise ValueError(f"{split}: no two things are kept for it; expected a longer things.tsv")


def add_orders(world, split):
    """Two sounds one after the other, both ways round."""
    names = [n for n, t in world.things.items() if t.is_certain]
    for index in range(world.size.scenes[split] // 2):
        random = generator(f"order:{split}:{index}")
        pair = two_things(world, split, random, names)
        sounds = {name: random.choice(world.things[name].train_sounds) for name in pair}
        for way in (0, 1):
            early, late = (pair[way], pair[1 - way])
            track = timed(random, [(sounds[early], 0.05, 1.8), (sounds[late], 2.05, 1.8)])
            path = world.plan.media(f"audio/{split}/order_{index:03d}_{way}.ogg", None, track)
            asks_first = index % 2 == 0
            nouns = [world.things[name].noun for name in pair]
            world.plan.ask(
                split, "audio", "audio_order", {"audio": path},
                world.things[early if asks_first else late].noun,
                {"source": [sounds[early], sounds[late]], "audio": [early, late]}, random,
                names=nouns, choices=nouns,
                template="audio_order" if asks_first else "audio_order_last")


def add_digits(world, split):
    for digit, word in enumerate(DIGITS):
        sound = digit_sounds()["test_sounds" if split == "test_sounds" else "train"][digit]
        for index in range(3 if split == "train" else 1):
            media, random = sound_file(world, split, sound, index, index > 0)
            world.plan.ask(split, "audio", "spoken_word", media, word,
                           {"source": [sound], "audio": "speech"}, random, choices=list(DIGITS))

"""Questions about where, when and how many: two things shown, sounds placed in time."""

from .audio_rows import count_sound, two_things
from .manifest import slug
from .pictures import SECONDS
from .sounds import timed
from .things import generator
from .visual_rows import CORNERS, YES_OR_NO, count_video

HALF = 0.499  # of a clip: where the first of two scenes ends


def add(world):
    for split in world.size.scenes:
        add_sides(world, split)
        add_times(world, split)
        add_equal_counts(world, split)
        add_silence(world, split)
    if len(world.never_together) > 3:
        add_sides(world, "test_unseen_match")


def certain(world, names):
    return [name for name in names if world.things[name].is_certain]


def scene_count(world, split):
    return world.size.scenes.get(split, 12)


def both(world, split, key, scene, track):
    """Media of a scene with a track: two files in training, a muxed clip where held out."""
    if split != "train":
        return {"video": world.plan.media(f"av/{split}/{key}.mp4", scene, track)}
    video = world.plan.media(f"visual/train/{scene['seed']}.mp4", scene)
    return {"video": video, "audio": world.plan.media(f"audio/train/{key}.ogg", None, track)}


def add_sides(world, split):
    """Two things side by side; each clip is asked with the sound of either."""
    names = certain(world, world.never_together if split == "test_unseen_match" else world.seen)
    for index in range(scene_count(world, split)):
        seed = f"side_{split}_{index:03d}"
        random = generator(seed)
        pair = two_things(world, split, random, names)
        stamps = [random.choice(world.things[name].train_pictures) for name in pair]
        sprites = [world.sprite(random, stamp, centre=(x, 0.5), scale=random.uniform(0.38, 0.47))
                   for stamp, x in zip(stamps, (0.26, 0.74))]
        scene = {"seed": seed, "sprites": sprites}
        for place, side in enumerate(("left", "right")):
            name = pair[place]
            for media, sound in sounds_for_side(world, split, random, scene, name):
                meta = {"source": [*stamps, sound], "visual": list(pair), "audio": name}
                world.plan.ask(split, "audio-visual", "side_of_sound", media, side, meta, random,
                               choices=["left", "right"])
            nouns = [world.things[n].noun for n in pair]
            order = nouns if index % 2 else nouns[::-1]
            world.plan.ask(split, "audio-visual", "who_sounds", media, nouns[place], meta, random,
                           names=order, choices=order, requires=["audio"])


def sounds_for_side(world, split, random, scene, name):
    """(media, recording): two of the training files with the silent clip, or one muxed clip."""
    if split == "train":
        video = world.plan.media(f"visual/train/{scene['seed']}.mp4", scene)
        for audio, sound in random.sample(world.train_sounds[name], 2):
            yield {"video": video, "audio": audio}, sound
    else:
        sound = random.choice(world.things[name].train_sounds)
        key = f"av/{split}/{scene['seed']}_{slug(name)}.mp4"
        track = world.single_track(random, sound)
        yield {"video": world.plan.media(key, scene, track)}, sound


def add_times(world, split):
    """One thing and then another, with a sound that is neither's, early or late."""
    names = certain(world, world.seen)
    for index in range(scene_count(world, split) * 2 // 3):
        seed = f"when_{split}_{index:03d}"
        random = generator(seed)
        pair = two_things(world, split, random, names)
        stamps = [random.choice(world.things[name].train_pictures) for name in pair]
        spans = ((0.0, HALF), (HALF, 1.0))
        sprites = [world.sprite(random, stamp, span=span) for stamp, span in zip(stamps, spans)]
        third = random.choice([n for n in names if n not in pair])
        sound = random.choice(world.things[third].train_sounds)
        nouns = [world.things[n].noun for n in pair]
        for place, start in enumerate((0.2, SECONDS / 2 + 0.2)):
            track = timed(generator(f"{seed}:{place}"), [(sound, start, 1.5)])
            media = both(world, split, f"{seed}_{place}", {"seed": seed, "sprites": sprites}, track)
            meta = {"source": [*stamps, sound], "visual": list(pair), "audio": third}
            order = nouns if index % 2 else nouns[::-1]
            world.plan.ask(split, "audio-visual", "on_screen_while_sound", media, nouns[place],
                           meta, random, names=order, choices=order)
            if index % 2 == 0:
                answer = f"{world.things[third].noun}, while {nouns[place]} is shown"
                world.plan.ask(split, "audio-visual", "sound_when", media, answer, meta, random)


def add_equal_counts(world, split):
    """As many pictures as sounds, or one of the other numbers."""
    for place, name in enumerate(world.short_things()):
        for shown in (1, 2, 3):
            if split != "train" and shown != 1 + place % 3:
                continue
            for heard in (shown, 1 + (shown + place % 2) % 3):
                add_equal_count(world, split, name, shown, heard)


def add_equal_count(world, split, name, shown, heard):
    key = f"equal_{slug(name)}_{shown}_{heard}"
    random = generator(f"{split}:{key}")
    if split == "train":
        video, picture = count_video(world, split, name, shown)
        audio, sound = count_sound(world, split, name, heard)
        media = {"video": video, "audio": audio}
    else:
        job_video, picture = held_out_scene(world, split, name, shown, key)
        sound = world.short_things()[name]
        events = [(sound, 0.1 + 1.3 * k + random.uniform(0, 0.25), 0.9) for k in range(heard)]
        path = f"av/{split}/{key}.mp4"
        media = {"video": world.plan.media(path, job_video, timed(random, events))}
    meta = {"source": [picture, sound], "visual": name, "audio": name, "n_visual": shown,
            "n_audio": heard}
    world.plan.ask(split, "audio-visual", "equal_count", media,
                   "yes" if shown == heard else "no", meta, random, choices=YES_OR_NO)


def held_out_scene(world, split, name, count, key):
    random = generator(f"{split}:{key}:scene")
    picture = random.choice(world.things[name].train_pictures)
    sprites = [world.sprite(random, picture, centre=corner, scale=0.4)
               for corner in random.sample(CORNERS, count)]
    return {"seed": f"{split}_{key}", "sprites": sprites}, picture


def add_silence(world, split):
    """The same picture with a sound and with none: digital zeros, or noise too soft to hear."""
    random = generator(f"silence:{split}")
    for index in range(scene_count(world, split) // 4):
        name = random.choice(world.seen)
        stamp = random.choice(world.things[name].train_pictures)
        seed = f"silence_{split}_{index:03d}"
        scene = {"seed": seed, "sprites": [world.sprite(random, stamp)]}
        sound = random.choice(world.things[name].train_sounds)
        loud = world.single_track(random, sound)
        still = {"events": [], "noise": -62 if index % 2 else None, "seed": index}
        for answer, track in (("yes", loud), ("no", still)):
            media = both(world, split, f"{seed}_{answer}", scene, track)
            meta = {"source": [stamp], "visual": name, "audio": name if answer == "yes" else None}
            world.plan.ask(split, "audio-visual", "is_there_sound", media, answer, meta, random,
                           choices=YES_OR_NO, requires=["audio"])

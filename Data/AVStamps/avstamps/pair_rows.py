"""Questions about one thing shown with one sound: do they match, what is which.

In training, picture and sound come from files of their own, so a pair costs no media. Each round
shows every thing once with its own sound and once with another's, and plays every sound as often
rightly as wrongly, with the same files: neither picture nor sound alone tells the answer.
"""

from .manifest import sentence
from .things import alike, generator
from .visual_rows import YES_OR_NO

EXPLAINED_ROUNDS, DESCRIBED_ROUNDS, TALK_ROUNDS, CAPTION_ROUNDS = 5, 6, 2, 6


def add(world):
    add_training_pairs(world)
    add_clips(world, "train", world.seen, world.size.train_clip_rounds)
    for split, names in held_out_names(world).items():
        if len(names) > 1:
            add_clips(world, split, names, world.size.held_out_rounds[split])


def held_out_names(world):
    pictured = [n for n in world.seen if world.things[n].held_out_picture]
    recorded = [n for n in world.seen if world.things[n].held_out_sound]
    return {"val": world.seen, "test_pairs": world.seen, "test_images": pictured,
            "test_sounds": recorded, "test_unseen_match": world.never_together}


class TrainingFiles:
    """Goes round the silent clips and sound files of a thing, each list in an order of its own."""

    def __init__(self, world, key):
        self.videos = {n: self.ordered(v, f"{key}:v:{n}") for n, v in world.train_videos.items()}
        self.sounds = {n: self.ordered(s, f"{key}:a:{n}") for n, s in world.train_sounds.items()}

    @staticmethod
    def ordered(files, key):
        files = list(files)
        generator(key).shuffle(files)
        return files

    def pair(self, seen, heard, round_index):
        videos, sounds = self.videos[seen], self.sounds[heard]
        video, picture = videos[round_index % len(videos)]
        lap = round_index // len(sounds)  # so that equal list lengths still make new pairs
        audio, sound = sounds[(round_index + lap) % len(sounds)]
        return ({"video": video, "audio": audio},
                {"source": [picture, sound], "visual": seen, "audio": heard})


def add_training_pairs(world):
    files = TrainingFiles(world, "match")
    for index in range(world.size.match_rounds):
        for pair in round_of_pairs(world, world.seen, "train", f"match:{index}"):
            add_match(world, "train", *files.pair(*pair, index), index)
    tasks = ((add_explained, EXPLAINED_ROUNDS), (add_talk, TALK_ROUNDS),
             (add_interview, world.size.match_rounds))
    for add_task, rounds in tasks:
        files = TrainingFiles(world, add_task.__name__)
        for index in range(rounds):
            for pair in round_of_pairs(world, world.seen, "train", f"{add_task.__name__}:{index}"):
                add_task(world, "train", *files.pair(*pair, index))
    # Things that are never shown with their own sound are described with those of others.
    files, names = TrainingFiles(world, "describe"), list(world.things)
    for index in range(DESCRIBED_ROUNDS):
        partners = world.mismatched(names, "train", f"describe:{index}")
        pairs = list(partners.items()) + [(n, n) for n in world.seen if index % 2 == 0]
        for place, (seen, heard) in enumerate(pairs):
            media, meta = files.pair(seen, heard, index)
            add_described(world, "train", media, meta, place)
            if index < CAPTION_ROUNDS:
                add_caption(world, "train", media, meta)


def round_of_pairs(world, names, split, key):
    """(seen, heard): every name with its own sound, and with another's."""
    return [(n, n) for n in names] + list(world.mismatched(names, split, key).items())


def add_clips(world, split, names, rounds):
    """Muxed clips: all that is held out, and some to train on sound as videos carry it."""
    for index in range(rounds):
        pairs = round_of_pairs(world, names, split, f"clips:{index}")
        for place, (seen, heard) in enumerate(pairs):
            media, meta = world.clip(split, seen, heard, index)
            add_match(world, split, media, meta, index)
            kind = (place + index) % 4
            if kind == 0:
                add_explained(world, split, media, meta)
            elif kind == 1 and split == "train":
                add_talk(world, split, media, meta)
            else:
                add_described(world, split, media, meta, kind)
            if split in ("train", "val"):
                add_caption(world, split, media, meta)


def add_match(world, split, media, meta, index):
    random = generator(f"match:{split}:{index}:{media['video']}:{meta['audio']}")
    answer = "yes" if meta["visual"] == meta["audio"] else "no"
    world.plan.ask(split, "audio-visual", "match", media, answer, meta, random,
                   choices=YES_OR_NO)


def nouns(world, meta):
    return world.things[meta["visual"]].noun, world.things[meta["audio"]].noun


def add_explained(world, split, media, meta):
    random = generator(f"explain:{split}:{media}")
    seen, heard = nouns(world, meta)
    verdict = "Yes" if seen == heard else "No"
    said = f"You see {seen} and hear {heard}. {verdict}."
    question = world.plan.question("match_explain", random)
    world.plan.row(split, "finetune", "audio-visual", "match_explain", media, [(question, said)],
                   meta, answer=said[:-1])


def add_described(world, split, media, meta, kind):
    """Both at once, or one of a pair that does not match."""
    random = generator(f"describe:{split}:{media}")
    seen, heard = nouns(world, meta)
    if seen == heard or kind % 3 == 0:
        said = f"You see {seen} and hear {heard}."
        question = world.plan.question("see_and_hear", random)
        world.plan.row(split, "finetune", "audio-visual", "see_and_hear", media,
                       [(question, said)], meta, answer=said[:-1])
    elif kind % 3 == 1:
        world.plan.ask(split, "audio-visual", "what_hear_mismatch", media, heard, meta, random,
                       accept=world.things[meta["audio"]].accept, requires=["audio"])
    else:
        world.plan.ask(split, "audio-visual", "what_see_mismatch", media, seen, meta, random,
                       accept=world.things[meta["visual"]].accept, requires=["visual"])


def add_talk(world, split, media, meta):
    """Three questions, the last of which follows from the answers before it."""
    random = generator(f"talk:{split}:{media}")
    seen, heard = nouns(world, meta)
    turns = [(world.plan.question("what_see", random), sentence(seen)),
             (world.plan.question("what_hear", random), sentence(heard)),
             (world.plan.question("belong_together", random), "Yes." if seen == heard else "No.")]
    world.plan.row(split, "finetune", "audio-visual", "multi_turn", media, turns, meta)


def add_interview(world, split, media, meta):
    """Closed questions in any order, and then what is seen and heard: five answers for one clip.

    What is asked for in vain is, half of the time, what the other modality has.
    """
    random = generator(f"interview:{split}:{media}")
    seen, heard = meta["visual"], meta["audio"]
    turns = [(world.plan.question("match", random), "Yes." if seen == heard else "No.")]
    for task, here, there in (("visual_presence", seen, heard), ("audio_presence", heard, seen)):
        asked = asked_for(world, random, here, there)
        question = world.plan.question(task, random, world.things[asked].noun)
        turns.append((question, "Yes." if asked == here else "No."))
    random.shuffle(turns)
    said = "You see {} and hear {}.".format(*nouns(world, meta))
    turns.append((world.plan.question("see_and_hear", random), said))
    world.plan.row(split, "finetune", "audio-visual", "multi_turn", media, turns, meta)


def asked_for(world, random, here, there):
    """What is here; or else what the other modality has, or anything."""
    if random.random() < 0.5:
        return here
    if not alike(here, there) and random.random() < 0.5:
        return there
    return random.choice([name for name in world.things if not alike(name, here)])


def add_caption(world, split, media, meta):
    random = generator(f"caption:{split}:{media}")
    seen, heard = world.things[meta["visual"]].noun, world.things[meta["audio"]].heard
    text = sentence(f"{seen} is shown, {heard} is heard")
    world.plan.caption(split, "audio-visual", "av_caption", media, text, meta, random)

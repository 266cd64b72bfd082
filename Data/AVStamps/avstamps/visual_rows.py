"""Questions that need only the picture."""

from .manifest import sentence, slug
from .pictures import COLORS
from .things import CATEGORIES, alike, generator, shuffled_partners

NUMBERS = ("one", "two", "three", "four")
CORNERS = ((0.25, 0.28), (0.75, 0.28), (0.25, 0.72), (0.75, 0.72))
YES_OR_NO = ["yes", "no"]


def add(world):
    for split in ("train", "val", "test_pairs", "test_images"):
        add_things(world, split)
    if world.size.other_stamps:
        for split in ("train", "val", "test"):
            add_other_stamps(world, split)
    for split in ("train", "val", "test_pairs"):
        add_counts(world, split)


def render(world, split, picture, index, meta):
    """A silent clip of one stamp, and what is to be known of it."""
    key = f"{split}/{slug(picture)}_{index}"
    random = generator(f"visual:{key}")
    color = random.choice(list(COLORS)) if random.random() < 0.35 else None
    motion = random.choice(["left", "right"]) if random.random() < 0.4 else None
    scene = {"seed": key, "sprites": [world.sprite(random, picture, motion=motion)]}
    if color:
        scene.update(background="plain", color=color)
    media = {"video": world.plan.media(f"visual/{key}.mp4", scene)}
    details = random, color, motion
    add_color_and_motion(world, split, media, meta, details)
    return media, details


def add_color_and_motion(world, split, media, meta, details):
    random, color, motion = details
    if color:
        world.plan.ask(split, "visual", "background_color", media, color, meta, random,
                       choices=list(COLORS))
    if motion:
        world.plan.ask(split, "visual", "motion", media, motion, meta, random,
                       choices=["left", "right"])


def add_several(world, split, media, meta, noun, details):
    """A conversation of several turns about one clip."""
    random, color, motion = details
    turns = [(world.plan.question("what_see", random), sentence(noun))]
    if color:
        turns.append((world.plan.question("and_color", random), sentence(color)))
    if motion:
        turns.append((world.plan.question("and_motion", random), sentence(motion)))
    if len(turns) > 1:
        world.plan.row(split, "finetune", "visual", "multi_turn", media, turns, meta)


def add_presence(world, split, media, meta, noun, is_shown, random):
    world.plan.ask(split, "visual", "visual_presence", media, "yes" if is_shown else "no", meta,
                   random, names=(noun,), choices=YES_OR_NO)


def add_things(world, split):
    """Clips of the classes; even renders ask for what is shown, odd ones for another thing."""
    plan, is_train = world.plan, split == "train"
    names = [n for n, t in world.things.items() if split != "test_images" or t.held_out_picture]
    renders = world.size.picture_renders if is_train else 2 if split == "test_images" else 1
    for index in range(renders):
        others = shuffled_partners(
            names, lambda a, b: not alike(a, b), generator(f"presence:{split}:{index}"))
        for name in names:
            thing = world.things[name]
            for picture in world.pictures_of(name, split):
                meta = {"source": [picture], "visual": name}
                media, details = render(world, split, picture, index, meta)
                random = details[0]
                if is_train:
                    world.train_videos.setdefault(name, []).append((media["video"], picture))
                if index < 3:
                    plan.caption(split, "visual", "caption", media, sentence(thing.noun), meta,
                                 random)
                plan.ask(split, "visual", "what_see", media, thing.noun, meta, random,
                         accept=thing.accept)
                if not is_train or index % 2 == 0:
                    add_presence(world, split, media, meta, thing.noun, True, random)
                if not is_train or index % 2 == 1:
                    noun = world.things[others[name]].noun
                    add_presence(world, split, media, meta, noun, False, random)
                if index == 1:
                    add_category(world, split, media, meta, picture, random)
                if is_train and index < 2:
                    add_several(world, split, media, meta, thing.noun, details)
                if is_train:
                    other = world.things[others[name]].noun
                    add_interview(world, "visual", media, meta, (thing.noun, other), random)


def add_interview(world, modality, media, meta, names, random):
    """Whether this is there, and that, in any order; then what it is. `names`: the right one first."""
    presence, what = {"visual": ("visual_presence", "what_see"),
                      "audio": ("audio_presence", "what_hear")}[modality]
    turns = [(world.plan.question(presence, random, name), said)
             for name, said in zip(names, ("Yes.", "No."))]
    random.shuffle(turns)
    turns.append((world.plan.question(what, random), sentence(names[0])))
    world.plan.row("train", "finetune", modality, "multi_turn", media, turns, meta)


def add_category(world, split, media, meta, picture, random):
    answer = CATEGORIES.get(world.stamps[picture].category)
    if answer:
        world.plan.ask(split, "visual", "visual_category", media, answer, meta, random,
                       choices=list(CATEGORIES.values()))


def add_other_stamps(world, split):
    """Clips of everything else that can be shown; the same name never lies in two splits."""
    stamps = {p: s for p, s in world.stamps.items() if s.thing is None and s.split == split}
    asked = [p for p, s in stamps.items() if s.is_simple][::2]

    def differ(first, second):
        return stamps[first].group.split()[-1] != stamps[second].group.split()[-1] and not (
            stamps[first].group in stamps[second].group
            or stamps[second].group in stamps[first].group)

    others = shuffled_partners(asked, differ, generator(f"presence:others:{split}"))
    for picture, stamp in stamps.items():
        meta = {"source": [picture], "visual": stamp.group}
        media, details = render(world, split, picture, 0, meta)
        random = details[0]
        world.plan.caption(split, "visual", "caption", media, stamp.caption, meta, random)
        add_category(world, split, media, meta, picture, random)
        if stamp.is_simple:
            world.plan.ask(split, "visual", "what_see", media, stamp.noun, meta, random,
                           accept=[stamp.group])
        if picture in others:
            add_presence(world, split, media, meta, stamp.noun, True, random)
            add_presence(world, split, media, meta, stamps[others[picture]].noun, False, random)


def count_video(world, split, name, count):
    """A silent clip that shows one stamp `count` times."""
    key = f"{split}/count_{slug(name)}_{count}"
    random = generator(f"visual:{key}")
    picture = random.choice(world.things[name].train_pictures)
    sprites = [world.sprite(random, picture, centre=corner, scale=random.uniform(0.34, 0.44))
               for corner in random.sample(CORNERS, count)]
    return world.plan.media(f"visual/{key}.mp4", {"seed": key, "sprites": sprites}), picture


def add_counts(world, split):
    names = list(world.short_things())
    for place, name in enumerate(names):
        counts = range(1, 5) if split == "train" else [1 + place % 4]
        for count in counts:
            path, picture = count_video(world, split, name, count)
            meta = {"source": [picture], "visual": name, "n_visual": count}
            random = generator(f"count:{path}")
            world.plan.ask(split, "visual", "visual_count", {"video": path}, NUMBERS[count - 1],
                           meta, random, names=(world.things[name].noun,), choices=list(NUMBERS))

"""Proves of a finished build that what is held out stays out, and that no shortcut answers."""

import json
import os
from collections import Counter, defaultdict

from .things import NEVER_TOGETHER

LARGEST_PRIOR = 0.56  # accuracy that guessing from one modality alone may reach on `match`


def problems(folder):
    """What is wrong with the manifests in `folder`, one line each; empty when all is well."""
    rows = [row for name in sorted(os.listdir(folder))
            if is_manifest(name)
            for row in load(folder, name)]
    if not rows:
        return [f"{folder}: no manifest is there"]
    found = []
    for check in (form, answers, files, held_out_sources, held_out_pairs, never_together,
                  balanced_match):
        found += check(folder, rows) if check is files else check(rows)
    return found


def is_manifest(name):
    return name == "mini.json" or name.startswith(("pretrain_", "finetune_"))


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def form(rows):
    ids = Counter(row["id"] for row in rows)
    found = [f"{identity}: {count} rows have this id" for identity, count in ids.items()
             if count > 1]
    tokens = {"visual": "<video>\n", "audio": "<audio>\n", "audio-visual": "<video>\n<audio>\n"}
    for row in rows:
        first = row["conversations"][0]["value"]
        prefix = tokens[row["modality"]]
        if not first.startswith(prefix) or "<" in first[len(prefix):]:
            found.append(f"{row['id']}: its question starts with the wrong media tokens")
        if ("video" in row) != (row["modality"] != "audio"):
            found.append(f"{row['id']}: its modality does not fit its media")
    return found


def answers(rows):
    """What is said is the answer, and a closed answer is one of the choices."""
    found = []
    for row in rows:
        answer, choices = row.get("answer"), row.get("choices")
        said = row["conversations"][-1]["value"]
        if answer is not None and said != answer[0].upper() + answer[1:] + ".":
            found.append(f"{row['id']}: says {said!r} but the answer is {answer!r}")
        if choices and answer not in choices:
            found.append(f"{row['id']}: {answer!r} is not among its choices")
    return found


def files(folder, rows):
    paths = {row[key] for row in rows for key in ("video", "audio") if key in row}
    return [f"{path}: a row needs it, but it is missing or empty" for path in sorted(paths)
            if not os.path.isfile(os.path.join(folder, path))
            or os.path.getsize(os.path.join(folder, path)) == 0]


def held_out_sources(rows):
    """Pictures of `test`/`test_images` and recordings of `test_sounds` train nothing."""
    trained = {source for row in rows if row["split"] in ("train", "val")
               for source in row["meta"]["source"]}
    found = []
    for row in rows:
        sources = row["meta"]["source"]
        if row["split"] in ("test", "test_images"):
            secret = [s for s in sources if not s.endswith(".ogg")]
        elif row["split"] == "test_sounds":
            secret = [s for s in sources if s.endswith(".ogg")]
        else:
            continue
        found += [f"{row['id']}: {s} is also in training" for s in secret if s in trained]
    media = defaultdict(set)
    for row in rows:
        for key in ("video", "audio"):
            if key in row:
                media[row[key]].add(row["split"])
    found += [f"{path}: in several splits: {sorted(splits)}"
              for path, splits in media.items() if len(splits) > 1]
    return found


def single_pairs(rows, splits):
    """(seen, heard) of every row that shows one thing with one sound."""
    return {(row["meta"]["visual"], row["meta"]["audio"]) for row in rows
            if row["split"] in splits and row["modality"] == "audio-visual"
            and isinstance(row["meta"]["visual"], str) and row["meta"]["audio"]}


def held_out_pairs(rows):
    """The mismatched pairs of the tests are met in no row of training."""
    trained = single_pairs(rows, ("train",))
    found = []
    for split in ("val", "test_pairs", "test_unseen_match"):
        for seen, heard in sorted(single_pairs(rows, (split,))):
            if seen != heard and (seen, heard) in trained:
                found.append(f"{split}: {seen} with the sound of {heard} is also in training")
    return found


def never_together(rows):
    found = []
    for row in rows:
        seen = row["meta"].get("visual")
        seen = seen if isinstance(seen, list) else [seen]
        heard = row["meta"].get("audio")
        if row["split"] in ("train", "val") and row["modality"] == "audio-visual" \
                and heard in NEVER_TOGETHER and heard in seen:
            found.append(f"{row['id']}: shows {heard} with its own sound")
    return found


def balanced_match(rows):
    """Yes and no are equal in number, and neither modality's class alone predicts the answer."""
    splits = defaultdict(list)
    for row in rows:
        if row["task"] == "match":
            splits[row["split"]].append(row)
    found = []
    for split, some in splits.items():
        count = Counter(row["answer"] for row in some)
        if count["yes"] != count["no"]:
            found.append(f"{split}: match has {count['yes']} yes and {count['no']} no")
        for side in ("visual", "audio"):
            accuracy = prior_accuracy(splits["train"], some, side)
            if accuracy > LARGEST_PRIOR:
                found.append(f"{split}: {side} alone answers {accuracy:.0%} of match")
    return found


def prior_accuracy(trained, asked, side):
    """Accuracy of the most frequent training answer for the class of one modality."""
    votes = defaultdict(Counter)
    for row in trained:
        votes[row["meta"][side]][row["answer"]] += 1
    score = 0.0
    for row in asked:
        vote = votes[row["meta"][side]]
        score += 0.5 if vote["yes"] == vote["no"] else \
            float(row["answer"] == max(vote, key=lambda answer: vote[answer]))
    return score / len(asked)


def summary(folder):
    """The figures behind the checks, for the reader."""
    matches = [row for name in sorted(os.listdir(folder)) if is_manifest(name)
               for row in load(folder, name) if row["task"] == "match"]
    trained = [row for row in matches if row["split"] == "train"]
    lines = []
    for split in dict.fromkeys(row["split"] for row in matches):
        some = [row for row in matches if row["split"] == split]
        priors = [f"{side} alone {prior_accuracy(trained, some, side):.2f}"
                  for side in ("visual", "audio")]
        lines.append(f"match, {split}: {len(some)} rows; {', '.join(priors)}")
    return lines

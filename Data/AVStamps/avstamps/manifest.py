"""The plan of a build: rows of questions and answers, and the media they need."""

import json
import os
from collections import Counter, defaultdict

from .things import HERE, generator

MEDIA_TOKENS = {
    "visual": "<video>\n", "audio": "<audio>\n", "audio-visual": "<video>\n<audio>\n",
}
NEEDS = {"visual": ["visual"], "audio": ["audio"], "audio-visual": ["visual", "audio"]}


def sentence(words):
    """How every short answer is written: "a frog" becomes "A frog."."""
    return words[0].upper() + words[1:] + "."


def slug(words):
    return "".join(c if c.isalnum() else "_" for c in words)


class Plan:
    def __init__(self):
        self.rows, self.jobs, self.counts = [], {}, Counter()
        with open(os.path.join(HERE, "templates.json"), encoding="utf-8") as file:
            self.templates = json.load(file)

    def media(self, path, scene=None, track=None):
        """Plans the file `path`; asking twice for one path must mean the same file."""
        job = {"scene": scene, "track": track}
        if self.jobs.setdefault(path, job) != job:
            raise ValueError(f"{path}: planned twice with different content")
        return path

    def question(self, task, random, *names):
        return random.choice(self.templates[task]).format(*names)

    def row(self, split, stage, modality, task, media, turns, meta, **more):
        """`media`: {"video", "audio"}; `turns`: (question, answer) as they are said.

        `more`: answer (canonical; the one said when None is given and there is one turn),
        choices, accept, requires.
        """
        conversations = []
        for index, (question, said) in enumerate(turns):
            prefix = MEDIA_TOKENS[modality] if index == 0 else ""
            conversations.append({"from": "human", "value": prefix + question})
            conversations.append({"from": "gpt", "value": said})
        kind = f"{stage}-{split}-{task}"
        row = {"id": f"{kind}-{self.counts[kind]:05d}", "split": split, "stage": stage,
               "modality": modality, "task": task, **media, "conversations": conversations}
        self.counts[kind] += 1
        row.update({key: more[key] for key in ("answer", "choices", "accept") if more.get(key)})
        row["requires"] = more.get("requires") or NEEDS[modality]
        row["meta"] = meta
        self.rows.append(row)

    def ask(self, split, modality, task, media, answer, meta, random, names=(), **more):
        """A fine-tuning row of one question with one short answer."""
        template = more.pop("template", task)
        turns = [(self.question(template, random, *names), sentence(answer))]
        self.row(split, "finetune", modality, task, media, turns, meta, answer=answer, **more)

    def caption(self, split, modality, task, media, text, meta, random):
        """A pre-training row."""
        turns = [(self.question(task, random), text)]
        self.row(split, "pretrain", modality, task, media, turns, meta)

    def write(self, folder, things, never_together, single_file=None):
        """The manifests, the classes and the counts; rows of a file in an order of their own."""
        files = defaultdict(list)
        for row in self.rows:
            files[single_file or f"{row['stage']}_{row['split']}"].append(row)
        for name, rows in files.items():
            generator(f"order:{name}").shuffle(rows)
            lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            write_text(os.path.join(folder, f"{name}.json"), f"[\n{lines}\n]\n")
        if single_file:
            return
        classes = {
            t.name: {"noun": t.noun, "sounding": t.sounding, "kind": t.kind,
                     "pictures": list(t.pictures), "sounds": list(t.sounds)}
            for t in things.values()}
        about = {"classes": classes, "never_together": list(never_together)}
        for name, value in (("classes", about), ("stats", self.statistics(folder))):
            text = json.dumps(value, ensure_ascii=False, indent=1)
            write_text(os.path.join(folder, f"{name}.json"), text + "\n")

    def statistics(self, folder):
        sizes = {path: os.path.getsize(os.path.join(folder, path)) for path in self.jobs}
        kinds = {}
        for kind in ("visual", "audio", "av"):
            found = [size for path, size in sizes.items() if path.startswith(kind + "/")]
            kinds[kind] = {"files": len(found), "bytes": sum(found)}
        by_split = Counter(f"{r['stage']}_{r['split']}/{r['modality']}" for r in self.rows)
        by_task = Counter(f"{r['stage']}_{r['split']}/{r['task']}" for r in self.rows)
        return {"rows": len(self.rows), "media": kinds,
                "rows_by_modality": dict(sorted(by_split.items())),
                "rows_by_task": dict(sorted(by_task.items()))}


def write_text(path, text):
    """Writes beside `path` and renames, so that it is there whole or not at all."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".partial", path)

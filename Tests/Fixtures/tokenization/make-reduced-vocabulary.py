"""Writes smollm2_reduced.json: the part of SmolLM2's vocabulary that the parity texts exercise.

Usage: python3 make-reduced-vocabulary.py SmolLM2-135M-Instruct.Q4_1.gguf   (Python >= 3.9, no packages)

The merges are found by running an independent, quadratic byte-pair encoder on every text of
smollm2_cases.json and smollm2_chat_cases.json with the whole vocabulary, and the script stops when one
of its id sequences differs from the recorded one.
"""
import json
import pathlib
import re
import struct
import sys
import unicodedata

here = pathlib.Path(__file__).parent


def metadata(path):
    file = open(path, "rb")
    assert file.read(4) == b"GGUF"
    _, _, count = struct.unpack("<IQQ", file.read(20))
    codes = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def string():
        return file.read(struct.unpack("<Q", file.read(8))[0]).decode()

    def value(kind):
        if kind == 8:
            return string()
        if kind == 9:
            kind, length = struct.unpack("<IQ", file.read(12))
            return [value(kind) for _ in range(length)]
        code = "<" + codes[kind]
        return struct.unpack(code, file.read(struct.calcsize(code)))[0]

    return {string(): value(struct.unpack("<I", file.read(4))[0]) for _ in range(count)}


def alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    other = [byte for byte in range(256) if byte not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(0x100 + i) for i, b in enumerate(other)}}


def words(text):
    """Digits alone, then GPT-2's pattern over a string of character classes."""
    kinds = "".join(
        " " if c == " " else "s" if c.isspace() and c not in "\x1c\x1d\x1e\x1f"
        else "L" if unicodedata.category(c)[0] == "L"
        else "N" if unicodedata.category(c)[0] == "N" else "o" for c in text)
    contraction = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
    run = re.compile(r" ?L+| ?o+|[s ]+(?![^s ])|[s ]+")
    for part in re.finditer(r"N|[^N]+", kinds):
        index = part.start()
        while index < part.end():
            match = contraction.match(text, index, part.end())
            if not match and kinds[index] == "N":
                end = index + 1
            else:
                end = (match or run.match(kinds, index, part.end())).end()
            yield text[index:end]
            index = end


data = metadata(sys.argv[1])
tokens, kinds = data["tokenizer.ggml.tokens"], data["tokenizer.ggml.token_type"]
ids = {token: i for i, token in enumerate(tokens)}
merges = [tuple(m.split(" ")) for m in data["tokenizer.ggml.merges"]]
ranks = {pair: rank for rank, pair in enumerate(merges)}
characters = alphabet()
special = [token for token, kind in zip(tokens, kinds) if kind == 3]
finder = re.compile("(" + "|".join(map(re.escape, sorted(special, key=len, reverse=True))) + ")")
used_merges, used_tokens = set(), set(special) | {c for c in characters.values() if c in ids}


def encode(text):
    result = []
    for piece in finder.split(text):
        if piece in special:
            result.append(ids[piece])
            continue
        for word in words(piece):
            symbols = [characters[b] for b in word.encode()]
            while len(symbols) > 1:
                best = min(range(len(symbols) - 1), key=lambda i: ranks.get((symbols[i], symbols[i + 1]), 1e9))
                pair = (symbols[best], symbols[best + 1])
                if pair not in ranks:
                    break
                used_merges.add(ranks[pair])
                used_tokens.add("".join(pair))
                symbols[best:best + 2] = ["".join(pair)]
            result += [ids[s] for s in symbols]
    return result


cases = json.loads((here / "smollm2_cases.json").read_text())["cases"]
chats = json.loads((here / "smollm2_chat_cases.json").read_text())["cases"]
for case in cases + chats:
    assert encode(case["text"]) == case["ids"], case["text"]
kept = sorted((ids[token], token, kinds[ids[token]]) for token in used_tokens)
document = {
    "model": data["tokenizer.ggml.model"], "pre": data["tokenizer.ggml.pre"],
    "beginning_id": data["tokenizer.ggml.bos_token_id"], "end_id": data["tokenizer.ggml.eos_token_id"],
    "ids": [k[0] for k in kept], "tokens": [k[1] for k in kept], "types": [k[2] for k in kept],
    "merges": [" ".join(merges[rank]) for rank in sorted(used_merges)],
}
(here / "smollm2_reduced.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
print(len(kept), "tokens,", len(used_merges), "merges")

#!/usr/bin/env python3
"""Writes sentencepiece_forms.json and pre_tokenizer_cases.json, beside this file.

    python3 make-sentencepiece-forms.py ../parity/tokenizer_spm/tokenizer.model

The first holds a SentencePiece model as the `tokenizer.json` files of LLaMA models spell it, and what
Hugging Face's tokenizers makes of texts with each spelling; the second how Llama 3's and Qwen2's
patterns cut texts into words. Needs tokenizers 0.23.3 and sentencepiece 0.2.
"""

import json
import pathlib
import random
import sys

import sentencepiece
import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
TAIL = r"""| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
HEAD = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"""
PATTERNS = {"llama-bpe": HEAD + r"\p{N}{1,3}" + TAIL, "qwen2": HEAD + r"\p{N}" + TAIL}
TEXTS = [
    "", " ", "  ", "Hello, world!", " a bell rings", "two  spaces", "\n\nlines\n", "tab\there",
    "<s>USER: What is it? ASSISTANT:", "A bell.</s>USER: And now?", "</s></s>", "<s> after a space",
    "naïve café Größe", "日本語テキスト", "🎉 party 👩‍👩‍👧", "\u2581 written out", "x\u2581y", "1234567 3.14",
    "mixed <unk> in it", "end of line\r\n", "\u00a0\u3000wide", "def f(x):\n    return x ** 2", "ſ K Å",
    "<0x0A> is text", "a</s> b <s>c",
]
WORDS = [
    "they've I'LL 'S 'sab don'T", "in 1984x 12 123 1234 12345", "a\r\n\r\n b", "x  \n  y", "  \t z",
    "end   ", "!!!\n\n??\r\r", " !a 'a \"quoted\"", "日本語 と English", "e\u0301a cafe\u0301", "½Ⅻ٣٤٥٦",
    "a\u00a0\u3000b", "'ſ 'ſt", "hello_world foo.bar", "🎉🎉 ok", "\n", "\t\tx", "a\u2028b\u0085c", "'", "''s",
    "I'm we'd you'll it's he're", "x=1;y=22;zzz=333", "#include <stdio.h>\n\nint main() {\n\treturn 0;\n}\n",
]


def merges(model):
    """The pairs that make each piece, as transformers lists them."""
    ids = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    found = []
    for piece, index in ids.items():
        pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))
                 if piece[:cut] in ids and piece[cut:] in ids]
        found += [(pair, model.get_score(index))
                  for pair in sorted(pairs, key=lambda pair: (ids[pair[0]], ids[pair[1]]))]
    return [pair for pair, _ in sorted(found, key=lambda entry: -entry[1])]


def form(ids, pairs, normalizer, pre_tokenizer):
    made = tokenizers.Tokenizer(models.BPE(
        vocab=ids, merges=pairs, fuse_unk=True, byte_fallback=True, unk_token="<unk>"))
    if normalizer:
        made.normalizer = normalizer
    if pre_tokenizer:
        made.pre_tokenizer = pre_tokenizer
    made.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(content=" ", left=1, right=0)])
    made.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in ("<unk>", "<s>", "</s>")])
    return made


def main():
    model = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
    ids = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    pairs = merges(model)
    prepend = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    forms = {
        "prepend": (prepend, None),
        "metaspace_first": (None, pre_tokenizers.Metaspace(
            replacement="\u2581", prepend_scheme="first", split=False)),
        "metaspace_always": (None, pre_tokenizers.Metaspace(
            replacement="\u2581", prepend_scheme="always", split=False)),
        "metaspace_never": (None, pre_tokenizers.Metaspace(
            replacement="\u2581", prepend_scheme="never", split=False)),
    }
    result = {"forms": {}}
    for name, steps in forms.items():
        made = form(ids, pairs, *steps)
        spelled = json.loads(made.to_str())
        cases = []
        for text in TEXTS:
            found = made.encode(text, add_special_tokens=False).ids
            cases.append({"text": text, "ids": found,
                          "decoded": made.decode(found, skip_special_tokens=False)})
        result["forms"][name] = {
            key: spelled[key] for key in ("normalizer", "pre_tokenizer", "decoder")}
        result["forms"][name]["cases"] = cases
        result["model"] = spelled["model"]
        result["added_tokens"] = spelled["added_tokens"]
    write("sentencepiece_forms.json", result)

    stream = random.Random(0)
    alphabet = "aB'sSlL 1٣½\n\r\t!.é日\u0301ſ\u00a0🎉_"
    texts = WORDS + ["".join(stream.choices(alphabet, k=stream.randint(1, 24))) for _ in range(150)]
    cut = {}
    for name, pattern in PATTERNS.items():
        split = pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
        cut[name] = [{"text": text, "words": [word for word, _ in split.pre_tokenize_str(text)]}
                     for text in texts]
    write("pre_tokenizer_cases.json", cut)


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (HERE / name).write_text(text + "\n", encoding="utf-8")


main()

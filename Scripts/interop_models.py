"""The models that Scripts/interop has other programs read: tiny random ones, and SmolLM2."""

import json
import math
import os
import struct
import wave
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIP_QUESTION = "What do you see or hear?"
TYPES = ["F32", "F16", "BF16", "Q8_0"]
# Kinds of runs that adapters for llama.cpp cannot express, and what Duet then says.
REFUSED = {
    "dora": "was trained with weight decomposition (DoRA), which adapters for llama.cpp cannot "
            "express; export gguf or merged",
    "norms": "trained as a whole, which adapters for llama.cpp cannot express; export gguf or merged",
}
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
LORA = "train.lora={rank: 4, alpha: 8, targets: [q_proj, k_proj, v_proj, o_proj, gate_proj, " \
       "up_proj, down_proj]%s}"
# What each kind of run adds to the adapters' settings, and what it trains besides.
KINDS = {
    "lora": ("", []),
    "rslora": (", rank_stabilised: true", []),
    "dora": (", weight_decomposed: true", ["optimizer.lora_plus_ratio=2"]),
    "norms": ("", ["train.parameters=['*norm']"]),
}


def cases(folder, gguf_base, real_base):
    """The cases: name, base, recipe and settings.

    `gguf_base` makes a GGUF file of a tiny model's folder. `real_base` makes a Hugging Face folder of
    SmolLM2's GGUF file; None leaves SmolLM2 out.
    """
    clip = write_media(folder)
    recipe = write_recipe(folder)
    bases = {name: write_language(os.path.join(folder, name), name == "tied")
             for name in ("untied", "tied")}
    bases["untied-gguf"] = gguf_base(case("untied-file", bases["untied"], recipe, clip, "lora"))
    result = [case(f"tiny-{name}-{kind}", base, recipe, clip, kind)
              for name, base in bases.items() for kind in KINDS]
    if real_base:
        gguf = smollm2()
        bases = {"gguf": gguf, "safetensors": real_base(case("smollm2", gguf, recipe, clip, "lora"))}
        result += [case(f"smollm2-{name}-{kind}", base, recipe, clip, kind)
                   for name, base in bases.items() for kind in ("lora", "rslora", "dora")]
    return result


def case(name, base, recipe, clip, kind):
    lora, more = KINDS[kind]
    return {
        "name": name, "base": base, "recipe": recipe, "clip": clip, "kind": kind,
        "types": TYPES + (["Q4_0", "Q4_1"] if name == "smollm2-gguf-lora" else []),
        # A trained model is thrown off by steps that a random one needs.
        "recipe_settings": [f"model.language={base}"]
        + (["optimizer.learning_rate=2e-3"] if name.startswith("smollm2") else []),
        "settings": [LORA % lora, *more]}


def feature_case(folder):
    """A run of tiny towers that see and hear, and a picture and a sound of CLAP's rate to ask about."""
    base = write_language(os.path.join(folder, "untied"), False)
    hearing = os.path.join(folder, "hearing.wav")
    write_sound(hearing, 330, rate=48_000)
    tiny = case("tiny-features", base, write_recipe(folder), write_media(folder), "lora")
    return tiny, (tiny["clip"], hearing)


def exports(case):
    """The exports of a case and the flags that make them."""
    media = ["--probe-media", case["clip"], "--probe-question", CLIP_QUESTION]
    whole = {f"merged-{dtype}": ["--format", "merged", "--dtype", dtype, *media]
             for dtype in ("float32", "bfloat16")}
    whole |= {f"gguf-{type}": ["--format", "gguf", "--type", type] for type in case["types"]}
    adapter = {} if case["kind"] in REFUSED else {"gguf-adapter": ["--format", "gguf-adapter"]}
    return {"adapter": media, **adapter, "hdf5": ["--format", "hdf5"], **whole}


def smollm2():
    with open(os.path.join(ROOT, "Data", "assets.json"), encoding="utf-8") as file:
        entry = json.load(file)["models"]["smollm2-135m-instruct"]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "duet", "assets", entry["sha256"], entry["file"])


def write_language(folder, tied):
    """A random LLaMA of two layers that reads bytes, as a Hugging Face folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=256 + len(SPECIAL), hidden_size=64, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
        rms_norm_eps=1e-5, tie_word_embeddings=tied, bos_token_id=256, eos_token_id=257,
        pad_token_id=257)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.2)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def write_tokenizer(folder):
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    letters |= {byte: chr(256 + index) for index, byte in enumerate(others)}
    vocabulary = {letters[byte]: byte for byte in range(256)}
    vocabulary |= {token: 256 + index for index, token in enumerate(SPECIAL)}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
             "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "post_processor": None, "pre_tokenizer": level, "decoder": level,
        "added_tokens": [
            {"id": 256 + index, "content": token, "special": True, "single_word": False,
             "lstrip": False, "rstrip": False, "normalized": False}
            for index, token in enumerate(SPECIAL)],
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [], "dropout": None,
                  "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}}
    write_json(os.path.join(folder, "tokenizer.json"), tokenizer)
    write_json(os.path.join(folder, "tokenizer_config.json"), {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": SPECIAL[0],
        "eos_token": SPECIAL[1], "pad_token": SPECIAL[1], "chat_template": TEMPLATE})


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


def write_media(folder):
    """A few pictures and sounds with annotations; returns a picture to ask about."""
    rows = []
    for index in range(2):
        write_picture(os.path.join(folder, f"{index}.png"), index)
        write_sound(os.path.join(folder, f"{index}.wav"), 220 * (index + 2))
        for kind, media in (("v", ["image"]), ("a", ["audio"]), ("av", ["image", "audio"])):
            tags = "".join("<video>\n" if medium == "image" else "<audio>\n" for medium in media)
            files = {medium: f"{index}.{'png' if medium == 'image' else 'wav'}" for medium in media}
            rows.append({"id": f"{kind}{index}", **files, "conversations": [
                {"from": "human", "value": f"{tags}What is it?"},
                {"from": "gpt", "value": f"It is number {index}."}]})
    write_json(os.path.join(folder, "rows.json"), rows)
    return os.path.join(folder, "0.png")


def write_picture(path, index, side=64):
    lines = b"".join(b"\0" + bytes(value for pixel in line for value in pixel)
                     for line in pixels(index, side))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n"
                   + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def pixels(index, side=64):
    """Red, green and blue of a picture, line by line."""
    return [[((x * 4) % 256, (y * 4) % 256, 120 * index) for x in range(side)] for y in range(side)]


def write_sound(path, hertz, rate=16_000):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(
            struct.pack("<h", int(8_000 * math.sin(2 * math.pi * hertz * index / rate)))
            for index in range(2 * rate)))


def write_recipe(folder):
    """Steps so long that the adapters matter."""
    path = os.path.join(folder, "recipe.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"""name: interop
model:
  language: replaced
  visual: {{encoder: efficientnet-lite0, frames: 2, grid: [1, 1], tokens: [frame]}}
  audio: {{encoder: whisper-tiny-en, seconds: 2, segment_seconds: 1, tokens: [segment]}}
  system_prompt: ""
data:
  train: [{{file: {folder}/rows.json}}]
  batch: {{visual: 1, audio: 1, audio_visual: 1}}
  exhausted: cycle
  feature_cache: {folder}/features
train: {{steps: 3}}
optimizer: {{learning_rate: 2e-2}}
schedule: {{warmup_ratio: 0}}
""")
    return path

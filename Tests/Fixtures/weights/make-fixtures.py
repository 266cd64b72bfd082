#!/usr/bin/env python3
"""Writes the small hand-made weight files beside this script, with Python's standard library only.

Tensor values are value(i) = i / 4 - 3, so every type stores them exactly.
"""
import collections
import json
import pathlib
import pickle
import struct
import sys
import types

FOLDER = pathlib.Path(__file__).parent


def value(i):
    return i / 4 - 3


def half(x):
    return struct.pack("<e", x)


def bfloat16(x):
    return struct.pack("<f", x)[2:]


def floats(count, first=0):
    return b"".join(struct.pack("<f", value(first + i)) for i in range(count))


def safetensors():
    tensors = [
        ("b.half", "F16", [2, 3], b"".join(half(value(i)) for i in range(6))),
        ("a.plain", "F32", [4], floats(4)),
        ("c.brain", "BF16", [1, 2, 2], b"".join(bfloat16(value(i)) for i in range(4))),
        ("long", "I64", [2], struct.pack("<qq", -5, 7)),
        ("scalar", "F64", [], struct.pack("<d", 0.5)),
        ("flags", "BOOL", [3], bytes([1, 0, 1])),
        ("none", "U8", [0, 4], b""),
    ]
    header, data = {"__metadata__": {"format": "pt", "note": "ø \"q\" \n"}}, b""
    for name, kind, shape, raw in tensors:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def gguf_string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf(version):
    array = lambda kind, count, raw: struct.pack("<IQ", kind, count) + raw
    values = [
        ("u8", 0, struct.pack("<B", 200)), ("i8", 1, struct.pack("<b", -100)),
        ("u16", 2, struct.pack("<H", 60000)), ("i16", 3, struct.pack("<h", -30000)),
        ("u32", 4, struct.pack("<I", 4000000000)), ("i32", 5, struct.pack("<i", -2000000000)),
        ("f32", 6, struct.pack("<f", 0.5)), ("bool", 7, b"\1"), ("string", 8, gguf_string("grün")),
        ("u64", 10, struct.pack("<Q", 1 << 40)), ("i64", 11, struct.pack("<q", -(1 << 40))),
        ("f64", 12, struct.pack("<d", 0.25)),
        ("strings", 9, array(8, 2, gguf_string("a") + gguf_string(""))),
        ("bytes", 9, array(0, 3, bytes([1, 2, 3]))),
        ("reals", 9, array(6, 2, struct.pack("<ff", 1.5, -2))),
        ("bools", 9, array(7, 2, b"\1\0")),
        ("nested", 9, array(9, 2, array(5, 1, struct.pack("<i", 9)) + array(8, 0, b""))),
    ]
    q8_0 = half(0.25) + struct.pack("<32b", *range(-12, 20))
    tensors = [("plain", [3, 2], 0, floats(6)), ("eight", [32], 8, q8_0)]
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values))
    for key, kind, raw in values:
        out += gguf_string(key) + struct.pack("<I", kind) + raw
    data = b""
    for name, dims, kind, raw in tensors:
        data += bytes(-len(data) % 32)
        out += gguf_string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, len(data))
        data += raw
    return out + bytes(-len(out) % 32) + data


def ctranslate2():
    text = lambda s: struct.pack("<H", len(s) + 1) + s.encode() + b"\0"
    tensors = [
        ("encoder/weight", [2, 3], 4, b"".join(half(value(i)) for i in range(6))),
        ("encoder/bias", [2], 0, floats(2)),
        ("encoder/num_heads", [], 2, struct.pack("<h", 6)),
        ("decoder/weight", [2, 2], 1, bytes([1, 255, 127, 128])),
        ("decoder/weight_scale", [2], 0, floats(2)),
    ]
    out = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(tensors))
    for name, dims, kind, raw in tensors:
        out += text(name) + struct.pack(f"<B{len(dims)}IBI", len(dims), *dims, kind, len(raw)) + raw
    return out + struct.pack("<I", 1) + text("decoder/bias") + text("encoder/bias")


def stub(module, name, make):
    """A stand-in that pickles as `module.name`."""
    thing = make(name, (), {}) if make is type else make
    thing.__module__, thing.__qualname__, thing.__name__ = module, name, name
    sys.modules.setdefault(module, types.ModuleType(module))
    setattr(sys.modules[module], name, thing)
    return thing


def legacy_torch():
    def rebuild(*_): ...
    def parameter(*_): ...
    stub("torch", "FloatStorage", type), stub("torch", "LongStorage", type)
    stub("torch._utils", "_rebuild_tensor_v2", rebuild)
    stub("torch._utils", "_rebuild_parameter", parameter)
    torch = sys.modules["torch"]

    class Storage:
        def __init__(self, kind, key, raw, count):
            self.kind, self.key, self.raw, self.count = kind, key, raw, count

    class Call:
        def __init__(self, function, *arguments):
            self.function, self.arguments = function, arguments

        def __reduce__(self):
            return self.function, self.arguments

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if isinstance(thing, Storage):
                return ("storage", thing.kind, thing.key, "cpu", thing.count, None)

    def tensor(storage, offset, shape, strides):
        return Call(rebuild, storage, offset, shape, strides, False, collections.OrderedDict())

    shared = Storage(torch.FloatStorage, "94001", floats(14), 14)
    steps = Storage(torch.LongStorage, "94002", struct.pack("<q", 1000), 1)
    state = collections.OrderedDict()
    state["conv.weight"] = tensor(shared, 0, (2, 3), (3, 1))
    state["conv.turned"] = tensor(shared, 6, (2, 2, 2), (1, 4, 2))
    state["conv.steps"] = tensor(steps, 0, (), ())
    state["bias"] = Call(parameter, tensor(shared, 2, (4,), (1,)), True, collections.OrderedDict())
    state._metadata = {"": {"version": 1}}
    whole = {"epoch": 3, "rate": 0.5, "state_dict": state, "notes": ["x", (None, True, 70000, -1)]}
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"long": 4}}
    import io
    out = io.BytesIO()
    for thing in (0x1950A86A20F9469CFC6C, 1001, system, whole, [shared.key, steps.key]):
        Pickler(out, protocol=2).dump(thing)
    for storage in (shared, steps):
        out.write(struct.pack("<q", storage.count) + storage.raw)
    return out.getvalue()


for name, raw in {
    "small.safetensors": safetensors(),
    "small_v3.gguf": gguf(3),
    "small_v2.gguf": gguf(2),
    "small_ctranslate2.bin": ctranslate2(),
    "small_legacy.pth": legacy_torch(),
}.items():
    (FOLDER / name).write_bytes(raw)

import Testing
import WeightFiles

@Suite struct LegacyTorchFileTests {
    @Test func nestedTensorsAreReadAndSettingsLeftOut() throws {
        let file = try LegacyTorchFile(path: fixture("small_legacy.pth"))
        #expect(
            file.tensorNames == [
                "state_dict.conv.weight", "state_dict.conv.turned", "state_dict.conv.steps",
                "state_dict.bias",
            ])
        let weight = try file.tensor("state_dict.conv.weight")
        #expect(weight.shape == [2, 3])
        #expect(try weight.floats() == [-3, -2.75, -2.5, -2.25, -2, -1.75])
        #expect(try file.tensor("state_dict.bias").floats() == [-2.5, -2.25, -2, -1.75])
        #expect(try file.tensor("state_dict.conv.steps").type == .int64)
        #expect(try file.tensor("state_dict.conv.steps").floats() == [1000])
    }

    @Test func otherOrdersOfTheAxesAreTurned() throws {
        let file = try LegacyTorchFile(path: fixture("small_legacy.pth"))
        let tensor = try file.tensor("state_dict.conv.turned")
        // Element [i, j, k] lies at i + 4 j + 2 k of values that begin with (6 / 4 - 3).
        let expected: [Float] = [0, 2, 4, 6, 1, 3, 5, 7].map { ($0 + 6) / 4 - 3 }
        #expect(tensor.shape == [2, 2, 2])
        #expect(try tensor.floats() == expected)
        let rows = try [Float](unsafeUninitializedCapacity: 4) { buffer, count in
            try tensor.dequantise(rows: 1..<3, into: buffer)
            count = 4
        }
        #expect(rows == Array(expected[2..<6]))
    }

    static let magic: [UInt8] = [
        0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
        0x80, 0x02, 0x4d, 0xe9, 0x03, 0x2e,
    ]

    static func text(_ text: String) -> [UInt8] {
        var writer = ByteWriter(bytes: [UInt8(ascii: "X")])
        writer.integer(UInt32(text.utf8.count))
        return writer.bytes + Array(text.utf8)
    }

    static var system: [UInt8] {
        [0x80, 2] + Array("}".utf8) + text("little_endian") + [0x88] + Array("s.".utf8)
    }

    /// `{name: tensor}` of `shape` and `strides` in a storage of two floats.
    static func tensors(
        names: [String] = ["x"], offset: UInt8 = 0, shape: [Int32] = [2], strides: [Int32] = [1],
        count: Int32 = 2
    ) -> [UInt8] {
        func tuple(_ axes: [Int32]) -> [UInt8] {
            var writer = ByteWriter(bytes: Array("(".utf8))
            for axis in axes {
                writer.bytes.append(UInt8(ascii: "J"))
                writer.integer(axis)
            }
            return writer.bytes + Array("t".utf8)
        }
        var storage = ByteWriter(
            bytes: Array("(".utf8) + text("storage") + Array("ctorch\nFloatStorage\n".utf8)
                + text("1") + text("cpu") + Array("J".utf8))
        storage.integer(count)
        storage.bytes += Array("NtQ".utf8)
        var pickle: [UInt8] = [0x80, 2] + Array("}".utf8)
        for name in names {
            pickle += text(name) + Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8)
            pickle += storage.bytes + Array("K".utf8) + [offset] + tuple(shape) + tuple(strides)
            pickle += [0x89] + Array("}tRs".utf8)
        }
        return pickle + Array(".".utf8)
    }

    static func ending(count: Int64 = 2, byteCount: Int = 8) -> [UInt8] {
        var writer = ByteWriter(bytes: [0x80, 2] + Array("]".utf8) + text("1") + Array("a.".utf8))
        writer.integer(count)
        return writer.bytes + [UInt8](repeating: 0, count: byteCount)
    }

    @Test func theUnspoiledFileOpens() throws {
        try withFile(Self.magic + Self.system + Self.tensors() + Self.ending()) { path in
            let values = try LegacyTorchFile(path: path).tensor("x").floats()
            #expect(values == [0, 0])
        }
    }

    @Test func picklesThatCallAnythingElseAreUnsafe() throws {
        for name in ["os\nsystem", "posix\nsystem", "builtins\neval", "torch\nload", "torch\n"] {
            let call = [0x80, 2] + Array("c\(name)\n".utf8) + Self.text("touch x") + [0x85]
            try expectRefusal(
                of: Self.magic + Self.system + call + Array("R.".utf8), .unsafe,
                "the pickle asks for"
            ) { try LegacyTorchFile(path: $0) }
        }
    }

    struct Case: Sendable {
        let kind: WeightFileError.Kind
        let detail: String
        let bytes: [UInt8]

        init(_ kind: WeightFileError.Kind, _ detail: String, _ bytes: [UInt8]) {
            (self.kind, self.detail, self.bytes) = (kind, detail, bytes)
        }
    }

    static let layouts: [Case] = [
        Case(.malformed, "impossible shape", tensors(shape: [-2]) + ending()),
        Case(
            .malformed, "impossible shape",
            tensors(shape: [.max, .max, .max], strides: [1, 1, 1]) + ending()),
        Case(.unsupported, "skips or repeats", tensors(strides: [0]) + ending()),
        Case(.unsupported, "skips or repeats", tensors(strides: [-1]) + ending()),
        Case(
            .unsupported, "skips or repeats", tensors(shape: [1, 2], strides: [9, 2]) + ending()),
        Case(.truncated, "reaches past the end of the file", tensors(offset: 1) + ending()),
        Case(.malformed, "lies in a storage that the file lacks", tensors(offset: 9) + ending()),
        Case(.malformed, "a tensor has odd contents", tensors(strides: [1, 1]) + ending()),
        Case(.malformed, "a storage has odd contents", tensors(count: -2) + ending()),
        Case(.truncated, "storage '1'", tensors(count: .max) + ending(count: Int64(Int32.max))),
        Case(.malformed, "has 3 values; 2 were expected", tensors() + ending(count: 3)),
        Case(.truncated, "storage '1'", tensors() + ending(byteCount: 7)),
        Case(.malformed, "1 bytes follow the last storage", tensors() + ending(byteCount: 9)),
        Case(.malformed, "two entries are named 'x'", tensors(names: ["x", "x"]) + ending()),
        Case(
            .malformed, "longer than 512 bytes",
            tensors(names: [String(repeating: "x", count: 513)]) + ending()),
    ]

    static func pickle(_ text: String) -> [UInt8] { [0x80, 2] + Array(text.utf8) }

    static let pickles: [Case] = [
        Case(.malformed, "a value is missing", pickle(".")),
        Case(.malformed, "a value is missing", pickle("(.")),
        Case(.malformed, "a mark is missing", pickle("t.")),
        Case(.malformed, "a list is missing", pickle("NNa.")),
        Case(.malformed, "a dictionary is missing", pickle("}(Nu.")),
        Case(.malformed, "memo 9 is missing", pickle("h\u{9}.")),
        Case(.unsupported, "the pickle instruction 105", pickle("i.")),
        Case(.unsupported, "the pickle's version is 4", [0x80, 4]),
        Case(.malformed, "9 bytes is too large", [0x8a, 9] + [UInt8](repeating: 1, count: 9)),
        Case(.truncated, "a string at byte", pickle("X") + [255, 255, 255, 255]),
        Case(.malformed, "does not end", pickle("c" + String(repeating: "a", count: 300))),
        Case(.malformed, "a callable or its arguments are missing", pickle("NNR.")),
        Case(.unsupported, "no dictionary of tensors", pickle("].") + pickle("].")),
        Case(
            .malformed, "tangled",
            pickle("}q\u{1}") + text("x") + Array("h\u{1}s.".utf8) + pickle("].")),
    ]

    @Test(arguments: layouts + pickles)
    func spoiledPartsAreNamed(spoiled: Case) throws {
        let bytes = Self.magic + Self.system + spoiled.bytes
        try expectRefusal(of: bytes, spoiled.kind, spoiled.detail) {
            try LegacyTorchFile(path: $0)
        }
    }

    @Test func deepNestingEndsInAnErrorNotInAFullStack() throws {
        let nested = [0x80, 2] + Array("N".utf8) + [UInt8](repeating: 0x85, count: 200_000)
        try expectRefusal(
            of: Self.magic + Self.system + nested + Array(".".utf8) + Self.pickle("]."),
            .unsupported, "no dictionary of tensors"
        ) { try LegacyTorchFile(path: $0) }
    }
}

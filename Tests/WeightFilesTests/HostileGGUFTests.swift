import Testing
import WeightFiles

@Suite struct HostileGGUFTests {
    /// A file with one key and one tensor, of which a test spoils a part.
    struct Parts {
        var magic = "GGUF"
        var version: UInt32 = 3
        var tensorCount: UInt64 = 1
        var valueCount: UInt64 = 1
        var key = "general.alignment"
        var type: UInt32 = 4
        var value: [UInt8] = [32, 0, 0, 0]
        var names = ["x"]
        var rank: UInt32?
        var dimensions: [UInt64] = [4]
        var tensorType: UInt32 = 0
        var offset: UInt64 = 0
        var dataCount = 16

        var bytes: [UInt8] {
            var writer = ByteWriter(bytes: Array(magic.utf8))
            writer.integer(version)
            writer.integer(tensorCount)
            writer.integer(valueCount)
            writer.longString(key)
            writer.integer(type)
            writer.bytes += value
            for name in names {
                writer.longString(name)
                writer.integer(rank ?? UInt32(dimensions.count))
                for dimension in dimensions { writer.integer(dimension) }
                writer.integer(tensorType)
                writer.integer(offset)
            }
            let padding = (32 - writer.bytes.count % 32) % 32
            return writer.bytes + [UInt8](repeating: 0, count: padding + dataCount)
        }
    }

    static func array(_ type: UInt32, _ count: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(type)
        writer.integer(count)
        return writer.bytes
    }

    @Test func theUnspoiledFileOpens() throws {
        try withFile(Parts().bytes) { path in
            let values = try GGUF(path: path).tensor("x").floats()
            #expect(values == [0, 0, 0, 0])
        }
    }

    struct Case: Sendable {
        let kind: WeightFileError.Kind
        let detail: String
        let spoil: @Sendable (inout Parts) -> Void

        init(
            _ kind: WeightFileError.Kind, _ detail: String,
            _ spoil: @escaping @Sendable (inout Parts) -> Void
        ) {
            (self.kind, self.detail, self.spoil) = (kind, detail, spoil)
        }
    }

    static let counts: [Case] = [
        Case(.truncated, "\(UInt64.max) tensors are announced") { $0.tensorCount = .max },
        Case(.truncated, "\(UInt64.max) metadata values are announced") { $0.valueCount = .max },
        Case(.truncated, "elements of 'general.alignment' are announced") {
            ($0.type, $0.value) = (9, array(4, 1 << 62))
        },
        Case(.truncated, "elements of 'general.alignment' are announced") {
            ($0.type, $0.value) = (9, array(8, .max))
        },
        Case(.truncated, "the metadata 'general.alignment' at byte") {
            ($0.type, $0.value) = (8, [255, 255, 255, 255, 255, 255, 255, 127])
        },
        Case(.malformed, "nested deeper than 4 arrays") {
            ($0.type, $0.value) = (9, (0..<5).flatMap { _ in array(9, 1) })
        },
        Case(.malformed, "has the type 13; 0 to 12 were expected") { $0.type = 13 },
        Case(.malformed, "has the type 99; 0 to 12 were expected") {
            ($0.type, $0.value) = (9, array(99, 1))
        },
        Case(.malformed, "is 2; 0 or 1 was expected") { ($0.type, $0.value) = (7, [2]) },
        Case(.malformed, "is not UTF-8") {
            ($0.type, $0.value) = (8, [1, 0, 0, 0, 0, 0, 0, 0, 0xff])
        },
        Case(.unsupported, "at most 9223372036854775807 was expected") {
            ($0.type, $0.value) = (10, [UInt8](repeating: 255, count: 8))
        },
        Case(.malformed, "no power of two") { $0.value = [0, 0, 0, 0] },
        Case(.malformed, "no power of two") { $0.value = [48, 0, 0, 0] },
        Case(.malformed, "no power of two") { ($0.type, $0.value) = (7, [1]) },
    ]

    static let tensors: [Case] = [
        Case(.unrecognised, "does not start with 'GGUF'") { $0.magic = "GGML" },
        Case(.unsupported, "the version is 1; 2 or 3 was expected") { $0.version = 1 },
        Case(.unsupported, "big-endian") { $0.version = 0x0300_0000 },
        Case(.malformed, "has 4294967295 axes") { $0.rank = .max },
        Case(.malformed, "an axis of length \(UInt64.max)") { $0.dimensions = [.max] },
        Case(.malformed, "impossible shape") { $0.dimensions = [1 << 40, 1 << 40] },
        Case(.truncated, "reaches past the end") { $0.dimensions = [1 << 61] },
        Case(.truncated, "reaches past the end") { $0.dimensions = [5] },
        Case(.malformed, "rows of 33 values; a multiple of 32") {
            ($0.dimensions, $0.tensorType) = ([33], 8)
        },
        Case(.malformed, "rows of 32 values; a multiple of 256") {
            ($0.dimensions, $0.tensorType) = ([32, 8], 12)
        },
        Case(.unsupported, "has the GGUF type 15") { $0.tensorType = 15 },
        Case(.unsupported, "has the GGUF type 4294967295") { $0.tensorType = .max },
        Case(.malformed, "has the offset \(UInt64.max)") { $0.offset = .max },
        Case(.malformed, "has the offset 16; a multiple of 32") { $0.offset = 16 },
        Case(.truncated, "reaches past the end") { $0.offset = 32 },
        Case(.malformed, "tensors 'x' and 'y' share bytes") {
            ($0.tensorCount, $0.names) = (2, ["x", "y"])
        },
        Case(.malformed, "two tensors are named 'x'") {
            ($0.tensorCount, $0.names) = (2, ["x", "x"])
            ($0.dimensions, $0.dataCount) = ([0], 0)
        },
    ]

    @Test(arguments: counts + tensors)
    func spoiledPartsAreNamed(spoiled: Case) throws {
        var parts = Parts()
        spoiled.spoil(&parts)
        try expectRefusal(of: parts.bytes, spoiled.kind, spoiled.detail) { try GGUF(path: $0) }
    }

    @Test func repeatedMetadataIsAnError() throws {
        var writer = ByteWriter(bytes: Array("GGUF".utf8))
        writer.integer(UInt32(3))
        writer.integer(UInt64(0))
        writer.integer(UInt64(2))
        for value: UInt8 in [1, 2] {
            writer.longString("key")
            writer.integer(UInt32(0))
            writer.integer(value)
        }
        try expectRefusal(of: writer.bytes, .malformed, "the metadata 'key' occurs twice") {
            try GGUF(path: $0)
        }
    }
}

import Testing
import WeightFiles

@Suite struct CTranslate2FileTests {
    @Test func tensorsAndAliasesAreRead() throws {
        let file = try CTranslate2File(path: fixture("small_ctranslate2.bin"))
        #expect(file.specification == "WhisperSpec")
        #expect(file.revision == 3)
        #expect(
            file.tensorNames == [
                "encoder/weight", "encoder/bias", "encoder/num_heads", "decoder/weight",
                "decoder/weight_scale", "decoder/bias",
            ])
        let weight = try file.tensor("encoder/weight")
        #expect(weight.shape == [2, 3])
        #expect(weight.type == .float16)
        #expect(try weight.floats() == [-3, -2.75, -2.5, -2.25, -2, -1.75])
        #expect(try file.tensor("encoder/num_heads").floats() == [6])
        #expect(try file.tensor("decoder/bias").floats() == [-3, -2.75])
    }

    @Test func integersWithScalesBesideThemAreRefused() throws {
        let file = try CTranslate2File(path: fixture("small_ctranslate2.bin"))
        let error = #expect(throws: WeightFileError.self) { try file.tensor("decoder/weight") }
        #expect(error?.kind == .unsupported)
        #expect(error?.detail.contains("quantised with scales of its own") == true)
    }

    /// A file with one tensor and one alias, of which a test spoils a part.
    struct Parts {
        var version: UInt32 = 6
        var count: UInt32 = 1
        var dimensions: [UInt32] = [2]
        var type: UInt8 = 0
        var byteCount: UInt32 = 8
        var dataCount = 8
        var aliasCount: UInt32 = 1
        var alias = "y"
        var target = "x"
        var end: [UInt8] = []

        var bytes: [UInt8] {
            var writer = ByteWriter()
            writer.integer(version)
            writer.shortString("WhisperSpec")
            writer.integer(UInt32(3))
            writer.integer(count)
            writer.shortString("x")
            writer.integer(UInt8(dimensions.count))
            for dimension in dimensions { writer.integer(dimension) }
            writer.integer(type)
            writer.integer(byteCount)
            writer.bytes += [UInt8](repeating: 0, count: dataCount)
            writer.integer(aliasCount)
            writer.shortString(alias)
            writer.shortString(target)
            return writer.bytes + end
        }
    }

    struct Case: Sendable {
        let kind: WeightFileError.Kind
        let detail: String
        let spoil: @Sendable (inout Parts) -> Void
    }

    static let cases: [Case] = [
        Case(kind: .unsupported, detail: "the version is 7; 4 to 6") { $0.version = 7 },
        Case(kind: .truncated, detail: "4294967295 tensors are announced") { $0.count = .max },
        Case(kind: .truncated, detail: "4294967295 aliases are announced") { $0.aliasCount = .max },
        Case(kind: .unsupported, detail: "'x' has the type 9") { $0.type = 9 },
        Case(kind: .malformed, detail: "needs 8 bytes; it is said to take 4") { $0.byteCount = 4 },
        Case(kind: .truncated, detail: "reaches past the end") { $0.dimensions = [.max] },
        Case(kind: .malformed, detail: "impossible shape") { $0.dimensions = [.max, .max, .max] },
        Case(kind: .malformed, detail: "impossible shape") {
            $0.dimensions = [UInt32](repeating: 2, count: 255)
        },
        Case(kind: .missingTensor, detail: "there is no tensor 'z'") { $0.target = "z" },
        Case(kind: .malformed, detail: "two tensors are named 'x'") { $0.alias = "x" },
        Case(kind: .malformed, detail: "1 bytes follow the end") { $0.end = [0] },
        Case(kind: .malformed, detail: "does not end with its only NUL") { $0.alias = "a\0" },
    ]

    @Test(arguments: cases)
    func spoiledPartsAreNamed(spoiled: Case) throws {
        var parts = Parts()
        spoiled.spoil(&parts)
        try expectRefusal(of: parts.bytes, spoiled.kind, spoiled.detail) {
            try CTranslate2File(path: $0)
        }
    }

    @Test func olderVersionsOfTheSameLayoutAreRead() throws {
        for version: UInt32 in [4, 5] {
            var parts = Parts()
            parts.version = version
            try withFile(parts.bytes) { path in
                let values = try CTranslate2File(path: path).tensor("y").floats()
                #expect(values == [0, 0])
            }
        }
    }
}

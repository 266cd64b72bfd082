import Testing
import WeightFiles

@Suite struct SafetensorsTests {
    @Test func everyTypeIsRead() throws {
        let file = try Safetensors(path: fixture("small.safetensors"))
        #expect(file.metadata == ["format": "pt", "note": "ø \"q\" \n"])
        let expected: [String: (shape: [Int], type: StoredType, values: [Float])] = [
            "b.half": ([2, 3], .float16, [-3, -2.75, -2.5, -2.25, -2, -1.75]),
            "a.plain": ([4], .float32, [-3, -2.75, -2.5, -2.25]),
            "c.brain": ([1, 2, 2], .bfloat16, [-3, -2.75, -2.5, -2.25]),
            "long": ([2], .int64, [-5, 7]),
            "scalar": ([], .float64, [0.5]),
            "flags": ([3], .bool, [1, 0, 1]),
            "none": ([0, 4], .uint8, []),
        ]
        #expect(Set(file.tensorNames) == Set(expected.keys))
        for (name, known) in expected {
            let tensor = try file.tensor(name)
            #expect(tensor.shape == known.shape)
            #expect(tensor.type == known.type)
            #expect(try tensor.floats() == known.values)
        }
    }

    struct Case: Sendable {
        let header: String
        let dataCount: Int
        let kind: WeightFileError.Kind
        let detail: String

        init(_ header: String, _ dataCount: Int, _ kind: WeightFileError.Kind, _ detail: String) {
            (self.header, self.dataCount, self.kind, self.detail) = (
                header, dataCount, kind, detail
            )
        }
    }

    static func tensor(_ type: String, _ shape: String, _ place: String) -> String {
        #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(place)}"#
    }

    static let tensors: [Case] = [
        Case(#"{"x":\#(tensor("F32", "[2]", "[0,8]"))}"#, 7, .truncated, "reaches past the end"),
        Case(#"{"x":\#(tensor("F32", "[2]", "[0,8]"))}"#, 9, .malformed, "the tensors end at byte"),
        Case(#"{"x":\#(tensor("F32", "[2]", "[0,7]"))}"#, 8, .malformed, "needs 8 bytes"),
        Case(#"{"x":\#(tensor("F32", "[2]", "[4,12]"))}"#, 12, .malformed, "follows a gap"),
        Case(#"{"x":\#(tensor("F32", "[2]", "[8,0]"))}"#, 16, .malformed, "needs 8 bytes"),
        Case(
            #"{"x":\#(tensor("F32", "[2]", "[-8,0]"))}"#, 8, .malformed, "starts at the offset -8"),
        Case(#"{"x":\#(tensor("F32", "[-2]", "[0,8]"))}"#, 8, .malformed, "impossible shape [-2]"),
        Case(
            #"{"x":\#(tensor("F32", "[4294967296,4294967296]", "[0,0]"))}"#, 0, .malformed,
            "impossible shape"),
        Case(
            #"{"x":\#(tensor("F64", "[2305843009213693952]", "[0,0]"))}"#, 0, .truncated,
            "reaches past the end"),
        Case(
            #"{"x":\#(tensor("F32", "[1]", "[9223372036854775807,9223372036854775807]"))}"#, 4,
            .malformed, "starts at the offset"),
        Case(
            #"{"x":\#(tensor("F32", "[99999999999999999999]", "[0,8]"))}"#, 8, .malformed,
            "lacks a dtype"),
        Case(#"{"x":\#(tensor("Q4_0", "[32]", "[0,18]"))}"#, 18, .unsupported, "the type 'Q4_0'"),
        Case(#"{"x":\#(tensor("F8_E4M3", "[1]", "[0,1]"))}"#, 1, .unsupported, "'F8_E4M3'"),
        Case(
            #"{"x":\#(tensor("U8", "[2]", "[0,2]")),"y":\#(tensor("U8", "[2]", "[1,3]"))}"#, 3,
            .malformed, "shares bytes"),
        Case(
            #"{"x":\#(tensor("U8", "[1]", "[0,1]")),"x":\#(tensor("U8", "[1]", "[1,2]"))}"#, 2,
            .malformed, "the name 'x' occurs twice"),
    ]

    static let texts: [Case] = [
        Case("", 0, .malformed, "broken at byte 0"),
        Case("[]", 0, .malformed, "not a JSON object"),
        Case("{}{}", 0, .malformed, "the end was expected"),
        Case(#"{"x":1}"#, 0, .malformed, "lacks a dtype"),
        Case(#"{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, .malformed, "lacks"),
        Case(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, .malformed, "lacks"),
        Case(#"{"__metadata__":{"a":1}}"#, 0, .malformed, "metadata 'a' is not a string"),
        Case(#"{"__metadata__":[]}"#, 0, .malformed, "the metadata is not a JSON object"),
        Case(#"{"a":"\ud800"}"#, 0, .malformed, "surrogate pair"),
        Case(#"{"a":"\udc00\ud800"}"#, 0, .malformed, "surrogate pair"),
        Case(#"{"a":"\ud800\ud800"}"#, 0, .malformed, "surrogate pair"),
        Case(#"{"a":"\x"}"#, 0, .malformed, "an escape"),
        Case("{\"a\":\"\n\"}", 0, .malformed, "control character"),
        Case(#"{"a":01}"#, 0, .malformed, "leading zeros"),
        Case(#"{"a":1.}"#, 0, .malformed, "a digit"),
        Case(#"{"a":-}"#, 0, .malformed, "a value"),
        Case(#"{"a":tru}"#, 0, .malformed, "'true'"),
        Case(#"{"a":1"#, 0, .malformed, "'}'"),
        Case(String(repeating: "[", count: 100_000), 0, .malformed, "less nesting"),
        Case(String(repeating: #"{"a":"#, count: 100_000), 0, .malformed, "less nesting"),
    ]

    @Test(arguments: tensors + texts)
    func brokenHeadersAreNamed(broken: Case) throws {
        var writer = ByteWriter()
        writer.longString(broken.header)
        writer.bytes += [UInt8](repeating: 0, count: broken.dataCount)
        try expectRefusal(of: writer.bytes, broken.kind, broken.detail) {
            try Safetensors(path: $0)
        }
    }

    @Test func hugeHeaderLengthsAreRefused() throws {
        for count in [UInt64.max, 1 << 63, 25_000_001] {
            var writer = ByteWriter()
            writer.integer(count)
            try expectRefusal(of: writer.bytes, .malformed, "the header takes \(count) bytes") {
                try Safetensors(path: $0)
            }
        }
        var writer = ByteWriter()
        writer.integer(UInt64(25_000_000))
        try expectRefusal(of: writer.bytes, .truncated, "the header at byte 8 takes 25000000") {
            try Safetensors(path: $0)
        }
    }

    @Test func tensorsMayBeListedInAnyOrder() throws {
        var writer = ByteWriter()
        writer.longString(
            #"{"x":\#(Self.tensor("U8", "[2]", "[1,3]")),"y":\#(Self.tensor("U8", "[1]", "[0,1]"))} "#
        )
        try withFile(writer.bytes + [7, 8, 9]) { path in
            let file = try Safetensors(path: path)
            #expect(file.tensorNames == ["y", "x"])
            #expect(try file.tensor("x").floats() == [8, 9])
        }
    }
}

import Testing
import WeightFiles

@Suite struct DequantisationTests {
    /// The numbers of the types in GGUF files.
    static let types: [(name: String, code: UInt32)] = [
        ("F16", 1), ("BF16", 30), ("Q4_0", 2), ("Q4_1", 3), ("Q5_0", 6), ("Q5_1", 7), ("Q8_0", 8),
        ("Q2_K", 10), ("Q3_K", 11), ("Q4_K", 12), ("Q5_K", 13), ("Q6_K", 14),
    ]
    /// The reference rounds every product and sum on its own, as the C loops do.
    static let relativeTolerance: Float = 1e-6

    @Test(arguments: types)
    func blocksGiveTheReferenceValues(name: String, code: UInt32) throws {
        let golden = try Safetensors(path: fixture("gguf_quants.safetensors"))
        let expected = try golden.tensor("\(name).expected").floats()
        try withFile(try file(name, code, golden)) { path in
            let tensor = try GGUF(path: path).tensor("x")
            #expect(tensor.type.rawValue == name)
            #expect(tensor.shape == [4, 512])
            let values = try tensor.floats()
            let worst = zip(values, expected)
                .map { abs($0 - $1) / max(abs($1), .leastNormalMagnitude) }.max()
            #expect(values.count == expected.count)
            #expect((worst ?? .infinity) <= Self.relativeTolerance)
        }
    }

    @Test(arguments: types)
    func rowsAreSlicesOfTheWhole(name: String, code: UInt32) throws {
        let golden = try Safetensors(path: fixture("gguf_quants.safetensors"))
        try withFile(try file(name, code, golden)) { path in
            let tensor = try GGUF(path: path).tensor("x")
            let whole = try tensor.floats()
            let rows = try [Float](unsafeUninitializedCapacity: 1024) { buffer, count in
                try tensor.dequantise(rows: 1..<3, into: buffer)
                count = 1024
            }
            #expect(rows == Array(whole[512..<1536]))
        }
    }

    @Test func rowsOutsideTheTensorAndSmallBuffersAreRefused() throws {
        let file = try Safetensors(path: fixture("small.safetensors"))
        let tensor = try file.tensor("b.half")
        for (rows, room) in [(0..<3, 100), (-1..<1, 100), (0..<2, 5)] {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: room)
            defer { buffer.deallocate() }
            #expect(throws: WeightFileError.self) {
                try tensor.dequantise(rows: rows, into: buffer)
            }
        }
    }

    @Test func everyHalfIsTheFloatItSpells() throws {
        var writer = ByteWriter()
        for bits in UInt16.min...UInt16.max { writer.integer(bits) }
        let header = #"{"x":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
        var file = ByteWriter()
        file.longString(header)
        try withFile(file.bytes + writer.bytes) { path in
            let values = try Safetensors(path: path).tensor("x").floats()
            var wrongCount = 0
            for bits in UInt16.min...UInt16.max where !Self.spells(values[Int(bits)], bits) {
                wrongCount += 1
            }
            #expect(wrongCount == 0)
        }
    }

    /// IEEE 754 binary16, written out: sign, 5 bits of exponent, 10 bits of fraction.
    private static func spells(_ value: Float, _ bits: UInt16) -> Bool {
        let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        switch exponent {
        case 31: return fraction == 0 ? value == sign * .infinity : value.isNaN
        case 0: return value == sign * Float(sign: .plus, exponent: -24, significand: fraction)
        default:
            let magnitude = Float(
                sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
            return value == sign * magnitude
        }
    }

    /// A GGUF file with one tensor `x` [4, 512] of the reference's bytes.
    private func file(
        _ name: String, _ code: UInt32, _ golden: Safetensors
    ) throws -> [UInt8] {
        var writer = ByteWriter(bytes: Array("GGUF".utf8))
        writer.integer(UInt32(3))
        writer.integer(UInt64(1))
        writer.integer(UInt64(0))
        writer.longString("x")
        writer.integer(UInt32(2))
        writer.integer(UInt64(512))
        writer.integer(UInt64(4))
        writer.integer(code)
        writer.integer(UInt64(0))
        writer.bytes += [UInt8](repeating: 0, count: 32 - writer.bytes.count % 32)
        writer.bytes += try golden.tensor("\(name).raw").floats().map { UInt8($0) }
        return writer.bytes
    }
}

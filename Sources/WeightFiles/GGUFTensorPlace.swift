import Files

/// What a GGUF file says of one tensor before the bytes begin.
struct GGUFTensorPlace {
    /// GGML_MAX_DIMS of ggml.
    private static let rankLimit = 4

    let name: String
    let shape: [Int]
    let type: StoredType
    let offset: UInt64

    static func list(_ reader: inout ByteReader, count: UInt64) throws -> [Self] {
        // A name's length, the rank, the type and the offset are the least that a tensor takes.
        let count = try reader.requireRoom(for: count, ofAtLeast: 24, "tensors")
        return try (0..<count).map { try Self(&reader, index: $0) }
    }

    private init(_ reader: inout ByteReader, index: Int) throws {
        let nameLength = try reader.integer(UInt64.self, "the name of tensor \(index)")
        let name = try reader.string(nameLength, "the name of tensor \(index)")
        let rank = try reader.integer(UInt32.self, "the rank of '\(name)'")
        guard rank <= Self.rankLimit else {
            throw WeightFileError(
                .malformed, reader.path,
                "tensor '\(name)' has \(rank) axes; at most \(Self.rankLimit) were expected")
        }
        var shape: [Int] = []
        for _ in 0..<rank {
            let length = try reader.integer(UInt64.self, "the shape of '\(name)'")
            guard let length = Int(exactly: length) else {
                throw WeightFileError(
                    .malformed, reader.path, "tensor '\(name)' has an axis of length \(length)")
            }
            shape.insert(length, at: 0)
        }
        let code = try reader.integer(UInt32.self, "the type of '\(name)'")
        guard let type = Self.type(ofCode: code) else {
            throw WeightFileError(
                .unsupported, reader.path,
                "tensor '\(name)' has the GGUF type \(code); F32, F16, BF16, Q4_0, Q4_1, Q5_0, "
                    + "Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K or Q6_K was expected",
                hint: "use a file quantised as Q8_0, Q6_K, Q5_K_M or Q4_K_M")
        }
        self.name = name
        self.shape = shape
        self.type = type
        offset = try reader.integer(UInt64.self, "the offset of '\(name)'")
    }

    func tensor(dataStart: Int, alignment: Int, file: MappedFile) throws -> StoredTensor {
        guard let offset = Int(exactly: offset), offset <= file.byteCount,
            offset % alignment == 0
        else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(name)' has the offset \(offset); a multiple of \(alignment) inside the "
                    + "file was expected")
        }
        return try StoredTensor(
            name: name, shape: shape, type: type, offset: dataStart + offset, file: file)
    }

    /// Source: enum ggml_type in ggml.h.
    private static func type(ofCode code: UInt32) -> StoredType? {
        switch code {
        case 0: .float32
        case 1: .float16
        case 2: .q4_0
        case 3: .q4_1
        case 6: .q5_0
        case 7: .q5_1
        case 8: .q8_0
        case 10: .q2_K
        case 11: .q3_K
        case 12: .q4_K
        case 13: .q5_K
        case 14: .q6_K
        case 24: .int8
        case 25: .int16
        case 26: .int32
        case 27: .int64
        case 28: .float64
        case 30: .bfloat16
        default: nil
        }
    }
}

import Files

/// Writes GGUF files of version 3; the same metadata and tensors always give the same bytes.
///
/// Integers that are not negative are stored as 32 bits without sign where they fit, as llama.cpp expects
/// of sizes and ids; arrays of integers as 32 bits with sign; floats as 32 bits where that is exact.
/// Source: docs/gguf.md of ggml-org/ggml
public enum GGUFWriter {
    private static let alignment = 32

    /// Writes a file; what is at `path` is whole or as it was.
    ///
    /// Throws: `WeightFileError` when names repeat or the system cannot write the file; what making
    /// values throws
    public static func write(
        metadata: [(key: String, value: GGUFValue)], tensors: [PlannedTensor], to path: String
    ) throws {
        try check(metadata.map(\.key), "metadata", path)
        try check(tensors.map(\.name), "tensor", path)
        var head = Bytes()
        head.append(Array("GGUF".utf8))
        head.append(UInt32(3))
        head.append(UInt64(tensors.count))
        head.append(UInt64(metadata.count))
        for (key, value) in metadata {
            head.append(key)
            head.append(value)
        }
        var offset = 0
        for tensor in tensors {
            head.append(tensor.name)
            head.append(UInt32(tensor.shape.count))
            for length in tensor.shape.reversed() { head.append(UInt64(length)) }
            head.append(try code(of: tensor.type, path: path))
            head.append(UInt64(offset))
            offset += aligned(tensor.byteCount)
        }
        head.pad(to: aligned(head.bytes.count))
        try stream(head.bytes, tensors, to: path)
    }

    private static func stream(
        _ head: [UInt8], _ tensors: [PlannedTensor], to path: String
    ) throws {
        let zeros = [UInt8](repeating: 0, count: alignment)
        do {
            try DurableFile.stream(to: path) { append in
                try head.withUnsafeBytes { try append($0) }
                for tensor in tensors {
                    try tensor.write(append)
                    let rest = aligned(tensor.byteCount) - tensor.byteCount
                    try zeros[..<rest].withUnsafeBytes { try append($0) }
                }
            }
        } catch let error as FileError {
            throw WeightFileError(writing: error)
        }
    }

    private static func aligned(_ count: Int) -> Int {
        (count + alignment - 1) / alignment * alignment
    }

    private static func check(_ names: [String], _ what: String, _ path: String) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw WeightFileError(
                .malformed, path, "the \(what) '\(name)' is given twice",
                hint: "give every \(what) a name of its own")
        }
    }

    /// Source: enum ggml_type in ggml.h
    private static func code(of type: StoredType, path: String) throws -> UInt32 {
        switch type {
        case .float32: return 0
        case .float16: return 1
        case .q4_0: return 2
        case .q4_1: return 3
        case .q5_0: return 6
        case .q5_1: return 7
        case .q8_0: return 8
        case .q2_K: return 10
        case .q3_K: return 11
        case .q4_K: return 12
        case .q5_K: return 13
        case .q6_K: return 14
        case .bfloat16: return 30
        default:
            throw WeightFileError(
                .unsupported, path, "\(type.rawValue) is no type of weights in GGUF files",
                hint: "choose F32, F16, BF16 or a quantised type")
        }
    }
}

/// The beginning of a file, as it grows.
private struct Bytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    mutating func pad(to count: Int) {
        bytes += [UInt8](repeating: 0, count: max(0, count - bytes.count))
    }

    /// A value with its type before it.
    ///
    /// Source: enum gguf_metadata_value_type in docs/gguf.md
    mutating func append(_ value: GGUFValue) {
        switch value {
        case .integer(let number): append(integer: number)
        case .float(let number) where Double(Float(number)) == number || number.isNaN:
            append(UInt32(6))
            append(Float(number).bitPattern)
        case .float(let number):
            append(UInt32(12))
            append(number.bitPattern)
        case .boolean(let claim):
            append(UInt32(7))
            append(UInt8(claim ? 1 : 0))
        case .string(let text):
            append(UInt32(8))
            append(text)
        default:
            append(UInt32(9))
            append(array: value)
        }
    }

    private mutating func append(integer number: Int) {
        if let small = UInt32(exactly: number) {
            append(UInt32(4))
            append(small)
        } else if let small = Int32(exactly: number) {
            append(UInt32(5))
            append(small)
        } else {
            append(UInt32(11))
            append(Int64(number))
        }
    }

    /// The type of an array's elements, their count, and the elements.
    private mutating func append(array value: GGUFValue) {
        func begin(_ type: UInt32, _ count: Int) {
            append(type)
            append(UInt64(count))
        }
        switch value {
        case .integers(let numbers):
            let isSmall = numbers.allSatisfy { Int32(exactly: $0) != nil }
            begin(isSmall ? 5 : 11, numbers.count)
            for number in numbers {
                isSmall ? append(Int32(truncatingIfNeeded: number)) : append(Int64(number))
            }
        case .floats(let numbers):
            begin(6, numbers.count)
            for number in numbers { append(Float(number).bitPattern) }
        case .booleans(let claims):
            begin(7, claims.count)
            for claim in claims { append(UInt8(claim ? 1 : 0)) }
        case .strings(let texts):
            begin(8, texts.count)
            for text in texts { append(text) }
        case .arrays(let arrays):
            begin(9, arrays.count)
            for array in arrays { append(array: array) }
        default: append(value)
        }
    }
}

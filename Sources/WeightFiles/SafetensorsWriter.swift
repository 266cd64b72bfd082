import Files
import Foundation

/// Writes safetensors files; the same tensors and metadata always give the same bytes.
public enum SafetensorsWriter {
    /// Writes `tensors` as F32 sorted by name; the file at `path` is whole or as it was.
    ///
    /// Shapes: row-major, the product of `shape` equals the number of scalars.
    /// Throws: `WeightFileError` when names repeat, a shape does not fit its scalars, or the system
    /// cannot write the file.
    public static func write(
        tensors: [(name: String, shape: [Int], scalars: [Float])], metadata: [String: String] = [:],
        to path: String
    ) throws {
        let ordered = tensors.sorted { $0.name < $1.name }
        try check(ordered, path: path)
        let header = try header(of: ordered, metadata: metadata)
        do {
            try DurableFile.stream(to: path) { append in
                try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try append($0) }
                try header.withUnsafeBytes { try append($0) }
                for tensor in ordered { try tensor.scalars.withUnsafeBytes { try append($0) } }
            }
        } catch let error as FileError {
            throw WeightFileError(
                .unreadable, error.subject, error.detail, hint: error.hint, cause: error)
        }
    }

    private static func check(
        _ tensors: [(name: String, shape: [Int], scalars: [Float])], path: String
    ) throws {
        for (index, tensor) in tensors.enumerated() {
            let isRepeated = index > 0 && tensors[index - 1].name == tensor.name
            guard !isRepeated, tensor.name != "__metadata__" else {
                throw WeightFileError(
                    .malformed, path, "the name '\(tensor.name)' is taken",
                    hint: "give every tensor a name of its own")
            }
            guard tensor.shape.allSatisfy({ $0 >= 0 }),
                tensor.shape.reduce(1, &*) == tensor.scalars.count
            else {
                throw WeightFileError(
                    .malformed, path,
                    "tensor '\(tensor.name)' has \(tensor.scalars.count) scalars and the shape "
                        + "\(tensor.shape)",
                    hint: "pass as many scalars as the shape holds")
            }
        }
    }

    /// The JSON header, padded with spaces so that the tensors start at a multiple of 8 bytes.
    private static func header(
        of tensors: [(name: String, shape: [Int], scalars: [Float])], metadata: [String: String]
    ) throws -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.scalars.count * MemoryLayout<Float>.size
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return header
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted.unicodeScalars.append("\\")
                quoted.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

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
        let planned = try tensors.map { tensor in
            guard tensor.shape.allSatisfy({ $0 >= 0 }),
                tensor.shape.reduce(1, &*) == tensor.scalars.count
            else {
                throw WeightFileError(
                    .malformed, path,
                    "tensor '\(tensor.name)' has \(tensor.scalars.count) scalars and the shape "
                        + "\(tensor.shape)",
                    hint: "pass as many scalars as the shape holds")
            }
            return try PlannedTensor(name: tensor.name, shape: tensor.shape, type: .float32) {
                tensor.scalars
            }
        }
        try write(planned, metadata: metadata, to: path)
    }

    /// Writes planned tensors sorted by name, one after the other.
    ///
    /// Throws: `WeightFileError` when names repeat, a type is none of safetensors', or the system cannot
    /// write the file; what making values throws.
    public static func write(
        _ tensors: [PlannedTensor], metadata: [String: String] = [:], to path: String
    ) throws {
        let ordered = tensors.sorted { $0.name < $1.name }
        try check(ordered, path: path)
        let header = header(of: ordered, metadata: metadata)
        do {
            try DurableFile.stream(to: path) { append in
                try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try append($0) }
                try header.withUnsafeBytes { try append($0) }
                for tensor in ordered { try tensor.write(append) }
            }
        } catch let error as FileError {
            throw WeightFileError(writing: error)
        }
    }

    /// Writes planned tensors as `model.safetensors` in a folder, or as several files behind an index
    /// when they take more than `shardByteLimit`.
    ///
    /// Source: Hugging Face's `save_pretrained`
    /// Throws: as `write(_:metadata:to:)`
    public static func writeModel(
        _ tensors: [PlannedTensor], metadata: [String: String] = [:],
        shardByteLimit: Int = 5_000_000_000, to folder: String
    ) throws {
        let ordered = tensors.sorted { $0.name < $1.name }
        var shards: [[PlannedTensor]] = [[]]
        var size = 0
        for tensor in ordered {
            if size > 0, size + tensor.byteCount > shardByteLimit {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(tensor)
            size += tensor.byteCount
        }
        if shards.count == 1 {
            return try write(ordered, metadata: metadata, to: "\(folder)/model.safetensors")
        }
        func padded(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
        }
        var places: [String] = []
        for (index, shard) in shards.enumerated() {
            let name = "model-\(padded(index + 1))-of-\(padded(shards.count)).safetensors"
            try write(shard, metadata: metadata, to: "\(folder)/\(name)")
            places += shard.map { "    \(quoted($0.name)): \(quoted(name))" }
        }
        let total = ordered.reduce(0) { $0 + $1.byteCount }
        let index =
            "{\n  \"metadata\": {\"total_size\": \(total)},\n  \"weight_map\": {\n"
            + places.joined(separator: ",\n") + "\n  }\n}\n"
        do {
            try DurableFile.write(index, to: "\(folder)/model.safetensors.index.json")
        } catch let error as FileError {
            throw WeightFileError(writing: error)
        }
    }

    private static func check(_ tensors: [PlannedTensor], path: String) throws {
        for (index, tensor) in tensors.enumerated() {
            let isRepeated = index > 0 && tensors[index - 1].name == tensor.name
            guard !isRepeated, tensor.name != "__metadata__" else {
                throw WeightFileError(
                    .malformed, path, "the name '\(tensor.name)' is taken",
                    hint: "give every tensor a name of its own")
            }
            guard !tensor.type.isQuantised else {
                throw WeightFileError(
                    .unsupported, path,
                    "tensor '\(tensor.name)' is \(tensor.type.rawValue), which safetensors has not",
                    hint: "write F32, F16 or BF16")
            }
        }
    }

    /// The JSON header, padded with spaces so that the tensors start at a multiple of 8 bytes.
    private static func header(
        of tensors: [PlannedTensor], metadata: [String: String]
    ) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
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

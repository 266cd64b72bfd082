import Checkpointing
import Files
import Foundation
import WeightFiles

/// The names of the files in an export.
enum ExportFiles {
    static let adapterConfiguration = "adapter_config.json"
    static let adapter = "adapter_model.safetensors"
    /// Weight and bias of each projector, under LLaVA's names.
    static let projectors = "projectors.safetensors"
    /// The projectors with the statistics of features that training keeps apart.
    static let trainedProjectors = "projectors_as_trained.safetensors"
    static let model = "model.gguf"
    static let adapterGGUF = "adapter.gguf"
    static let hdf5 = "trained.h5"
    static let description = "duet.json"
    static let card = "README.md"
    static let proof = "proof.json"
    static let probes = "probes.safetensors"

    /// Writes a dictionary as JSON with sorted keys.
    static func write(fields: [String: Any], to path: String) throws {
        let data = try JSONSerialization.data(
            withJSONObject: fields, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try DurableFile.write(data + Data("\n".utf8), to: path)
    }

    /// Writes a value as JSON with sorted keys in snake case.
    static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write(try encoder.encode(value) + Data("\n".utf8), to: path)
    }

    /// Reads a JSON object.
    ///
    /// Throws: `InterchangeError` when it is none
    static func object(_ path: String) throws -> [String: Any] {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            if let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] {
                return object
            }
        } catch {
            throw InterchangeError(
                .data, path, "cannot be read: \(error.systemReason)",
                hint: "check the path and that the file is whole")
        }
        throw InterchangeError(.data, path, "is no JSON object", hint: "write the file again")
    }

    /// Writes arrays in float32.
    static func write(
        _ tensors: [(key: String, value: StoredArray<Float>)], to path: String
    ) throws {
        try SafetensorsWriter.write(
            tensors: tensors.map { ($0.key, $0.value.shape, $0.value.scalars) },
            metadata: ["format": "pt"], to: path)
    }

    /// Reads all tensors of a weight file.
    static func arrays(_ path: String) throws -> [String: StoredArray<Float>] {
        let file = try WeightFiles.open(path)
        return try file.tensorNames.reduce(into: [:]) { result, name in
            let tensor = try file.tensor(name)
            result[name] = StoredArray(shape: tensor.shape, scalars: try tensor.floats())
        }
    }
}

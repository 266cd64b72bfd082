import Checkpointing
import Files
import Foundation
import Models
import Recipes
import Training

/// Everything that was trained as one HDF5 file that needs no other to be understood.
enum TrainedFile {
    static let format = "duet-trained"

    static func write(
        _ parts: TrainedParts, _ checkpoint: Checkpoint, description: [String: Any],
        to path: String
    ) throws {
        let text = try JSONSerialization.data(
            withJSONObject: description, options: [.sortedKeys, .withoutEscapingSlashes])
        try DurableFile.write(to: path) { partial in
            let file = try HDF5File.create(partial)
            try file.write(.text(format), attribute: "format", of: "/")
            try file.write(.integer(1), attribute: "format_version", of: "/")
            try file.write(.text("duet \(DuetVersion.current)"), attribute: "created_by", of: "/")
            try file.write(
                .integer(Int64(checkpoint.progress.step)), attribute: "step", of: "/")
            try group("digests", checkpoint.digests.mapValues { .text($0) }, file)
            try group("metrics", checkpoint.metrics.mapValues { .number($0) }, file)
            try group("modality_tokens", checkpoint.modalityTokens.mapValues { .text($0) }, file)
            try group(
                "adapter_scales",
                Dictionary(
                    uniqueKeysWithValues: parts.updates.map {
                        ($0.module, StoredAttribute.number($0.scale))
                    }),
                file)
            try file.createGroup("tensors")
            for (name, array) in parts.tensors.sorted(by: { $0.key < $1.key }) {
                try file.write(array, to: "tensors/\(name)")
            }
            try file.write(StoredArray(Array(checkpoint.recipe.utf8)), to: "recipe")
            try file.write(StoredArray([UInt8](text)), to: "description")
            try file.close()
        }
    }

    /// The tensors, recipe and scales of such a file.
    static func read(_ path: String) throws -> TrainedParts {
        let file = try HDF5File.open(path)
        guard try file.attributes(of: "/")["format"] == .text(format) else {
            throw InterchangeError(
                .data, path, "is no file of trained tensors",
                hint: "name one that duet export --format hdf5 has written")
        }
        var tensors: [String: StoredArray<Float>] = [:]
        for name in try file.members(of: "tensors") {
            tensors[name] = try file.read("tensors/\(name)", as: Float.self)
        }
        let recipe = try file.read("recipe", as: UInt8.self).scalars
        return try TrainedParts(
            tensors,
            recipe: try Recipe(
                yaml: String(decoding: recipe, as: UTF8.self), file: "\(path): recipe"),
            source: path)
    }

    private static func group(
        _ name: String, _ values: [String: StoredAttribute], _ file: HDF5File
    ) throws {
        try file.createGroup(name)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            try file.write(value, attribute: key, of: name)
        }
    }
}

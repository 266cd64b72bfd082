import Checkpointing
import Foundation
import Models
import WeightFiles

/// Projectors under the names that LLaVA and its descendants give them.
///
/// Source: LLaVA's mm_projector.bin and non_lora_trainables.bin; VideoLLaMA 2's mm_projector_a
enum ImportedProjectors {
    private static let names = [
        ExportFiles.projectors, "mm_projector.safetensors", "mm_projector.bin",
        "non_lora_trainables.bin",
    ]

    /// The tensors of a file, or of the first file of a usual name in a folder, by our paths.
    ///
    /// Throws: `WeightFileError` for a file that cannot be read safely; `InterchangeError` for one that
    /// holds anything but projectors of these kinds
    static func read(folder: String, path: String?) throws -> [String: StoredArray<Float>] {
        let usual = names.map { "\(folder)/\($0)" }
        guard let path = path ?? usual.first(where: FileManager.default.fileExists(atPath:)) else {
            return [:]
        }
        var result: [String: StoredArray<Float>] = [:]
        for (name, array) in try ExportFiles.arrays(path) {
            guard let place = place(of: name) else {
                throw InterchangeError(
                    .data, path,
                    "holds \(name), which is no part of a linear or mlp2x_gelu projector",
                    hint:
                        "expected model.mm_projector.weight and .bias, or those of .0 and .2, and "
                        + "mm_projector_a for sound")
            }
            result[place] = array
        }
        let trained = "\(folder)/\(ExportFiles.trainedProjectors)"
        guard path == usual[0], FileManager.default.fileExists(atPath: trained) else {
            return result
        }
        return try asTrained(try ExportFiles.arrays(trained), instead: result, path: trained)
    }

    /// Our path of a tensor; nil for what is none.
    private static func place(of name: String) -> String? {
        var rest = name[...]
        for prefix in ["base_model.model.", "model."] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        let parts =
            ["begin_token", "end_token"]
            + ProjectorKind.allCases.flatMap(\.maps).flatMap { ["\($0)weight", "\($0)bias"] }
        let known = ["mm_projector", "mm_projector_a"].flatMap { name in
            parts.map { "\(name).\($0)" }
        }
        return known.contains(String(rest)) ? "model.\(rest)" : nil
    }

    /// The projectors with their statistics, once they are known to be the same as those without.
    private static func asTrained(
        _ trained: [String: StoredArray<Float>], instead folded: [String: StoredArray<Float>],
        path: String
    ) throws -> [String: StoredArray<Float>] {
        let own = ProjectorFolding.fold(trained.sorted { $0.key < $1.key })
        guard Dictionary(uniqueKeysWithValues: own.map { ($0.key, $0.value) }) == folded else {
            throw InterchangeError(
                .data, path, "no longer belongs to \(ExportFiles.projectors)",
                hint: "remove it to import the projectors as they are there")
        }
        return trained
    }
}

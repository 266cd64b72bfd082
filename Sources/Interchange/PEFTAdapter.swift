import Checkpointing
import Foundation
import Layers
import Models
import WeightFiles

/// A LoRA adapter in PEFT's folder.
struct PEFTAdapter {
    let configuration: AdapterConfiguration
    let updates: [LowRankUpdate]
    /// Parameters that are trained as a whole, by path.
    let parameters: [String: StoredArray<Float>]

    /// Reads `adapter_config.json` and `adapter_model.safetensors`.
    ///
    /// Throws: what is missing, is no adapter of linear maps, or contradicts the configuration
    init(folder: String) throws {
        let path = "\(folder)/\(ExportFiles.adapterConfiguration)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InterchangeError(
                .data, path, "cannot be read", hint: "name a folder that PEFT or Duet has written")
        }
        configuration = try AdapterConfiguration(peftJSON: data, subject: path)
        let contents = Contents(
            file: try WeightFiles.open(try Self.weights(in: folder)), configuration: configuration)
        (updates, parameters) = try contents.sorted()
    }

    private static func weights(in folder: String) throws -> String {
        let names = [ExportFiles.adapter, "adapter_model.bin"]
        guard
            let name = names.first(where: {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            })
        else {
            throw InterchangeError(
                .data, "\(folder)/\(ExportFiles.adapter)", "is not there",
                hint: "save the adapter as safetensors")
        }
        return "\(folder)/\(name)"
    }
}

/// The tensors of an adapter's file, and what its configuration says of them.
private struct Contents {
    let file: any WeightFile
    let configuration: AdapterConfiguration

    private func problem(_ name: String, _ detail: String) -> InterchangeError {
        InterchangeError(
            .data, file.path, "\(name) \(detail)",
            hint: "use a LoRA adapter of linear maps, with its own configuration")
    }

    /// Updates by linear map, and what is trained as a whole.
    func sorted() throws -> ([LowRankUpdate], [String: StoredArray<Float>]) {
        var modules: Set<String> = []
        var whole: [String: StoredArray<Float>] = [:]
        for name in file.tensorNames {
            guard name.hasPrefix(AdapterFiles.prefix) else {
                throw problem(name, "is no part of an adapter")
            }
            let path = String(name.dropFirst(AdapterFiles.prefix.count))
            if let module = LowRankUpdate.module(of: path) {
                modules.insert(module)
            } else if isWhole(AdapterFiles.module(of: path)) {
                let tensor = try file.tensor(name)
                whole[path] = StoredArray(shape: tensor.shape, scalars: try tensor.floats())
            } else {
                throw problem(name, "is no part of an adapter")
            }
        }
        return (try modules.sorted().map(update), whole)
    }

    /// Source: PEFT's ModulesToSaveWrapper, which takes modules whose path ends in a name
    private func isWhole(_ module: String) -> Bool {
        configuration.wholeModules.contains { module.hasSuffix($0) }
    }

    private func update(_ module: String) throws -> LowRankUpdate {
        guard let settings = try configuration.adaptation.settings(for: module) else {
            throw problem(module, "has an adapter that the configuration does not name")
        }
        func part(_ ending: LowRankUpdate.Ending) throws -> StoredTensor {
            try file.tensor("\(AdapterFiles.prefix)\(module)\(ending.rawValue)")
        }
        let lengths = "\(AdapterFiles.prefix)\(module)\(LowRankUpdate.Ending.magnitude.rawValue)"
        guard file.tensorNames.contains(lengths) == settings.isWeightDecomposed else {
            throw problem(
                module,
                settings.isWeightDecomposed
                    ? "has no lora_magnitude_vector; expected one, as use_dora is set"
                    : "has a lora_magnitude_vector; expected none, as use_dora is not set")
        }
        let (a, b) = (try part(.a), try part(.b))
        let magnitude = settings.isWeightDecomposed ? try part(.magnitude) : nil
        guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == settings.rank,
            b.shape[1] == settings.rank, (magnitude?.shape ?? [b.shape[0]]) == [b.shape[0]]
        else {
            throw problem(
                module,
                "has factors \(a.shape) and \(b.shape)"
                    + (magnitude.map { " and lengths \($0.shape)" } ?? "")
                    + "; expected rank \(settings.rank)")
        }
        return LowRankUpdate(
            module: module, a: try a.floats(), b: try b.floats(), rank: settings.rank,
            scale: settings.scale, magnitude: try magnitude?.floats())
    }
}

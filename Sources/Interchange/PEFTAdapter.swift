import Foundation
import Layers
import Models
import WeightFiles

/// A LoRA adapter in PEFT's folder.
struct PEFTAdapter {
    let configuration: AdapterConfiguration
    let updates: [LowRankUpdate]

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
        let file = try WeightFiles.open(try Self.weights(in: folder))
        updates = try Self.updates(file, configuration.adaptation)
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

    private static func updates(
        _ file: any WeightFile, _ adaptation: LowRankAdaptation
    ) throws -> [LowRankUpdate] {
        func problem(_ name: String, _ detail: String) -> InterchangeError {
            InterchangeError(
                .data, file.path, "\(name) \(detail)",
                hint: "use a LoRA adapter of linear maps only, with its own configuration")
        }
        var modules: Set<String> = []
        for name in file.tensorNames {
            guard name.hasPrefix(AdapterFiles.prefix),
                let module = LowRankUpdate.module(of: name)
            else { throw problem(name, "is no part of an adapter") }
            modules.insert(String(module.dropFirst(AdapterFiles.prefix.count)))
        }
        return try modules.sorted().map { module in
            guard let settings = try adaptation.settings(for: module) else {
                throw problem(module, "has an adapter that the configuration does not name")
            }
            func part(_ ending: LowRankUpdate.Ending) throws -> StoredTensor {
                try file.tensor("\(AdapterFiles.prefix)\(module)\(ending.rawValue)")
            }
            let (a, b) = (try part(.a), try part(.b))
            let hasLengths = file.tensorNames.contains(
                "\(AdapterFiles.prefix)\(module)\(LowRankUpdate.Ending.magnitude.rawValue)")
            guard hasLengths == settings.isWeightDecomposed else {
                throw problem(
                    module,
                    hasLengths
                        ? "has a lora_magnitude_vector; expected none, as use_dora is not set"
                        : "has no lora_magnitude_vector; expected one, as use_dora is set")
            }
            let magnitude = hasLengths ? try part(.magnitude) : nil
            guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == settings.rank,
                b.shape[1] == settings.rank,
                (magnitude?.shape ?? [b.shape[0]]) == [b.shape[0]]
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
}

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
    /// Throws: what is missing, is no plain LoRA of linear maps, or contradicts the configuration
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
        let endings = (a: ".lora_A.weight", b: ".lora_B.weight")
        var modules: Set<String> = []
        for name in file.tensorNames {
            guard name.hasPrefix(AdapterFiles.prefix),
                let ending = [endings.a, endings.b].first(where: { name.hasSuffix($0) })
            else { throw problem(name, "is no factor of an adapter") }
            modules.insert(String(name.dropFirst(AdapterFiles.prefix.count).dropLast(ending.count)))
        }
        return try modules.sorted().map { module in
            guard let settings = try adaptation.settings(for: module) else {
                throw problem(module, "has an adapter that the configuration does not name")
            }
            let a = try file.tensor("\(AdapterFiles.prefix)\(module)\(endings.a)")
            let b = try file.tensor("\(AdapterFiles.prefix)\(module)\(endings.b)")
            guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == settings.rank,
                b.shape[1] == settings.rank
            else {
                throw problem(
                    module,
                    "has factors \(a.shape) and \(b.shape); expected rank \(settings.rank)")
            }
            return LowRankUpdate(
                module: module, a: try a.floats(), b: try b.floats(), rank: settings.rank,
                scale: settings.scale)
        }
    }
}

import Checkpointing
import Models

extension ExportFormat {
    /// Refuses what was trained and has no place in the format.
    ///
    /// Throws: `InterchangeError` that names a format with a place for it
    func require(
        _ parts: TrainedParts, of configuration: LanguageModelConfiguration
    ) throws {
        func refusal(_ detail: String, _ hint: String) -> InterchangeError {
            InterchangeError(.request, parts.source, detail, hint: hint)
        }
        let shapes = Dictionary(
            uniqueKeysWithValues: configuration.parameterShapes.map { ($0.path, $0.shape) })
        let whole = parts.parameters.sorted { $0.key < $1.key }
        for (path, array) in whole where shapes[path] != array.shape {
            throw InterchangeError(
                .data, parts.source,
                "holds \(path) \(array.shape), which is no parameter of the language model",
                hint: "export the checkpoint with the model that it was trained on")
        }
        let merging = "export gguf or merged, a model with everything in it"
        switch self {
        case .merged, .gguf, .hdf5: return
        case .ggufAdapter:
            if parts.updates.isEmpty {
                throw refusal("has no adapter", "export adapter or gguf")
            }
            if parts.updates.contains(where: { $0.magnitude != nil }) {
                throw refusal(
                    "was trained with weight decomposition (DoRA), which adapters for llama.cpp "
                        + "cannot express", merging)
            }
            if let path = whole.first?.key {
                throw refusal(
                    "has \(path) trained as a whole, which adapters for llama.cpp cannot express",
                    merging)
            }
        case .adapter:
            let adapted = Set(parts.updates.map(\.module))
            for path in whole.map(\.key) {
                let module = AdapterFiles.module(of: path)
                let isTied = configuration.isTied && module == "model.embed_tokens"
                guard parts.updates.isEmpty || adapted.contains(module) || isTied else { continue }
                throw refusal(
                    "has \(path) trained as a whole, which PEFT keeps only beside adapters, of "
                        + "maps without one and of embeddings that are not tied", merging)
            }
        }
    }
}

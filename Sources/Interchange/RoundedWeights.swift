import Checkpointing
import Layers
import Models
import WeightFiles

/// The weights of a checkpoint as an export is to hold them: merged with the adapters, and rounded as
/// their types round them. They are made from the base anew, and not from what was written.
struct RoundedWeights: WeightSource {
    private let base: FileWeights
    private let parameters: [String: StoredArray<Float>]
    private let updates: [String: LowRankUpdate]
    private let types: [String: StoredType]

    /// Takes the types from the plan of an export; what it copies byte by byte stays as it is.
    init(_ language: LanguageModelFile, _ parts: TrainedParts, plan: [PlannedTensor]) {
        base = language.weights
        parameters = parts.parameters
        updates = Dictionary(
            parts.updates.map { ("\($0.module).weight", $0) }, uniquingKeysWith: { own, _ in own })
        let paths = language.configuration.parameterShapes.map(\.path)
        types = Dictionary(
            zip(paths, plan).filter { !$1.isCopy }.map { ($0, $1.type) },
            uniquingKeysWith: { own, _ in own })
    }

    var name: String { base.name }
    var paths: [String] { base.paths }

    func shape(of path: String) throws -> [Int]? {
        try parameters[path]?.shape ?? base.shape(of: path)
    }

    func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        if let new = parameters[path] {
            _ = buffer.update(fromContentsOf: new.scalars)
        } else {
            try base.read(path, into: buffer)
            try base.release(path)
        }
        if let update = updates[path] {
            _ = buffer.update(fromContentsOf: update.merged(into: Array(buffer)))
        }
        types[path]?.round(buffer)
    }
}

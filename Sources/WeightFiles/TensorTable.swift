/// The tensors of one file by name.
struct TensorTable: Sendable {
    let path: String
    let names: [String]
    private let tensors: [String: StoredTensor]

    /// Throws: `WeightFileError` when two tensors have one name.
    init(path: String, tensors list: [StoredTensor]) throws {
        var tensors: [String: StoredTensor] = [:]
        tensors.reserveCapacity(list.count)
        for tensor in list where tensors.updateValue(tensor, forKey: tensor.name) != nil {
            throw WeightFileError(.malformed, path, "two tensors are named '\(tensor.name)'")
        }
        self.path = path
        names = list.map(\.name)
        self.tensors = tensors
    }

    func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Throws: `WeightFileError` when there is no such tensor.
    func tensor(_ name: String) throws -> StoredTensor {
        guard let tensor = tensors[name] else {
            throw WeightFileError.missingTensor(name, among: names, path: path)
        }
        return tensor
    }

    /// Throws: `WeightFileError` when two of `tensors` share bytes.
    static func requireDisjoint(_ tensors: [StoredTensor], path: String) throws {
        let ordered = tensors.filter { $0.byteCount > 0 }.sorted { $0.offset < $1.offset }
        for (first, second) in zip(ordered, ordered.dropFirst())
        where first.offset + first.byteCount > second.offset {
            throw WeightFileError(
                .malformed, path, "tensors '\(first.name)' and '\(second.name)' share bytes")
        }
    }
}

extension WeightFileError {
    static func missingTensor(_ name: String, among names: [String], path: String) -> Self {
        let example = names.first.map { ", the first is '\($0)'" } ?? ""
        return WeightFileError(
            .missingTensor, path,
            "there is no tensor '\(name)'; the file holds \(names.count)\(example)")
    }
}

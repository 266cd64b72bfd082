package import Tensors
package import WeightFiles

/// A safetensors file of reference inputs and outputs; it remembers what has been read of it.
package final class GoldenFile {
    /// The file.
    package let file: Safetensors
    private var readNames: Set<String> = []

    /// Opens the file at a path.
    package init(path: String) throws {
        file = try Safetensors(path: path)
    }

    /// The names of all tensors.
    package var names: [String] { file.tensorNames }

    /// Expected outputs that nothing has asked for.
    package var unreadExpectations: [String] {
        names.filter { $0.hasPrefix("expected.") && !readNames.contains($0) }
    }

    /// Whether there is a tensor of a name.
    package func contains(_ name: String) -> Bool { names.contains(name) }

    /// A tensor of the file, as Float.
    package func tensor(_ name: String) throws -> Tensor {
        readNames.insert(name)
        let stored = try file.tensor(name)
        return Tensor(try stored.floats(), shape: stored.shape)
    }

    /// A tensor of small integers, such as token ids, row by row.
    package func integers(_ name: String) throws -> [Int32] {
        readNames.insert(name)
        return try file.tensor(name).floats().map { Int32($0) }
    }

    /// The tensors whose names begin with a prefix, by the rest of their names.
    package func tensors(prefixed prefix: String) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for rest in endings(of: prefix) { result[rest] = try tensor(prefix + rest) }
        return result
    }

    /// What follows a prefix in the names that begin with it, in alphabetical order.
    package func endings(of prefix: String) -> [String] {
        names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
    }
}

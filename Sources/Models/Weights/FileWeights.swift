public import Layers
public import WeightFiles

/// A weight file as a source of a model's weights, through a table of names.
///
/// Values go from the mapped file straight into their final place.
public struct FileWeights: WeightSource, Sendable {
    let file: any WeightFile
    let storedNames: Set<String>
    let names: any NameTable

    /// Reads a file whose names a table translates.
    public init(_ file: any WeightFile, names: any NameTable) {
        self.file = file
        self.names = names
        storedNames = Set(file.tensorNames)
    }

    public var name: String { file.path }

    public func storedName(of path: String) -> String? {
        guard let name = names.location(of: path)?.name, name != path else { return nil }
        return name
    }

    /// The paths the file can give; names that the table doesn't know are listed as they are.
    public var paths: [String] {
        file.tensorNames.flatMap { names.paths(of: $0) ?? [$0] }
    }

    public func shape(of path: String) throws -> [Int]? {
        guard let location = names.location(of: path), storedNames.contains(location.name) else {
            return nil
        }
        let tensor = try file.tensor(location.name)
        guard let rows = location.rows, let rowCount = tensor.shape.first else {
            return tensor.shape
        }
        return rows.upperBound <= rowCount ? [rows.count] + tensor.shape.dropFirst() : nil
    }

    /// The stored tensor that holds a path's values, and where in it they lie; nil when there is none.
    func place(of path: String) throws -> (tensor: StoredTensor, location: StoredLocation)? {
        guard let location = names.location(of: path), storedNames.contains(location.name) else {
            return nil
        }
        return (try file.tensor(location.name), location)
    }

    /// Lets go of the memory that holds a path's stored bytes, when it is known that they are not needed
    /// again soon.
    package func release(_ path: String) throws { try place(of: path)?.tensor.releaseStoredBytes() }

    public func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        guard let location = names.location(of: path) else {
            throw ModelError(
                .weights, subject: file.path, detail: "no place for '\(path)' is known",
                hint: "ask for a path the source lists")
        }
        let tensor = try file.tensor(location.name)
        guard tensor.type.isReal else {
            throw ModelError(
                .weights, subject: file.path,
                detail: "'\(tensor.name)' \(tensor.shape) is stored as \(tensor.type.rawValue); "
                    + "expected floats of any width or quantised blocks",
                hint: "use the weights as they were published")
        }
        if let rows = location.rows {
            try Self.read(rows, of: tensor, into: buffer)
        } else {
            try tensor.dequantise(rows: 0..<tensor.rowCount, into: buffer)
        }
        if let headCount = location.interleavedHeadCount {
            try separate(buffer, of: tensor, headCount: headCount)
        }
    }

    /// Rows along the first axis; a vector's rows are its values.
    private static func read(
        _ rows: Range<Int>, of tensor: StoredTensor, into buffer: UnsafeMutableBufferPointer<Float>
    ) throws {
        if tensor.shape.count == 1 {
            _ = try buffer.update(fromContentsOf: tensor.floats()[rows])
        } else {
            let inner = tensor.shape.dropFirst().dropLast().reduce(1, *)
            try tensor.dequantise(
                rows: (rows.lowerBound * inner)..<(rows.upperBound * inner), into: buffer)
        }
    }

    /// Takes apart the rows that llama.cpp interleaves in each head, one head at a time.
    private func separate(
        _ buffer: UnsafeMutableBufferPointer<Float>, of tensor: StoredTensor, headCount: Int
    ) throws {
        let rowCount = try headSize(of: tensor, headCount: headCount)
        let count = rowCount * (tensor.scalarCount / max(1, tensor.shape.first ?? 0))
        for start in stride(from: 0, to: buffer.count, by: max(1, count)) {
            let head = UnsafeMutableBufferPointer(rebasing: buffer[start..<(start + count)])
            _ = head.update(
                fromContentsOf: RowInterleaving.separated(
                    Array(head), headCount: 1, rowCount: rowCount))
        }
    }

    /// The rows of a head, an even number.
    func headSize(of tensor: StoredTensor, headCount: Int) throws -> Int {
        let rowCount = tensor.shape.first ?? 0
        guard rowCount % (2 * headCount) == 0 else {
            throw ModelError(
                .weights, subject: file.path,
                detail: "'\(tensor.name)' has \(rowCount) rows; expected an even number for each "
                    + "of \(headCount) heads",
                hint: "use a file whose metadata belongs to its tensors")
        }
        return rowCount / headCount
    }
}

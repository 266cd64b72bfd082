public import Kernels

/// Where a model's weights come from, asked by path: Hugging Face's name of each tensor.
public protocol WeightSource {
    /// What messages call it: a file's path, for instance.
    var name: String { get }

    /// Every path the source can give, in a fixed order; used to report what a model did not take.
    var paths: [String] { get }

    /// The shape of a tensor, outermost axis first, or nil when the source doesn't have it.
    ///
    /// Throws: when the source has it but can't say its shape
    func shape(of path: String) throws -> [Int]?

    /// Writes a tensor's values, row-major, straight into their final place.
    ///
    /// Throws: when the values can't be read
    func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) throws

    /// What the source calls, or would call, a tensor, where that is not its path.
    func storedName(of path: String) -> String?

    /// A matrix in the form in which the source stores it, or nil when it has no such form.
    ///
    /// Throws: when the source has it but can't give it
    func stored(_ path: String) throws -> StoredMatrix?
}

extension WeightSource {
    public func storedName(of path: String) -> String? { nil }
    public func stored(_ path: String) throws -> StoredMatrix? { nil }
}

/// Weights held in memory, for tests and for tensors that were just computed.
public struct DictionaryWeights: WeightSource, Sendable {
    private let tensors: [String: (shape: [Int], values: [Float])]

    /// Takes tensors by path.
    ///
    /// Traps: when a tensor's values don't fill its shape
    public init(_ tensors: [String: (shape: [Int], values: [Float])]) {
        for (path, tensor) in tensors {
            precondition(
                tensor.values.count == tensor.shape.reduce(1, *),
                "dictionary weights: \(path) has \(tensor.values.count) values for \(tensor.shape)")
        }
        self.tensors = tensors
    }

    public var name: String { "\(tensors.count) tensors in memory" }

    public var paths: [String] { tensors.keys.sorted() }

    public func shape(of path: String) -> [Int]? { tensors[path]?.shape }

    public func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        guard let tensor = tensors[path], tensor.values.count == buffer.count else {
            throw LayerError(
                .weights, subject: path, detail: "no tensor of \(buffer.count) values in memory",
                hint: "ask for a path the source lists")
        }
        _ = buffer.update(fromContentsOf: tensor.values)
    }
}

/// Several sources as one; the first that has a path gives it.
public struct CombinedWeights: WeightSource {
    private let sources: [any WeightSource]

    /// Puts sources in order of precedence.
    public init(_ sources: [any WeightSource]) {
        self.sources = sources
    }

    public var name: String {
        let named = sources.filter { !$0.paths.isEmpty }.map(\.name)
        return named.isEmpty ? "no weights" : named.joined(separator: " and ")
    }

    public func storedName(of path: String) -> String? {
        sources.lazy.compactMap { $0.storedName(of: path) }.first
    }

    public var paths: [String] {
        var seen: Set<String> = []
        return sources.flatMap(\.paths).filter { seen.insert($0).inserted }
    }

    public func shape(of path: String) throws -> [Int]? {
        for source in sources {
            if let shape = try source.shape(of: path) { return shape }
        }
        return nil
    }

    public func read(_ path: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        guard let source = try sources.first(where: { try $0.shape(of: path) != nil }) else {
            throw LayerError(
                .weights, subject: path, detail: "none of \(sources.count) sources has this tensor",
                hint: "ask for a path the sources list")
        }
        try source.read(path, into: buffer)
    }

    public func stored(_ path: String) throws -> StoredMatrix? {
        try sources.first { try $0.shape(of: path) != nil }?.stored(path)
    }
}

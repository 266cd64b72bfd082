/// Where a path's values lie in a weight file.
public struct StoredLocation: Sendable, Equatable {
    /// The tensor's name in the file.
    public let name: String
    /// The rows that belong to the path, when the file keeps several tensors as one.
    public let rows: Range<Int>?
    /// The number of heads whose rows are interleaved for rotary position, as llama.cpp keeps them.
    public let interleavedHeadCount: Int?

    init(_ name: String, rows: Range<Int>? = nil, interleavedHeadCount: Int? = nil) {
        self.name = name
        self.rows = rows
        self.interleavedHeadCount = interleavedHeadCount
    }
}

/// The translation between a model's paths (Hugging Face's names) and a file's names.
public protocol NameTable: Sendable {
    /// Where a path's values lie, or nil when the table doesn't know the path.
    func location(of path: String) -> StoredLocation?

    /// The paths whose values a stored tensor holds: none for tensors the model has no use for, nil for
    /// names that the table doesn't know.
    func paths(of storedName: String) -> [String]?
}

/// Names that are the paths themselves, but for a prefix, as in files written by Hugging Face's libraries.
public struct PrefixedNames: NameTable {
    private let stored: String
    private let path: String
    private let ignored: @Sendable (String) -> Bool

    /// Names in the file begin with `stored` where paths begin with `path`.
    ///
    /// `ignored` says which of the file's names the model has no use for.
    public init(
        stored: String = "", path: String = "",
        ignoring ignored: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.stored = stored
        self.path = path
        self.ignored = ignored
    }

    public func location(of path: String) -> StoredLocation? {
        guard path.hasPrefix(self.path) else { return nil }
        return StoredLocation(stored + path.dropFirst(self.path.count))
    }

    public func paths(of storedName: String) -> [String]? {
        if ignored(storedName) { return [] }
        guard storedName.hasPrefix(stored) else { return nil }
        return [path + storedName.dropFirst(stored.count)]
    }

    /// PEFT's names of adapter tensors: `base_model.model.` before the path.
    public static let peft = PrefixedNames(stored: "base_model.model.")
}

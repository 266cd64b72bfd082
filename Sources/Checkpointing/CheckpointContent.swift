import Files
import Foundation

/// A checkpoint taken apart into what an HDF5 file holds: groups, attributes and datasets.
///
/// The digest is taken over this, so it depends on the content alone and not on how the library
/// arranges it.
struct CheckpointContent: Equatable {
    /// Attributes by group and name; every group has an entry, if only an empty one.
    var groups: [String: [String: StoredAttribute]] = [:]
    /// Float32 arrays by path.
    var arrays: [String: StoredArray<Float>] = [:]
    /// Texts by path, kept as UTF-8 bytes.
    var texts: [String: String] = [:]
    /// Whole numbers by path.
    var counts: [String: StoredArray<Int64>] = [:]

    /// The SHA-256 digest of everything here except the digest attribute itself.
    ///
    /// Entries come as groups with their attributes, float32 arrays, texts, whole numbers, each
    /// kind sorted by the UTF-8 bytes of its path. An entry is its path, a NUL, its lengths and its
    /// bytes; lengths and numbers are little-endian, 8 bytes or as stored.
    func digest() -> String {
        var hash = SHA256()
        for (path, attributes) in Self.sorted(groups) {
            hash.add("group", path, lengths: [])
            for (name, value) in Self.sorted(attributes)
            where
                !(path == CheckpointLayout.root
                && name == CheckpointLayout.Attribute.contentDigest)
            {
                hash.add(value, named: name)
            }
        }
        for (path, array) in Self.sorted(arrays) {
            hash.add("float32", path, lengths: array.shape)
            hash.update(numbers: array.scalars)
        }
        for (path, text) in Self.sorted(texts) {
            hash.add("text", path, lengths: [text.utf8.count])
            hash.update(numbers: Array(text.utf8))
        }
        for (path, array) in Self.sorted(counts) {
            hash.add("int64", path, lengths: array.shape)
            hash.update(numbers: array.scalars)
        }
        return hash.hexDigest()
    }

    /// Entries in the order in which they are digested and written.
    static func sorted<Value>(_ entries: [String: Value]) -> [(key: String, value: Value)] {
        entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension SHA256 {
    fileprivate mutating func add(_ kind: String, _ path: String, lengths: [Int]) {
        update("\(kind)\0\(path)\0".utf8)
        update(numbers: lengths.map { Int64($0) })
    }

    fileprivate mutating func add(_ value: StoredAttribute, named name: String) {
        switch value {
        case .text(let text):
            add("attribute text", name, lengths: [text.utf8.count])
            update(text.utf8)
        case .integer(let number):
            add("attribute int64", name, lengths: [])
            update(numbers: [number])
        case .unsigned(let number):
            add("attribute uint64", name, lengths: [])
            update(numbers: [number])
        case .number(let number):
            add("attribute float64", name, lengths: [])
            update(numbers: [number])
        }
    }

    fileprivate mutating func update(numbers: [some BitwiseCopyable]) {
        numbers.withUnsafeBytes { update($0) }
    }
}

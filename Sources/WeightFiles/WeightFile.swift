/// A file, or a set of files, that holds named tensors.
public protocol WeightFile: Sendable {
    /// The path it was opened by.
    var path: String { get }
    /// The names of all tensors, in the order of the file.
    var tensorNames: [String] { get }
    /// The tensor of a name.
    ///
    /// Throws: `WeightFileError` when there is none or it cannot be read as it stands.
    func tensor(_ name: String) throws -> StoredTensor
}

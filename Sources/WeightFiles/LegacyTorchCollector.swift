import Files

/// Finds the tensors in what a legacy torch file describes.
struct LegacyTorchCollector {
    let objects: PickleObjects
    let starts: [String: Int]
    let file: MappedFile
    private(set) var tensors: [StoredTensor] = []
    private var seen: Set<Int> = []
    private var names: Set<String> = []
    /// Longer names are refused, so that nesting cannot multiply a long one.
    private static let nameByteLimit = 512

    init(objects: PickleObjects, starts: [String: Int], file: MappedFile) {
        self.objects = objects
        self.starts = starts
        self.file = file
    }

    /// Adds the tensors under `value`; a dictionary met before is an error, so that the walk ends.
    mutating func collect(_ value: PickleValue, prefix: String) throws {
        guard case .dictionary(let index) = value else {
            throw WeightFileError(
                .unsupported, file.path, "the file holds no dictionary of tensors")
        }
        guard seen.insert(index).inserted, seen.count <= 64 else {
            throw WeightFileError(
                .malformed, file.path, "the dictionaries of the file are tangled")
        }
        for (key, entry) in objects.dictionaries[index] {
            guard let key = key.text else { continue }
            switch entry {
            case .tensor(let tensor):
                tensors.append(try stored(tensor, name: try name(prefix, key)))
            case .dictionary: try collect(entry, prefix: try name(prefix, key) + ".")
            default: continue
            }
        }
    }

    private mutating func name(_ prefix: String, _ key: String) throws -> String {
        guard prefix.utf8.count + key.utf8.count <= Self.nameByteLimit else {
            throw WeightFileError(
                .malformed, file.path,
                "a tensor's name is longer than \(Self.nameByteLimit) bytes")
        }
        let name = prefix + key
        guard names.insert(name).inserted else {
            throw WeightFileError(.malformed, file.path, "two entries are named '\(name)'")
        }
        return name
    }

    private func stored(_ index: Int, name: String) throws -> StoredTensor {
        let tensor = objects.tensors[index]
        guard let storage = objects.storages[tensor.storageKey],
            let start = starts[tensor.storageKey], tensor.offset <= storage.count
        else {
            throw WeightFileError(
                .malformed, file.path, "tensor '\(name)' lies in a storage that the file lacks")
        }
        var stored = try StoredTensor(
            name: name, shape: tensor.shape, type: storage.type,
            offset: start + tensor.offset * storage.type.bytesPerBlock, file: file)
        guard stored.scalarCount <= storage.count - tensor.offset else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(name)' \(tensor.shape) reaches past its storage of "
                    + "\(storage.count) values")
        }
        stored.layout = try layout(of: tensor, name: name)
        return stored
    }

    /// The order of the values when it is not row-major; convolutions are often channels-last.
    private func layout(of tensor: PickleObjects.Tensor, name: String) throws -> StridedLayout? {
        guard !tensor.shape.contains(0) else { return nil }
        guard let layout = StridedLayout(shape: tensor.shape, strides: tensor.strides) else {
            throw WeightFileError(
                .unsupported, file.path,
                "tensor '\(name)' \(tensor.shape) skips or repeats values of its storage with the "
                    + "strides \(tensor.strides)",
                hint: "save it with .contiguous()")
        }
        return layout.isRowMajor(tensor.shape) ? nil : layout
    }
}

/// A tensor that is to be written: its place in a file is known before its values are made.
///
/// Files are written tensor by tensor, so that no more than one is in memory at a time.
public struct PlannedTensor {
    /// The name in the file.
    public let name: String
    /// The length of each axis, outermost first.
    public let shape: [Int]
    /// How the values are stored.
    public let type: StoredType
    /// How many bytes they take.
    public let byteCount: Int
    /// Whether the bytes are those of a stored tensor, so that nothing is rounded.
    public let isCopy: Bool

    private let body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    /// Values encoded at a time.
    private static let chunkCount = 1 << 20

    /// Plans a tensor whose values are asked for, row-major, when its turn comes.
    ///
    /// Throws: `WeightFileError` when the type cannot be written or does not divide the rows
    public init(
        name: String, shape: [Int], type: StoredType, values: @escaping () throws -> [Float]
    ) throws {
        guard StoredType.writable.contains(type), shape.allSatisfy({ $0 >= 0 }),
            (shape.last ?? 1).isMultiple(of: type.valuesPerBlock)
        else {
            throw WeightFileError(
                .malformed, name,
                "a tensor of shape \(shape) cannot be written as \(type.rawValue)",
                hint: "choose one of \(StoredType.writable.map(\.rawValue).joined(separator: ", "))"
            )
        }
        self.name = name
        self.shape = shape
        self.type = type
        isCopy = false
        let count = shape.reduce(1, *)
        byteCount = count / type.valuesPerBlock * type.bytesPerBlock
        body = { append in
            let values = try values()
            try Self.check(values, name, count, type)
            try Self.encode(values, as: type, append)
        }
    }

    /// Plans a copy of a stored tensor, byte by byte; nil when its values do not lie row-major.
    public init?(copying tensor: StoredTensor, name: String) {
        if tensor.layout != nil { return nil }
        self.name = name
        shape = tensor.shape
        type = tensor.type
        byteCount = tensor.byteCount
        isCopy = true
        body = { append in
            try tensor.withStoredBytes(append)
            tensor.releaseStoredBytes()
        }
    }

    /// The same tensor, before whose values `action` is taken; what that throws ends the writing.
    public func preceded(by action: @escaping () throws -> Void) -> PlannedTensor {
        PlannedTensor(
            name: name, shape: shape, type: type, byteCount: byteCount, isCopy: isCopy
        ) { append in
            try action()
            try body(append)
        }
    }

    private init(
        name: String, shape: [Int], type: StoredType, byteCount: Int, isCopy: Bool,
        body: @escaping (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        self.name = name
        self.shape = shape
        self.type = type
        self.byteCount = byteCount
        self.isCopy = isCopy
        self.body = body
    }

    /// Hands the stored bytes, in order, to `append`.
    ///
    /// Throws: what `append` and the making of values throw
    func write(_ append: (UnsafeRawBufferPointer) throws -> Void) throws { try body(append) }

    private static func check(
        _ values: [Float], _ name: String, _ count: Int, _ type: StoredType
    ) throws {
        guard values.count == count else {
            throw WeightFileError(
                .malformed, name, "has \(values.count) values where \(count) are expected",
                hint: "check that its shape is that of its values")
        }
        let limit = type.greatestMagnitude
        guard limit < .greatestFiniteMagnitude,
            let value = values.first(where: { !(abs($0) <= limit) })
        else { return }
        throw WeightFileError(
            .malformed, name, "holds \(value), which \(type.rawValue) cannot",
            hint: "write F32 or BF16")
    }

    private static func encode(
        _ values: [Float], as type: StoredType, _ append: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try values.withUnsafeBufferPointer { values in
            let chunk = min(values.count, chunkCount)
            let size = chunk / type.valuesPerBlock * type.bytesPerBlock
            try withUnsafeTemporaryAllocation(byteCount: max(1, size), alignment: 16) { bytes in
                for start in stride(from: 0, to: values.count, by: max(1, chunk)) {
                    let part = values[start..<min(start + chunk, values.count)]
                    let count = part.count / type.valuesPerBlock * type.bytesPerBlock
                    type.encode(UnsafeBufferPointer(rebasing: part), into: bytes)
                    try append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
            }
        }
    }
}

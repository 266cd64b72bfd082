/// A number that HDF5 stores as it lies in memory.
public protocol StoredScalar: Sendable, Equatable, BitwiseCopyable {
    /// The type of the numbers in the file.
    static var storedType: StoredScalarType { get }
}

/// The types of numbers a dataset may have; always little-endian in the file.
public enum StoredScalarType: String, Sendable, CaseIterable {
    case float16, float32, float64, int64, uint64, uint8

    /// The bytes of one number.
    public var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32: 4
        case .float16: 2
        case .uint8: 1
        }
    }
}

extension Float16: StoredScalar {
    /// IEEE 754 binary16.
    public static var storedType: StoredScalarType { .float16 }
}

extension Float: StoredScalar {
    /// IEEE 754 binary32.
    public static var storedType: StoredScalarType { .float32 }
}

extension Double: StoredScalar {
    /// IEEE 754 binary64.
    public static var storedType: StoredScalarType { .float64 }
}

extension Int64: StoredScalar {
    /// Two's complement, 64 bits.
    public static var storedType: StoredScalarType { .int64 }
}

extension UInt64: StoredScalar {
    /// Unsigned, 64 bits.
    public static var storedType: StoredScalarType { .uint64 }
}

extension UInt8: StoredScalar {
    /// Unsigned, 8 bits.
    public static var storedType: StoredScalarType { .uint8 }
}

/// Numbers and their shape, as they are written to and read from a file.
///
/// Shapes:   row-major, outermost axis first; an empty shape is one number.
public struct StoredArray<Scalar: StoredScalar>: Sendable, Equatable {
    /// The length of each axis.
    public let shape: [Int]
    /// The numbers, row-major.
    public let scalars: [Scalar]

    /// Puts a shape on numbers.
    ///
    /// Traps: when the shape does not hold exactly that many numbers.
    public init(shape: [Int], scalars: [Scalar]) {
        precondition(
            shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == scalars.count,
            "stored array: shape \(shape) does not hold \(scalars.count) numbers")
        precondition(
            MemoryLayout<Scalar>.size == Scalar.storedType.byteCount,
            "stored array: \(Scalar.self) is not \(Scalar.storedType.rawValue)")
        self.shape = shape
        self.scalars = scalars
    }

    /// Numbers in a row.
    public init(_ scalars: [Scalar]) {
        self.init(shape: [scalars.count], scalars: scalars)
    }
}

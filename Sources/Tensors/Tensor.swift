public import Kernels

/// An immutable, row-major array of numbers that remembers how it was derived.
///
/// A tensor made only from untracked tensors has no derivation and costs nothing to forget. One that
/// depends on a tracked leaf keeps what its pullback needs until `gradients(of:)` has used it.
public struct Tensor: Sendable {
    /// Length of every axis, outermost first; empty for a single number.
    public let shape: [Int]
    /// The elements.
    package let scalars: Scalars
    let derivation: Derivation?
    /// How a pullback keeps the elements.
    let kept: Kept

    package init(_ scalars: Scalars, shape: [Int]) {
        self.init(scalars, shape: shape, derivation: nil)
    }

    init(_ scalars: Scalars, shape: [Int], derivation: Derivation?, kept: Kept? = nil) {
        precondition(
            scalars.count == shape.reduce(1, *),
            "tensor: \(scalars.count) scalars do not fill \(shape)")
        self.scalars = scalars
        self.shape = shape
        self.derivation = derivation
        self.kept = kept ?? .scalars(scalars)
    }

    /// A copy of Floats.
    public init(_ values: [Float], shape: [Int]) { self.init(Scalars(values), shape: shape) }

    /// A copy of Doubles, kept as Double.
    public init(doubles values: [Double], shape: [Int]) {
        self.init(Scalars(values), shape: shape)
    }

    /// New Float memory that the closure fills once.
    public init(
        shape: [Int], filling: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        self.init(
            try Scalars(count: shape.reduce(1, *), filling: filling), shape: shape)
    }

    /// The same number everywhere.
    public static func filled(
        _ value: Double, shape: [Int], type: ScalarType = .float32
    ) -> Tensor {
        Tensor(Scalars(repeating: value, count: shape.reduce(1, *), type: type), shape: shape)
    }

    /// Zeros.
    public static func zeros(_ shape: [Int], type: ScalarType = .float32) -> Tensor {
        filled(0, shape: shape, type: type)
    }

    /// Float or Double.
    public var scalarType: ScalarType { scalars.type }
    /// Number of elements.
    public var scalarCount: Int { scalars.count }
    /// Number of axes.
    public var rank: Int { shape.count }
    /// Whether gradients flow through this tensor.
    public var isTracked: Bool { derivation != nil }
    /// The elements as Float, row-major.
    public var floats: [Float] { scalars.floats }
    /// The elements as Double, row-major.
    public var doubles: [Double] { scalars.doubles }

    /// The only element.
    public var item: Double {
        precondition(scalarCount == 1, "item: \(shape) is not one number")
        return scalars.doubles[0]
    }

    /// The same numbers without their history.
    public func detached() -> Tensor { Tensor(scalars, shape: shape) }

    /// The same numbers in another type, without their history.
    public func converted(to type: ScalarType) -> Tensor {
        Tensor(scalars.converted(to: type), shape: shape)
    }

    /// Reads a Float tensor's elements without copying them.
    public func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try scalars.withFloats(body)
    }
}

internal import Kernels
internal import Synchronization

/// The first operation whose result was NaN or infinite.
public struct Anomaly: Sendable, Equatable {
    /// The operation, such as `rmsNorm`.
    public let operation: String
    /// The path of the layer it belongs to, such as `model.layers.3`; empty outside of one.
    public let layer: String
    /// Whether it arose in the operation's pullback, from a finite gradient.
    public let isInPullback: Bool

    /// An anomaly from its parts.
    public init(operation: String, layer: String, isInPullback: Bool) {
        self.operation = operation
        self.layer = layer
        self.isInPullback = isInPullback
    }

    /// `rmsNorm in model.layers.3`.
    public var place: String {
        (isInPullback ? "the pullback of " : "") + operation + (layer.isEmpty ? "" : " in \(layer)")
    }
}

/// Looks at the result of every operation that `body` runs, and of their pullbacks.
///
/// Returns what `body` does, and the first result that was not finite, or nil.
public func watchingForAnomalies<R>(
    _ body: () throws -> R
) rethrows -> (result: R, anomaly: Anomaly?) {
    let watch = AnomalyWatch()
    let result = try AnomalyWatch.$current.withValue(watch, operation: body)
    return (result, watch.first)
}

/// Says which layer the operations that `body` runs belong to, should they be watched.
public func inLayer<R>(_ path: @autoclosure () -> String, _ body: () throws -> R) rethrows -> R {
    guard AnomalyWatch.current != nil else { return try body() }
    return try AnomalyWatch.$layer.withValue(path(), operation: body)
}

/// Notes the first result that is not finite.
final class AnomalyWatch: Sendable {
    @TaskLocal static var current: AnomalyWatch?
    @TaskLocal static var layer = ""

    private let found = Mutex<Anomaly?>(nil)

    var first: Anomaly? { found.withLock { $0 } }

    /// Looks at an operation's result.
    func look(at result: Tensor, of operation: StaticString) {
        guard !result.isFinite else { return }
        note(operation, layer: Self.layer, isInPullback: false)
    }

    /// The pullback, whose results are looked at too.
    func watched(
        _ pullback: @escaping Derivation.Pullback, of operation: StaticString
    ) -> Derivation.Pullback {
        let layer = Self.layer
        return { dy in
            let parts = pullback(dy)
            if dy.isFinite, !parts.allSatisfy({ $0?.isFinite ?? true }) {
                self.note(operation, layer: layer, isInPullback: true)
            }
            return parts
        }
    }

    private func note(_ operation: StaticString, layer: String, isInPullback: Bool) {
        let name = "\(operation)".prefix { $0 != "(" }
        found.withLock { found in
            found =
                found
                ?? Anomaly(
                    operation: String(name), layer: layer, isInPullback: isInPullback)
        }
    }
}

extension Tensor {
    /// Whether no element is NaN or infinite.
    var isFinite: Bool {
        // A sum may also overflow: then every element is looked at.
        Reductions.sumOfSquares(scalars).isFinite || doubles.allSatisfy(\.isFinite)
    }
}

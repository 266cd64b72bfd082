internal import Kernels

/// How a tensor came to be: the derivations of its inputs, and how a gradient goes back to them.
///
/// Safety: a derivation is written by `gradients(of:)` alone, which consumes the graph; a graph is
/// swept by the task that built it.
final class Derivation: @unchecked Sendable {
    /// From the gradient of the result to those of the inputs; nil where none is needed.
    typealias Pullback = @Sendable (Tensor) -> [Tensor?]

    enum Origin {
        case leaf(key: Int)
        case operation(inputs: [Derivation?], Pullback)
        case swept
    }

    private(set) var origin: Origin
    /// Longest way to a leaf; a derivation is swept before all that are nearer to the leaves.
    let depth: Int
    /// What has arrived so far, during a sweep.
    fileprivate var gradient: Tensor?

    init(leaf key: Int) {
        origin = .leaf(key: key)
        depth = 0
    }

    init(inputs: [Derivation?], _ pullback: @escaping Pullback) {
        origin = .operation(inputs: inputs, pullback)
        depth = 1 + (inputs.lazy.compactMap { $0?.depth }.max() ?? 0)
    }

    var inputs: [Derivation] {
        if case .operation(let inputs, _) = origin { return inputs.compactMap { $0 } }
        return []
    }

    /// Hands out the origin and forgets it, so that memory falls as the sweep goes back.
    fileprivate func consume() -> Origin {
        defer { if case .operation = origin { origin = .swept } }
        return origin
    }

    fileprivate func receive(_ part: Tensor) {
        gradient =
            gradient.map { Tensor(Elementwise.sum($0.scalars, part.scalars), shape: $0.shape) }
            ?? part
    }

    fileprivate func takeGradient() -> Tensor? {
        defer { gradient = nil }
        return gradient
    }

    /// Long chains are released in a loop: the default would recurse once a link.
    deinit {
        var pending = inputs
        origin = .swept
        while var next = pending.popLast() {
            guard isKnownUniquelyReferenced(&next) else { continue }
            pending.append(contentsOf: next.inputs)
            next.origin = .swept
        }
    }
}

/// Gradients by the key of the leaf.
public struct Gradients: Sendable {
    private var byKey: [Int: Tensor] = [:]

    /// The gradient of leaf `key`, or nil when the loss does not depend on it.
    public subscript(key: Int) -> Tensor? { byKey[key] }

    /// Keys of all leaves that were reached.
    public var keys: [Int] { byKey.keys.sorted() }

    /// No gradients.
    public init() {}

    /// Adds `scale` times the gradients of another sweep (accumulation).
    public mutating func add(_ other: Gradients, scale: Double = 1) {
        for key in other.keys {
            guard let part = other[key] else { continue }
            add(part, scale: scale, to: key)
        }
    }

    mutating func add(_ part: Tensor, scale: Double = 1, to key: Int) {
        if let sum = byKey[key] {
            byKey[key] = Tensor(
                Elementwise.sum(sum.scalars, part.scalars, scale: scale), shape: part.shape)
        } else {
            byKey[key] =
                scale == 1
                ? part
                : Tensor(Elementwise.affine(part.scalars, scale: scale), shape: part.shape)
        }
    }
}

/// The gradients of a scalar loss with respect to every tracked leaf it depends on.
///
/// The graph is consumed: each operation's memory is released as soon as the sweep has passed it.
/// Traps: when the loss is not one number, or was swept before.
public func gradients(of loss: Tensor) -> Gradients {
    precondition(loss.scalarCount == 1, "gradients: the loss has shape \(loss.shape)")
    var result = Gradients()
    guard let root = loss.derivation else { return result }
    root.receive(.filled(1, shape: loss.shape, type: loss.scalarType))
    var order = reachable(from: root)
    while let node = order.popLast() {
        guard let dy = node.takeGradient() else { continue }
        switch node.consume() {
        case .leaf(let key):
            result.add(dy, to: key)
        case .operation(let inputs, let pullback):
            for (input, part) in zip(inputs, pullback(dy)) {
                if let input, let part { input.receive(part) }
            }
        case .swept:
            preconditionFailure("gradients: this graph was swept before; compute the loss again")
        }
    }
    return result
}

/// All derivations below `root`, nearest to the leaves first; equal depths in order of discovery.
private func reachable(from root: Derivation) -> [Derivation] {
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var found = [root]
    var next = 0
    while next < found.count {
        for input in found[next].inputs where seen.insert(ObjectIdentifier(input)).inserted {
            found.append(input)
        }
        next += 1
    }
    return found.enumerated()
        .sorted { ($0.element.depth, -$0.offset) < ($1.element.depth, -$1.offset) }
        .map(\.element)
}

/// Whether `tracked(as:)` makes leaves in the current task.
enum GradientRecording {
    @TaskLocal static var isOn = true
}

/// Computes without recording how results were derived: for validation and generation, where no
/// gradient is wanted of trained parameters.
public func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
    try GradientRecording.$isOn.withValue(false, operation: body)
}

extension Tensor {
    /// The same numbers as a leaf whose gradient is wanted under `key`; inside `withoutGradients`
    /// just the same numbers.
    public func tracked(as key: Int) -> Tensor {
        GradientRecording.isOn
            ? Tensor(scalars, shape: shape, derivation: Derivation(leaf: key)) : detached()
    }

    /// This result with its history: the pullback gets dy and returns a gradient for every input,
    /// nil where none is needed. It must capture detached tensors only.
    func derived(
        from inputs: [Tensor], _ pullback: @escaping Derivation.Pullback
    ) -> Tensor {
        guard inputs.contains(where: \.isTracked) else { return self }
        return Tensor(
            scalars, shape: shape,
            derivation: Derivation(inputs: inputs.map(\.derivation), pullback))
    }
}

internal import Kernels

/// How a tensor came to be: the derivations of its inputs, and how a gradient goes back to them.
///
/// Safety: a derivation is written by `gradients(of:)` alone, which consumes the graph; a graph is
/// swept by the task that built it.
final class Derivation: @unchecked Sendable {
    /// From the gradient of the result to those of the inputs; nil where none is needed.
    typealias Pullback = @Sendable (Tensor) -> [Tensor?]
    /// From the gradient of the result to that of the input and of the leaves on the way.
    typealias Replay = (Tensor) -> (input: Tensor?, leaves: Gradients)

    enum Origin {
        case leaf(key: Int)
        case operation(inputs: [Derivation?], Pullback)
        case replay(input: Derivation?, Replay)
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

    init(input: Derivation?, _ replay: @escaping Replay) {
        origin = .replay(input: input, replay)
        depth = 1 + (input?.depth ?? 0)
    }

    var inputs: [Derivation] {
        switch origin {
        case .operation(let inputs, _): inputs.compactMap { $0 }
        case .replay(let input, _): input.map { [$0] } ?? []
        case .leaf, .swept: []
        }
    }

    /// Hands out the origin and forgets it, so that memory falls as the sweep goes back.
    fileprivate func consume() -> Origin {
        defer { if case .leaf = origin {} else { origin = .swept } }
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

    fileprivate mutating func remove(_ key: Int) -> Tensor? { byKey.removeValue(forKey: key) }

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
    return sweep(loss, from: .filled(1, shape: loss.shape, type: loss.scalarType))
}

/// The gradients of all leaves below `result`, whose own gradient is `dy`.
private func sweep(_ result: Tensor, from dy: Tensor) -> Gradients {
    guard let root = result.derivation else { return Gradients() }
    var result = Gradients()
    root.receive(dy)
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
        case .replay(let input, let replay):
            let parts = replay(dy)
            if let input, let part = parts.input { input.receive(part) }
            result.add(parts.leaves)
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
    ///
    /// With `remaking`, later pullbacks make the elements again instead of keeping them.
    func derived(
        from inputs: [Tensor], remaking: (@Sendable () -> Scalars)? = nil,
        operation: StaticString = #function, _ pullback: @escaping Derivation.Pullback
    ) -> Tensor {
        let watch = AnomalyWatch.current
        watch?.look(at: self, of: operation)
        guard inputs.contains(where: \.isTracked) else { return self }
        return Tensor(
            scalars, shape: shape,
            derivation: Derivation(
                inputs: inputs.map(\.derivation),
                watch?.watched(pullback, of: operation) ?? pullback),
            kept: remaking.map { .again($0) })
    }

    /// The result of `body`, of whose way only this tensor is kept: on the way back `body` is run
    /// once more. The gradients have the same bits.
    ///
    /// Source: Chen et al. 2016 (arXiv:1604.06174), "gradient checkpointing"
    public func recomputed(_ body: @escaping (Tensor) -> Tensor) -> Tensor {
        let x = detached()
        guard GradientRecording.isOn else { return body(x) }
        let needsInput = isTracked
        let y = withoutGradients { body(x) }
        let derivation = Derivation(input: self.derivation) { dy in
            let key = Int.min
            var leaves = sweep(body(needsInput ? x.tracked(as: key) : x), from: dy)
            return (leaves.remove(key), leaves)
        }
        return Tensor(y.scalars, shape: y.shape, derivation: derivation)
    }
}

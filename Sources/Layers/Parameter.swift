public import Kernels
public import Tensors

/// One named tensor of a model: frozen, or trained by an optimizer.
///
/// It has identity: layers, optimizer and checkpoint hold the same object and find it by its path.
public final class Parameter {
    /// Hugging Face's name, for instance `model.layers.0.self_attn.q_proj.weight`.
    public let path: String
    /// The shape, outermost axis first; linear weights are [outputs, inputs].
    public let shape: [Int]
    /// The number under which gradients are found; unique within a blueprint.
    public let key: Int
    /// Whether an optimizer may change the value and graphs record it.
    public let isTrained: Bool

    private var content: Weight
    /// How often the value was replaced.
    private(set) var revision = 0

    init(path: String, shape: [Int], key: Int, isTrained: Bool, value: Tensor) {
        self.path = path
        self.shape = shape
        self.key = key
        self.isTrained = isTrained
        content = .tensor(value)
    }

    /// A frozen matrix that stays as its file stores it.
    init(path: String, key: Int, stored: StoredMatrix) {
        self.path = path
        shape = [stored.rows, stored.columns]
        self.key = key
        isTrained = false
        content = .stored(stored)
    }

    /// Whether there are values; a tensor that the source lacks has none, which `assemble` reports.
    var isLoaded: Bool { content.shape == shape }

    /// The current value, outside of any graph; stored weights are expanded anew at each call.
    public var value: Tensor { content.values }

    /// The frozen matrix as its file stores it, or nil when the value is in memory.
    public var stored: StoredMatrix? {
        if case .stored(let matrix) = content { matrix } else { nil }
    }

    /// The scalar type of the value.
    public var scalarType: ScalarType { content.scalarType }

    /// The number of scalars.
    public var scalarCount: Int { shape.reduce(1, *) }

    /// The value as layers use it: recorded in the graph when it is trained.
    public var tensor: Tensor {
        isTrained ? value.tracked(as: key) : value
    }

    /// The value as linear maps use it, which take stored weights as they are.
    public var weight: Weight {
        isTrained ? .tensor(tensor) : content
    }

    /// Replaces the value of a trained parameter, as optimizers and checkpoints do.
    ///
    /// Throws: when the parameter is frozen, or shape or scalar type differ
    public func assign(_ newValue: Tensor) throws {
        guard isTrained else {
            throw LayerError(
                .assignment, subject: path, detail: "a frozen parameter can't be given a value",
                hint: "train it, or load it with the model")
        }
        try replace(newValue)
    }

    /// Replaces the value of a frozen statistic by a measured one, before training begins.
    ///
    /// Throws: when shape or scalar type differ
    public func measure(_ newValue: Tensor) throws {
        precondition(!isTrained, "measure: \(path) is trained")
        try replace(newValue)
    }

    private func replace(_ newValue: Tensor) throws {
        guard newValue.shape == shape, newValue.scalarType == scalarType else {
            throw LayerError(
                .assignment, subject: path,
                detail: "a \(newValue.scalarType) value of shape \(newValue.shape) does not fit; "
                    + "expected \(scalarType) \(shape)",
                hint: "use a checkpoint of the same model and recipe")
        }
        content = .tensor(newValue.detached())
        revision += 1
    }
}

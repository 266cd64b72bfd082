public import Kernels

/// The matrix of a linear map or of an embedding: a tensor, or frozen weights as their file stores them.
///
/// Both give the same numbers; stored ones take the file's space and are expanded a tile at a time.
public enum Weight: Sendable {
    /// Numbers in memory, frozen or trained.
    case tensor(Tensor)
    /// Frozen numbers in a file.
    case stored(StoredMatrix)

    /// [outputs, inputs]
    public var shape: [Int] {
        switch self {
        case .tensor(let tensor): tensor.shape
        case .stored(let matrix): [matrix.rows, matrix.columns]
        }
    }

    /// Float or Double; stored weights are Float.
    public var scalarType: ScalarType {
        switch self {
        case .tensor(let tensor): tensor.scalarType
        case .stored: .float32
        }
    }

    /// Whether gradients flow to it.
    public var isTracked: Bool {
        if case .tensor(let tensor) = self { tensor.isTracked } else { false }
    }

    /// All values.
    public var values: Tensor {
        switch self {
        case .tensor(let tensor): tensor.detached()
        case .stored(let matrix): Tensor(matrix.expanded(), shape: shape)
        }
    }

    /// Rows by index: the embedding look-up.
    ///
    /// Traps: when an index is outside.
    public func gatheringRows(_ indices: [Int32]) -> Tensor {
        switch self {
        case .tensor(let tensor):
            return tensor.gatheringRows(indices)
        case .stored(let matrix):
            return Tensor(matrix.gathering(indices), shape: [indices.count, matrix.columns])
        }
    }

    /// What an operation is derived from: the tensor, or nothing.
    var history: Tensor {
        switch self {
        case .tensor(let tensor): tensor
        case .stored: Tensor.zeros([0])
        }
    }

    /// The same numbers without their history.
    func detached() -> Weight {
        switch self {
        case .tensor(let tensor): .tensor(tensor.detached())
        case .stored: self
        }
    }

    /// The numbers as kernels take them.
    var matrix: WeightMatrix {
        switch self {
        case .tensor(let tensor):
            .plain(Matrix(tensor.scalars, rows: tensor.shape[0], columns: tensor.shape[1]))
        case .stored(let matrix): .stored(matrix)
        }
    }
}

public import Tensors

/// Features of one clip on a grid of time and space; sound has one row and column.
public struct FeatureGrid: Sendable {
    /// Cells along time.
    public let timeCount: Int
    /// Cells from top to bottom.
    public let rowCount: Int
    /// Cells from left to right.
    public let columnCount: Int
    /// The features, [times · rows · columns, feature size], time outermost.
    public let values: Tensor

    /// Lays features out on a grid.
    ///
    /// Traps: when the values don't have a row a cell
    public init(timeCount: Int, rowCount: Int = 1, columnCount: Int = 1, values: Tensor) {
        precondition(
            values.rank == 2 && values.shape[0] == timeCount * rowCount * columnCount,
            "feature grid: \(values.shape) for \(timeCount) × \(rowCount) × \(columnCount) cells")
        self.timeCount = timeCount
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.values = values
    }

    /// The width of one feature vector.
    public var featureSize: Int { values.shape[1] }

    /// The number of cells.
    public var cellCount: Int { values.shape[0] }

    /// The first cells along time.
    ///
    /// Traps: when there are fewer
    public func prefix(timeCount: Int) -> FeatureGrid {
        FeatureGrid(
            timeCount: timeCount, rowCount: rowCount, columnCount: columnCount,
            values: values.slice(axis: 0, 0..<timeCount * rowCount * columnCount))
    }

    /// The features averaged over a coarser grid; a count left out stays as it is.
    ///
    /// Formula: cell i of m covers cells ⌊i·n/m⌋ ..< ⌈(i+1)·n/m⌉ of n on each axis
    /// Source:  torch.nn.AdaptiveAvgPool2d
    /// Throws:  `ModelError` when a count is not in 1 ... the present one
    public func averaged(
        timeCount: Int? = nil, rowCount: Int? = nil, columnCount: Int? = nil
    ) throws -> FeatureGrid {
        let old = [self.timeCount, self.rowCount, self.columnCount]
        let new = [timeCount ?? old[0], rowCount ?? old[1], columnCount ?? old[2]]
        guard zip(new, old).allSatisfy({ $0 >= 1 && $0 <= $1 }) else {
            throw ModelError(
                .input, subject: "feature grid", detail: "can't average \(old) cells to \(new)",
                hint: "ask for no more cells than there are, e.g. a longer clip or fewer tokens")
        }
        if new == old { return self }
        var values = values.reshaped(old + [featureSize])
        for axis in old.indices where new[axis] != old[axis] {
            let cells = (0..<new[axis]).map { index -> Tensor in
                let start = index * old[axis] / new[axis]
                let end = ((index + 1) * old[axis] + new[axis] - 1) / new[axis]
                let mean = values.slice(axis: axis, start..<end).mean(axes: [axis])
                var shape = values.shape
                shape[axis] = 1
                return mean.reshaped(shape)
            }
            values = Tensor.concatenated(cells, axis: axis)
        }
        return FeatureGrid(
            timeCount: new[0], rowCount: new[1], columnCount: new[2],
            values: values.reshaped([new.reduce(1, *), featureSize]))
    }
}

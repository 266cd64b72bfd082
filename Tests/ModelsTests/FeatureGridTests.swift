import Models
import Tensors
import Testing

@Suite struct FeatureGridTests {
    /// Two times, two rows, three columns; the feature is the number of the cell.
    private static func grid() -> FeatureGrid {
        FeatureGrid(
            timeCount: 2, rowCount: 2, columnCount: 3,
            values: Tensor((0..<12).map(Float.init), shape: [12, 1]))
    }

    @Test func averagesOverTimeKeepSpace() throws {
        let pooled = try Self.grid().averaged(timeCount: 1)
        #expect(pooled.values.floats == [3, 4, 5, 6, 7, 8])
        #expect([pooled.timeCount, pooled.rowCount, pooled.columnCount] == [1, 2, 3])
    }

    @Test func averagesOverSpaceKeepTime() throws {
        let pooled = try Self.grid().averaged(rowCount: 1, columnCount: 1)
        #expect(pooled.values.floats == [2.5, 8.5])
    }

    @Test func unevenCellsOverlapAsTorchDoes() throws {
        let pooled = try Self.grid().averaged(columnCount: 2)
        #expect(pooled.values.floats == [0.5, 1.5, 3.5, 4.5, 6.5, 7.5, 9.5, 10.5])
    }

    @Test func moreCellsThanThereAreIsAnError() {
        #expect(throws: ModelError.self) { try Self.grid().averaged(timeCount: 3) }
        #expect(throws: ModelError.self) { try Self.grid().averaged(rowCount: 0) }
    }
}

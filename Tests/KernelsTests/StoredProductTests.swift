import Kernels
import Tensors
import TestKit
import Testing
import WeightFiles

/// Bytes in memory in a file's place.
private struct Bytes: StoredBytes {
    let content: [UInt8]

    var byteCount: Int { content.count }
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { content.withUnsafeBytes(body) }
    func release() {}
}

@Suite struct StoredProductTests {
    /// Float sums of some hundreds of products, relative to the sum of their sizes.
    private static let tolerance = 1e-6
    /// The same where x is rounded to integers up to 32,639 of its block's largest number.
    private static let roundedTolerance = 2e-5
    /// Types that a single row meets as integers.
    private static let roundedTypes = [StoredType.q4_0, .q4_1, .q8_0]

    private static let types: [StoredType] = [
        .q4_0, .q4_1, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q6_K, .float16, .bfloat16, .float32,
    ]

    /// Bytes that are a finite number in every type: halves and floats of small exponents.
    private static func bytes(_ type: StoredType, count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        var bytes: [UInt8] = []
        while bytes.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 40))
        }
        let halves: [Int] =
            switch type {
            case .q4_0, .q5_0, .q8_0, .float16: [0]
            case .q4_1, .q5_1, .q4_K: [0, 2]
            case .q2_K: [80, 82]
            case .q3_K: [108]
            case .q6_K: [208]
            default: []
            }
        for block in stride(from: 0, to: count, by: type.bytesPerBlock) {
            // Sign, exponent 9 or 10 of a half's 31, and what is there of the mantissa.
            for half in halves { bytes[block + half + 1] = bytes[block + half + 1] & 0x87 | 0x24 }
            if type == .bfloat16 { bytes[block + 1] = bytes[block + 1] & 0x80 | 0x3d }
            if type == .float32 { bytes[block + 3] = bytes[block + 3] & 0x80 | 0x3d }
        }
        return bytes
    }

    private static func matrix(
        _ type: StoredType, rows: Int, columns: Int, heads: Int = 0, seed: UInt64 = 1
    ) -> StoredMatrix {
        let count = rows * columns / type.valuesPerBlock * type.bytesPerBlock
        return StoredMatrix(
            Bytes(content: bytes(type, count: count, seed: seed)),
            layout: StoredLayout(
                kernelCode: type.kernelCode, valuesPerBlock: type.valuesPerBlock,
                bytesPerBlock: type.bytesPerBlock),
            rows: rows, columns: columns, interleavedHeadSize: heads)
    }

    private static func input(_ rows: Int, _ columns: Int) -> Scalars {
        Scalars(GradientCheck.fixedValues([rows, columns], seed: rows).floats)
    }

    /// The largest error of a product with the naive sum, relative to the sum of sizes.
    private static func error(
        _ x: Scalars, _ w: [Float], t: Int, inner: Int, outer: Int, isBack: Bool, start: Double,
        result: [Float]
    ) -> Double {
        let x = x.doubles
        var worst = 0.0
        for i in 0..<t {
            for j in 0..<outer {
                var (sum, size) = (start, abs(start))
                for k in 0..<inner {
                    let weight = Double(isBack ? w[k * outer + j] : w[j * inner + k])
                    sum += x[i * inner + k] * weight
                    size += abs(x[i * inner + k] * weight)
                }
                worst = max(worst, abs(Double(result[i * outer + j]) - sum) / size)
            }
        }
        return worst
    }

    @Test(arguments: types, [1, 2, 3, 4, 7, 16, 19])
    func productsEqualTheNaiveSum(type: StoredType, t: Int) {
        let (rows, columns) = (45, type.valuesPerBlock == 1 ? 83 : 2 * 256)
        let w = Self.matrix(type, rows: rows, columns: columns)
        let values = w.expanded().floats
        let x = Self.input(t, columns)
        let y = Scalars(repeating: 0.5, count: t * rows, type: .float32)
        MatrixProduct.multiply(
            Matrix(x, rows: t, columns: columns), .stored(w), transposingB: true,
            into: Matrix(y, rows: t, columns: rows), beta: 1)
        #expect(
            Self.error(
                x, values, t: t, inner: columns, outer: rows, isBack: false, start: 0.5,
                result: y.floats)
                < (t == 1 && Self.roundedTypes.contains(type)
                    ? Self.roundedTolerance : Self.tolerance))
        let dy = Self.input(t, rows)
        let dx = Scalars(repeating: 7, count: t * columns, type: .float32)
        MatrixProduct.multiply(
            Matrix(dy, rows: t, columns: rows), .stored(w),
            into: Matrix(dx, rows: t, columns: columns))
        #expect(
            Self.error(
                dy, values, t: t, inner: rows, outer: columns, isBack: true, start: 0,
                result: dx.floats) < Self.tolerance)
    }

    /// Each product errs by at most half a step of the block times the weight, and sums by as little as
    /// floats do; small and large blocks stand side by side.
    @Test(arguments: roundedTypes)
    func aSingleRowErrsByHalfAStepAtMost(type: StoredType) {
        let (rows, columns) = (46, 8 * 32)
        let w = Self.matrix(type, rows: rows, columns: columns)
        let values = w.expanded().doubles
        var x = GradientCheck.fixedValues([1, columns], seed: 4).floats
        for index in x.indices { x[index] *= [1e-3, 40, 0, 1, 1e-20, 7, 1e-35, 300][index / 32] }
        let y = Scalars(repeating: 0, count: rows, type: .float32)
        MatrixProduct.multiply(
            Matrix(Scalars(x), rows: 1, columns: columns), .stored(w), transposingB: true,
            into: Matrix(y, rows: 1, columns: rows))
        for row in 0..<rows {
            var (sum, allowed) = (0.0, 0.0)
            for block in 0..<columns / 32 {
                let places = block * 32..<(block + 1) * 32
                let greatest = places.map { Double(abs(x[$0])) }.max() ?? 0
                let halfStep = greatest < 1e-30 ? greatest : greatest / (2 * 32_639)
                for place in places {
                    let weight = values[row * columns + place]
                    sum += Double(x[place]) * weight
                    allowed += halfStep * abs(weight) + 1e-6 * abs(Double(x[place]) * weight)
                }
            }
            #expect(abs(y.doubles[row] - sum) <= allowed)
        }
    }

    @Test func aRowWithoutANumberGivesNone() {
        let w = Self.matrix(.q4_1, rows: 5, columns: 64)
        for bad in [Float.nan, .infinity] {
            var x = [Float](repeating: 1, count: 64)
            x[40] = bad
            let y = Scalars(repeating: 0, count: 5, type: .float32)
            MatrixProduct.multiply(
                Matrix(Scalars(x), rows: 1, columns: 64), .stored(w), transposingB: true,
                into: Matrix(y, rows: 1, columns: 5))
            #expect(y.floats.allSatisfy { !$0.isFinite })
        }
    }

    @Test(arguments: [1, 5, 8, 9])
    func weightsInMemoryGiveTheSameForFewRows(t: Int) {
        let (rows, columns) = (37, 50)
        let w = GradientCheck.fixedValues([rows, columns], seed: 5).floats
        let x = Self.input(t, columns)
        let y = Scalars(repeating: 0, count: t * rows, type: .float32)
        MatrixProduct.multiply(
            Matrix(x, rows: t, columns: columns),
            .plain(Matrix(Scalars(w), rows: rows, columns: columns)), transposingB: true,
            into: Matrix(y, rows: t, columns: rows))
        #expect(
            Self.error(
                x, w, t: t, inner: columns, outer: rows, isBack: false, start: 0,
                result: y.floats) < Self.tolerance)
    }

    /// Large enough for several tiles on several threads.
    @Test(arguments: [1, 40])
    func tilesOfManyRowsCoverTheMatrix(t: Int) {
        let (rows, columns) = (1_100, 1_056)
        let w = Self.matrix(.q4_1, rows: rows, columns: columns, seed: 3)
        let plain = Matrix(w.expanded(), rows: rows, columns: columns)
        let (x, dy) = (Self.input(t, columns), Self.input(t, rows))
        func products(_ weight: WeightMatrix) -> ([Float], [Float]) {
            let y = Scalars(repeating: 0, count: t * rows, type: .float32)
            let dx = Scalars(repeating: 0, count: t * columns, type: .float32)
            MatrixProduct.multiply(
                Matrix(x, rows: t, columns: columns), weight, transposingB: true,
                into: Matrix(y, rows: t, columns: rows))
            MatrixProduct.multiply(
                Matrix(dy, rows: t, columns: rows), weight,
                into: Matrix(dx, rows: t, columns: columns))
            return (y.floats, dx.floats)
        }
        let (stored, memory) = (products(.stored(w)), products(.plain(plain)))
        let scale = memory.0.map(abs).max() ?? 1
        let tolerance = t == 1 ? 1e-4 * scale : 1e-5 * scale
        for (a, b) in zip(stored.0, memory.0) { #expect(abs(a - b) < tolerance) }
        let backScale = memory.1.map(abs).max() ?? 1
        for (a, b) in zip(stored.1, memory.1) { #expect(abs(a - b) < 1e-5 * backScale) }
    }

    @Test func interleavedHeadsAreTakenApart() {
        let stored = Self.matrix(.q8_0, rows: 12, columns: 32)
        let apart = Self.matrix(.q8_0, rows: 12, columns: 32, heads: 6)
        let (plain, values) = (stored.expanded().floats, apart.expanded().floats)
        for head in 0..<2 {
            for j in 0..<3 {
                for (half, parity) in [(0, 0), (3, 1)] {
                    let row = (head * 6 + half + j) * 32
                    let source = (head * 6 + 2 * j + parity) * 32
                    #expect(values[row..<row + 32] == plain[source..<source + 32])
                }
            }
        }
    }

    @Test func joinedMatricesAreOneBelowTheOther() {
        let parts = [
            Self.matrix(.q4_0, rows: 5, columns: 64, seed: 1),
            Self.matrix(.float16, rows: 3, columns: 64, seed: 2),
            Self.matrix(.q4_1, rows: 8, columns: 64, heads: 4, seed: 3),
        ]
        let joined = StoredMatrix(joining: parts)
        let values = parts.flatMap { $0.expanded().floats }
        #expect(joined.expanded().floats == values)
        let some = joined.gathering([15, 0, 6]).floats
        for (index, row) in [15, 0, 6].enumerated() {
            #expect(
                some[index * 64..<(index + 1) * 64].elementsEqual(
                    values[row * 64..<(row + 1) * 64]))
        }
        let x = Self.input(2, 64)
        let y = Scalars(repeating: 0, count: 2 * 16, type: .float32)
        MatrixProduct.multiply(
            Matrix(x, rows: 2, columns: 64), .stored(joined), transposingB: true,
            into: Matrix(y, rows: 2, columns: 16))
        #expect(
            Self.error(
                x, values, t: 2, inner: 64, outer: 16, isBack: false, start: 0,
                result: y.floats) < Self.tolerance)
    }

    /// Also by integers, which a single row meets, and with heads that are stored interleaved.
    @Test(arguments: [1, 3, 17])
    func productsWithJoinedMatricesGoPartByPart(t: Int) {
        let joined = StoredMatrix(joining: [
            Self.matrix(.q4_0, rows: 5, columns: 64, seed: 1),
            Self.matrix(.q8_0, rows: 24, columns: 64, heads: 6, seed: 2),
            Self.matrix(.q4_1, rows: 8, columns: 64, heads: 4, seed: 3),
        ])
        let x = Self.input(t, 64)
        let y = Scalars(repeating: 0, count: t * 37, type: .float32)
        MatrixProduct.multiply(
            Matrix(x, rows: t, columns: 64), .stored(joined), transposingB: true,
            into: Matrix(y, rows: t, columns: 37))
        #expect(
            Self.error(
                x, joined.expanded().floats, t: t, inner: 64, outer: 37, isBack: false, start: 0,
                result: y.floats) < (t == 1 ? Self.roundedTolerance : Self.tolerance))
    }

    @Test func rowsThatAreNoWholeBlocksTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = StoredMatrix(
                Bytes(content: [UInt8](repeating: 0, count: 18)),
                layout: StoredLayout(kernelCode: 9, valuesPerBlock: 32, bytesPerBlock: 18),
                rows: 1, columns: 33)
        }
    }
}

import Foundation
package import Tensors

/// How far apart two models' scores of the same tokens are.
///
/// A number that is added to all scores of a row changes no probability, so it is set aside; what a coarse
/// type loses is to a large part such a number.
///
/// Formula: for a row with scores p and q, d = (q − mean q) − (p − mean p) and
/// KL(p‖q) = Σ π (log π − log ρ) with π = softmax(p), ρ = softmax(q)
package struct ScoreDifference: Sendable, Equatable {
    /// The largest |d|; infinite where a score is no number.
    package private(set) var maximum = 0.0
    /// The root of the mean of d² over all scores; infinite where one is no number.
    package private(set) var rootMeanSquare = 0.0
    /// The mean of the rows' KL, in nats; infinite where a score is no number.
    package private(set) var divergence = 0.0
    /// The share of rows with the same likeliest token.
    package private(set) var sameTopToken = 0.0

    private typealias Row = Slice<UnsafeBufferPointer<Float>>

    /// Compares some rows of scores.
    ///
    /// Shapes: [t, v] each
    package init(_ first: Tensor, _ second: Tensor, rows: Range<Int>) {
        let width = first.shape[1]
        first.withFloats { first in
            second.withFloats { second in
                for row in rows {
                    let place = row * width..<(row + 1) * width
                    add(first[place], second[place], width)
                }
            }
        }
        let count = Double(max(1, rows.count))
        rootMeanSquare = Self.orInfinity((rootMeanSquare / (count * Double(width))).squareRoot())
        divergence = Self.orInfinity(divergence / count)
        sameTopToken /= count
    }

    /// The standard deviation of scores within a row: the root of the mean, over rows, of their variance.
    ///
    /// Shapes: [t, v]
    package static func deviation(of scores: Tensor) -> Double {
        let (rows, width) = (scores.shape[0], scores.shape[1])
        let squares = scores.withFloats { values in
            (0..<rows).reduce(0.0) { sum, row in
                let own = values[row * width..<(row + 1) * width]
                let mean = Self.mean(own)
                return own.reduce(sum) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            }
        }
        return (squares / Double(max(1, rows * width))).squareRoot()
    }

    private mutating func add(_ p: Row, _ q: Row, _ width: Int) {
        let shift = Self.mean(q) - Self.mean(p)
        for (x, y) in zip(p, q) {
            let difference = abs(Double(y) - Double(x) - shift)
            maximum = difference.isNaN ? .infinity : max(maximum, difference)
            rootMeanSquare += difference * difference
        }
        let (zp, zq) = (Self.normaliser(p), Self.normaliser(q))
        divergence += zip(p, q).reduce(0.0) { sum, pair in
            let x = Double(pair.0) - zp
            return sum + exp(x) * (x - (Double(pair.1) - zq))
        }
        sameTopToken += Self.top(p) == Self.top(q) ? 1 : 0
    }

    /// A comparison with something that is no number is the largest there is.
    private static func orInfinity(_ value: Double) -> Double { value.isNaN ? .infinity : value }

    private static func mean(_ scores: Row) -> Double {
        scores.reduce(0.0) { $0 + Double($1) } / Double(max(1, scores.count))
    }

    private static func normaliser(_ scores: Row) -> Double {
        let peak = Double(scores.max() ?? 0)
        return peak + log(scores.reduce(0.0) { $0 + exp(Double($1) - peak) })
    }

    private static func top(_ scores: Row) -> Int {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best - scores.startIndex
    }
}

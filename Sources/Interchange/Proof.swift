import Foundation
import Tensors

/// How far an export was found to be from its checkpoint when it was read back.
public struct Proof: Codable, Sendable, Equatable {
    /// The comparison on one probe.
    public struct Entry: Codable, Sendable, Equatable {
        /// What the probe is about.
        public let probe: String
        /// Tokens, places of media included.
        public let tokens: Int
        /// The largest difference of a score.
        public let maximumLogitDifference: Double
        /// The root mean square of the differences.
        public let rootMeanSquareDifference: Double
        /// The mean Kullback–Leibler divergence of the next token's distribution, in nats.
        public let meanDivergence: Double
        /// The share of rows with the same likeliest token.
        public let sameTopToken: Double
    }

    /// What was compared.
    public let export: String
    /// How weights are stored.
    public let weights: String
    /// The comparison on every probe.
    public let probes: [Entry]
    /// The standard deviation of the checkpoint's scores.
    public let logitDeviation: Double
    /// The largest difference of a score on any probe.
    public let maximumLogitDifference: Double
    /// The largest root mean square of the differences on any probe.
    public let rootMeanSquareDifference: Double
    /// The largest mean divergence of any probe, in nats.
    public let divergence: Double
    /// The largest difference allowed.
    public let allowedLogitDifference: Double
    /// The largest root mean square allowed.
    public let allowedRootMeanSquare: Double
    /// The largest divergence allowed, in nats.
    public let allowedDivergence: Double
    /// Why so much is allowed.
    public let reason: String
    /// Whether all is within what is allowed.
    public let passed: Bool

    /// Compares scores, [t, v] each.
    ///
    /// Formula: KL(p‖q) = Σ p (log p − log q), p the checkpoint's and q the export's distribution
    init(
        export: String, weights: String, probes: [Probe], ranges: [Range<Int>],
        checkpoint: Tensor, export other: Tensor, tolerance: ProofTolerance
    ) {
        let width = checkpoint.shape[1]
        let spread = checkpoint.withFloats { Self.deviation($0, width: width) }
        let entries = checkpoint.withFloats { first in
            other.withFloats { second in
                zip(probes, ranges).map { probe, range in
                    Self.entry(
                        probe.name, first[(range.lowerBound * width)..<(range.upperBound * width)],
                        second[(range.lowerBound * width)..<(range.upperBound * width)], width)
                }
            }
        }
        self.export = export
        self.weights = weights
        self.probes = entries
        logitDeviation = spread
        // A comparison with something that is no number is the largest there is.
        maximumLogitDifference = entries.map(\.maximumLogitDifference).reduce(0) {
            $1 > $0 ? $1 : $0
        }
        rootMeanSquareDifference =
            entries.map(\.rootMeanSquareDifference).reduce(0) { $1 > $0 ? $1 : $0 }
        divergence = entries.map(\.meanDivergence).reduce(0) { $1 > $0 ? $1 : $0 }
        allowedLogitDifference = tolerance.difference * spread
        allowedRootMeanSquare = tolerance.rootMeanSquare * spread
        allowedDivergence = tolerance.divergence
        reason = tolerance.reason
        passed =
            maximumLogitDifference <= allowedLogitDifference
            && rootMeanSquareDifference <= allowedRootMeanSquare && divergence <= allowedDivergence
    }

    /// The root of the mean, over rows, of the scores' variance within a row.
    private static func deviation(_ values: UnsafeBufferPointer<Float>, width: Int) -> Double {
        let rows = values.count / max(1, width)
        var sum = 0.0
        for row in 0..<rows {
            let scores = values[(row * width)..<((row + 1) * width)]
            let mean = scores.reduce(0.0) { $0 + Double($1) } / Double(width)
            sum += scores.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        }
        return (sum / Double(max(1, rows * width))).squareRoot()
    }

    private static func entry(
        _ name: String, _ first: Slice<UnsafeBufferPointer<Float>>,
        _ second: Slice<UnsafeBufferPointer<Float>>, _ width: Int
    ) -> Entry {
        let rows = first.count / max(1, width)
        var (greatest, squares, divergence, sameCount) = (0.0, 0.0, 0.0, 0)
        for row in 0..<rows {
            let p = first[(first.startIndex + row * width)..<(first.startIndex + (row + 1) * width)]
            let q = second[
                (second.startIndex + row * width)..<(second.startIndex + (row + 1) * width)]
            for (x, y) in zip(p, q) {
                let difference = abs(Double(x) - Double(y))
                greatest = difference.isNaN ? .infinity : max(greatest, difference)
                squares += difference * difference
            }
            divergence += Self.divergence(p, q)
            sameCount += Self.top(p) == Self.top(q) ? 1 : 0
        }
        let mean = divergence / Double(max(1, rows))
        let deviation = (squares / Double(max(1, rows * width))).squareRoot()
        return Entry(
            probe: name, tokens: rows, maximumLogitDifference: greatest,
            rootMeanSquareDifference: deviation.isNaN ? .infinity : deviation,
            meanDivergence: mean.isNaN ? .infinity : mean,
            sameTopToken: Double(sameCount) / Double(max(1, rows)))
    }

    private static func divergence(
        _ p: Slice<UnsafeBufferPointer<Float>>, _ q: Slice<UnsafeBufferPointer<Float>>
    ) -> Double {
        func normaliser(_ scores: Slice<UnsafeBufferPointer<Float>>) -> Double {
            let peak = Double(scores.max() ?? 0)
            return peak + log(scores.reduce(0.0) { $0 + exp(Double($1) - peak) })
        }
        let (zp, zq) = (normaliser(p), normaliser(q))
        return zip(p, q).reduce(0.0) { sum, pair in
            let x = Double(pair.0) - zp
            return sum + exp(x) * (x - (Double(pair.1) - zq))
        }
    }

    private static func top(_ scores: Slice<UnsafeBufferPointer<Float>>) -> Int {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best - scores.startIndex
    }
}

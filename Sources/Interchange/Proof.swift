import Tensors
import WeightFiles

/// How far an export was found to be from its checkpoint when it was read back.
///
/// Two things are told apart: what a type of weights costs, measured against the checkpoint as it was
/// trained, and what nothing explains, measured against the checkpoint with its weights rounded in memory as
/// the type rounds them. The second is a mistake, however much the first is allowed to be: a tensor lost,
/// rows in another order, an adapter left out or scaled otherwise.
///
/// Differences of scores are taken after each row's mean; see `ScoreDifference`.
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
    /// The largest difference of a score from the checkpoint with its weights rounded as the export's
    /// are; where nothing is rounded, that from the checkpoint.
    public let unexplainedLogitDifference: Double
    /// The largest difference allowed.
    public let allowedLogitDifference: Double
    /// The largest root mean square allowed.
    public let allowedRootMeanSquare: Double
    /// The largest divergence allowed, in nats.
    public let allowedDivergence: Double
    /// The largest difference allowed from the checkpoint with rounded weights.
    public let allowedUnexplainedDifference: Double
    /// Why so much is allowed.
    public let reason: String

    /// Compares an export's scores with those of the checkpoint, and with those of the checkpoint whose
    /// weights are rounded as the export's are.
    ///
    /// Shapes: [t, v] each
    init(
        export: String, type: StoredType, probes: [Probe], ranges: [Range<Int>],
        checkpoint: Tensor, rounded: Tensor, export other: Tensor
    ) {
        let entries = zip(probes, ranges).map { probe, range in
            Entry(probe.name, range.count, ScoreDifference(checkpoint, other, rows: range))
        }
        let deviation = ScoreDifference.deviation(of: checkpoint)
        let tolerance = ProofTolerance.of(type)
        self.export = export
        weights = type.rawValue
        self.probes = entries
        logitDeviation = deviation
        maximumLogitDifference = entries.map(\.maximumLogitDifference).max() ?? 0
        rootMeanSquareDifference = entries.map(\.rootMeanSquareDifference).max() ?? 0
        divergence = entries.map(\.meanDivergence).max() ?? 0
        unexplainedLogitDifference =
            ScoreDifference(rounded, other, rows: 0..<other.shape[0]).maximum
        allowedLogitDifference = tolerance.difference * deviation
        allowedRootMeanSquare = tolerance.rootMeanSquare * deviation
        allowedDivergence = tolerance.divergence
        allowedUnexplainedDifference = ProofTolerance.ofSums.difference * deviation
        reason = tolerance.reason
    }

    /// Whether the export computes what its weights, rounded as its type rounds them, are to compute.
    public var isFaithful: Bool { unexplainedLogitDifference <= allowedUnexplainedDifference }

    /// Whether all is within what is allowed.
    public var passed: Bool {
        isFaithful && maximumLogitDifference <= allowedLogitDifference
            && rootMeanSquareDifference <= allowedRootMeanSquare && divergence <= allowedDivergence
    }
}

extension Proof.Entry {
    fileprivate init(_ probe: String, _ tokens: Int, _ difference: ScoreDifference) {
        self.init(
            probe: probe, tokens: tokens, maximumLogitDifference: difference.maximum,
            rootMeanSquareDifference: difference.rootMeanSquare,
            meanDivergence: difference.divergence, sameTopToken: difference.sameTopToken)
    }
}

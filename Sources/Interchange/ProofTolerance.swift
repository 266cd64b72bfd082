public import WeightFiles

/// How far an export may be from its checkpoint.
///
/// Differences of scores are taken in units of the scores' own standard deviation, because models differ
/// in how far apart their scores lie. A tensor lost or rows in another order make the scores those of
/// another model, whose root mean square difference is about √2 of these units.
public struct ProofTolerance: Sendable, Equatable {
    /// The largest difference of a score, in standard deviations of the scores.
    public let difference: Double
    /// The root mean square of the differences, in the same units.
    public let rootMeanSquare: Double
    /// The mean Kullback–Leibler divergence of the next token's distribution, in nats.
    public let divergence: Double
    /// Why it is that large.
    public let reason: String

    /// The tolerance for weights stored as a type.
    public static func of(_ type: StoredType) -> ProofTolerance {
        switch type {
        case .float16:
            ProofTolerance(
                difference: 0.1, rootMeanSquare: 0.01, divergence: 1e-3,
                reason: "weights are rounded to 11 bits")
        case .bfloat16:
            ProofTolerance(
                difference: 1, rootMeanSquare: 0.1, divergence: 2e-2,
                reason: "weights are rounded to 8 bits")
        case .q8_0:
            ProofTolerance(
                difference: 2, rootMeanSquare: 0.2, divergence: 5e-2,
                reason: "32 weights share a scale of 8 bits")
        case .q4_0, .q4_1:
            ProofTolerance(
                difference: 12, rootMeanSquare: 1, divergence: 1,
                reason: "32 weights share a scale of 4 bits, which costs a small model much")
        default:
            ProofTolerance(
                difference: 1e-3, rootMeanSquare: 1e-4, divergence: 1e-6,
                reason: "float32 throughout; sums are taken in another order")
        }
    }
}

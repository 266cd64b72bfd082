import WeightFiles

/// How far an export may be from its checkpoint.
///
/// Differences of scores are taken in units of the scores' own standard deviation, both without the mean of
/// their row, because models differ in how far apart their scores lie. The scores of two models that have
/// nothing to do with each other differ by √2 of these units in the root mean square.
struct ProofTolerance {
    /// The largest difference of a score, in standard deviations of the scores.
    let difference: Double
    /// The root mean square of the differences, in the same units.
    let rootMeanSquare: Double
    /// The mean Kullback–Leibler divergence of the next token's distribution, in nats.
    let divergence: Double
    /// Why it is that large.
    let reason: String

    /// What remains where both sides compute with the same weights.
    static var ofSums: ProofTolerance {
        ProofTolerance(
            difference: 1e-3, rootMeanSquare: 1e-4, divergence: 1e-6,
            reason: "float32 throughout; sums are taken in another order")
    }

    /// What weights stored as a type may cost.
    static func of(_ type: StoredType) -> ProofTolerance {
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
        default: ofSums
        }
    }
}

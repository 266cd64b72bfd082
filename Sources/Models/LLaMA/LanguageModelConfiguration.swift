import Foundation

/// How rotary positions are stretched beyond the length a model was first trained on.
public enum RotaryScaling: Sendable, Equatable {
    /// Not at all.
    case none
    /// Every frequency is divided by a factor.
    ///
    /// Source: Chen et al. 2023 (arXiv:2306.15595)
    case linear(factor: Double)
    /// Low frequencies are divided, high ones kept, those between blended.
    ///
    /// Source: Llama 3.1; transformers' `_compute_llama3_parameters`
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
        originalPositionCount: Int)
    /// Each frequency is divided by its own factor, as GGUF's `rope_freqs.weight` lists them.
    case divisors([Double])
}

/// Which of the decoders that are alike a language model is; the raw value is what Hugging Face's
/// config.json and GGUF files call it.
public enum LanguageModelFamily: String, Sendable, CaseIterable {
    /// LLaMA 1 to 3, Vicuna, TinyLlama, SmolLM2.
    case llama
    /// Qwen2 and Qwen2.5: q, k and v have biases, the attention's output has none.
    ///
    /// Source: Yang et al. 2024 (arXiv:2407.10671)
    case qwen2
}

/// The sizes and constants of a language model of the LLaMA family.
///
/// Source: Touvron et al. 2023 (arXiv:2302.13971); transformers' LlamaConfig and Qwen2Config
public struct LanguageModelConfiguration: Sendable, Equatable {
    /// Which decoder it is.
    public var family: LanguageModelFamily
    /// The number of tokens.
    public var vocabularyCount: Int
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// The width inside the feed-forward part.
    public var feedForwardSize: Int
    /// The number of decoder layers.
    public var layerCount: Int
    /// The number of query heads.
    public var queryHeadCount: Int
    /// The number of key and value heads, a divisor of the query heads.
    public var keyValueHeadCount: Int
    /// The width of one head.
    public var headSize: Int
    /// The constant of the RMS norms.
    public var normEpsilon: Double
    /// The base of the rotary frequencies.
    public var rotaryBase: Double
    /// How rotary positions are stretched.
    public var rotaryScaling: RotaryScaling
    /// The longest sequence the model was made for.
    public var positionCount: Int
    /// Whether the output projection is the embedding table.
    public var isTied: Bool
    /// Whether q, k and v have biases.
    public var hasAttentionBias: Bool
    /// Whether the feed-forward's linear maps have biases.
    public var hasFeedForwardBias: Bool

    /// Takes all sizes.
    ///
    /// Throws: `ModelError` listing every field out of range
    public init(
        family: LanguageModelFamily = .llama, vocabularyCount: Int, hiddenSize: Int,
        feedForwardSize: Int, layerCount: Int,
        queryHeadCount: Int, keyValueHeadCount: Int, headSize: Int, normEpsilon: Double,
        rotaryBase: Double, rotaryScaling: RotaryScaling = .none, positionCount: Int,
        isTied: Bool, hasAttentionBias: Bool = false, hasFeedForwardBias: Bool = false
    ) throws {
        self.family = family
        self.vocabularyCount = vocabularyCount
        self.hiddenSize = hiddenSize
        self.feedForwardSize = feedForwardSize
        self.layerCount = layerCount
        self.queryHeadCount = queryHeadCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.normEpsilon = normEpsilon
        self.rotaryBase = rotaryBase
        self.rotaryScaling = rotaryScaling
        self.positionCount = positionCount
        self.isTied = isTied
        self.hasAttentionBias = hasAttentionBias
        self.hasFeedForwardBias = hasFeedForwardBias
        try validate()
    }

    /// Whether the attention's output has a bias.
    public var hasAttentionOutputBias: Bool { family == .llama && hasAttentionBias }

    /// Whether llama.cpp's files interleave the rows of q and k in each head.
    ///
    /// Source: llama.cpp's conversion of LLaMA, which alone needs it for its rotary operation
    public var interleavesRotaryRows: Bool { family == .llama }

    /// Checks that the sizes are possible and belong together.
    ///
    /// Throws: `ModelError` listing every field out of range
    public func validate() throws {
        let sizes: [(String, Int, Int)] = [
            ("vocabulary size", vocabularyCount, 1 << 24), ("hidden size", hiddenSize, 1 << 17),
            ("feed-forward size", feedForwardSize, 1 << 19), ("layers", layerCount, 1 << 10),
            ("attention heads", queryHeadCount, 1 << 12),
            ("key/value heads", keyValueHeadCount, 1 << 12), ("head size", headSize, 1 << 12),
            ("positions", positionCount, 1 << 28),
        ]
        var problems = sizes.filter { $0.1 < 1 || $0.1 > $0.2 }.map {
            "\($0.0) \($0.1) is outside of 1...\($0.2)"
        }
        if problems.isEmpty, !queryHeadCount.isMultiple(of: keyValueHeadCount) {
            problems.append(
                "\(keyValueHeadCount) key/value heads don't divide \(queryHeadCount) heads")
        }
        if !headSize.isMultiple(of: 2) {
            problems.append("head size \(headSize) is odd, so it can't be rotated")
        }
        if !(normEpsilon > 0 && normEpsilon < 1) {
            problems.append("norm epsilon \(normEpsilon) is outside of 0..<1")
        }
        if !(rotaryBase > 1 && rotaryBase.isFinite) {
            problems.append("rotary base \(rotaryBase) is not above 1")
        }
        problems += rotaryScalingProblems
        guard problems.isEmpty else {
            throw ModelError(
                .configuration, subject: "language model",
                detail: problems.joined(separator: ", "),
                hint: "check the model's configuration")
        }
    }

    private var rotaryScalingProblems: [String] {
        switch rotaryScaling {
        case .none:
            return []
        case .linear(let factor):
            return factor > 0 && factor.isFinite ? [] : ["rotary factor \(factor) is not positive"]
        case .llama3(let factor, let low, let high, let count):
            let fits = factor > 0 && factor.isFinite && low > 0 && high > low && count > 0
            return fits
                ? [] : ["rotary scaling factors \(factor), \(low), \(high), \(count) don't fit"]
        case .divisors(let divisors):
            return divisors.count == headSize / 2 && divisors.allSatisfy { $0 > 0 && $0.isFinite }
                ? [] : ["\(divisors.count) rotary divisors don't fit head size \(headSize)"]
        }
    }

    /// The angle by which each pair of a head turns from one position to the next, [head size / 2].
    ///
    /// Formula: ωᵢ = base^(-2i/d), then scaled; for llama3 with wavelength λ = 2π/ω and original length n:
    ///          ω/f when λ > n/low, ω when λ < n/high, else (1-s)·ω/f + s·ω, s = (n/λ - low) / (high - low)
    /// Source:  Su et al. 2021 (arXiv:2104.09864); transformers' ROPE_INIT_FUNCTIONS
    public var rotaryFrequencies: [Double] {
        let frequencies = (0..<(headSize / 2)).map { index -> Double in
            // In Float, power first and then its inverse, as transformers computes them.
            Double(1 / Float(pow(rotaryBase, 2 * Double(index) / Double(headSize))))
        }
        switch rotaryScaling {
        case .none:
            return frequencies
        case .linear(let factor):
            return frequencies.map { $0 / factor }
        case .divisors(let divisors):
            return zip(frequencies, divisors).map { $0 / $1 }
        case .llama3(let factor, let low, let high, let count):
            return frequencies.map { frequency -> Double in
                let turns = Double(count) * frequency / (2 * Double.pi)
                if turns < low { return frequency / factor }
                if turns > high { return frequency }
                let share = (turns - low) / (high - low)
                return (1 - share) * frequency / factor + share * frequency
            }
        }
    }
}

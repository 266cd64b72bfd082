public import WeightFiles

extension LanguageModelConfiguration {
    /// The fields of Hugging Face's config.json, in the spelling that transformers 4 and 5 read.
    ///
    /// Source: transformers' LlamaConfig and Qwen2Config
    /// Throws: `ModelError` for rotary divisors that no rule of transformers gives
    public func huggingFaceFields() throws -> [String: Any] {
        var fields: [String: Any] = [
            "model_type": family.rawValue, "hidden_act": "silu",
            "vocab_size": vocabularyCount, "hidden_size": hiddenSize,
            "intermediate_size": feedForwardSize, "num_hidden_layers": layerCount,
            "num_attention_heads": queryHeadCount, "num_key_value_heads": keyValueHeadCount,
            "rms_norm_eps": Self.shortest(normEpsilon),
            "max_position_embeddings": positionCount, "tie_word_embeddings": isTied,
            "rope_theta": Self.shortest(rotaryBase), "use_cache": true,
        ]
        switch family {
        case .llama:
            fields["architectures"] = ["LlamaForCausalLM"]
            fields["head_dim"] = headSize
            fields["attention_bias"] = hasAttentionBias
            fields["mlp_bias"] = hasFeedForwardBias
        case .qwen2:
            fields["architectures"] = ["Qwen2ForCausalLM"]
            fields["use_sliding_window"] = false
        }
        switch rotaryScaling {
        case .none: break
        case .linear(let factor):
            fields["rope_scaling"] = ["rope_type": "linear", "factor": factor]
        case .llama3(let factor, let low, let high, let count):
            fields["rope_scaling"] = Self.llama3Fields(factor, low, high, count)
        case .divisors:
            guard case .llama3(let factor, let low, let high, let count)? = recognisedScaling else {
                throw ModelError(
                    .configuration, subject: "rotary divisors",
                    detail: "are those of no rule that config.json can name",
                    hint: "export gguf, which keeps them")
            }
            fields["rope_scaling"] = Self.llama3Fields(factor, low, high, count)
        }
        return fields
    }

    private static func llama3Fields(
        _ factor: Double, _ low: Double, _ high: Double, _ count: Int
    ) -> [String: Any] {
        [
            "rope_type": "llama3", "factor": factor, "low_freq_factor": low,
            "high_freq_factor": high, "original_max_position_embeddings": count,
        ]
    }

    /// Llama 3's rule, when it gives these divisors; its other constants are the same in all releases.
    private var recognisedScaling: RotaryScaling? {
        guard case .divisors(let divisors) = rotaryScaling, let factor = divisors.max() else {
            return nil
        }
        let scaling = RotaryScaling.llama3(
            factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4,
            originalPositionCount: 8_192)
        var copy = self
        copy.rotaryScaling = scaling
        let fits = zip(copy.rotaryFrequencies, rotaryFrequencies).allSatisfy { rule, own in
            abs(rule - own) <= 1e-5 * own
        }
        return fits ? scaling : nil
    }

    /// A number that was a Float in a file, with the digits that it was written with.
    private static func shortest(_ value: Double) -> Double {
        guard Double(Float(value)) == value else { return value }
        return Double("\(Float(value))") ?? value
    }

    /// By how much each rotary frequency is divided, for GGUF's `rope_freqs.weight`; nil when all are
    /// divided alike.
    public var rotaryDivisors: [Float]? {
        switch rotaryScaling {
        case .none, .linear: return nil
        case .divisors(let divisors): return divisors.map { Float($0) }
        case .llama3:
            var plain = self
            plain.rotaryScaling = .none
            return zip(plain.rotaryFrequencies, rotaryFrequencies).map { Float($0 / $1) }
        }
    }

    /// The metadata of a GGUF file about sizes and constants.
    ///
    /// Source: llama.cpp's gguf-py constants
    public var ggufMetadata: [(key: String, value: GGUFValue)] {
        let name = family.rawValue
        var result: [(key: String, value: GGUFValue)] = [
            ("\(name).block_count", .integer(layerCount)),
            ("\(name).context_length", .integer(positionCount)),
            ("\(name).embedding_length", .integer(hiddenSize)),
            ("\(name).feed_forward_length", .integer(feedForwardSize)),
            ("\(name).attention.head_count", .integer(queryHeadCount)),
            ("\(name).attention.head_count_kv", .integer(keyValueHeadCount)),
            ("\(name).attention.key_length", .integer(headSize)),
            ("\(name).attention.value_length", .integer(headSize)),
            ("\(name).attention.layer_norm_rms_epsilon", .float(Double(Float(normEpsilon)))),
            ("\(name).rope.freq_base", .float(Double(Float(rotaryBase)))),
            ("\(name).rope.dimension_count", .integer(headSize)),
            ("\(name).vocab_size", .integer(vocabularyCount)),
        ]
        if case .linear(let factor) = rotaryScaling {
            result.append(("\(name).rope.scaling.type", .string("linear")))
            result.append(("\(name).rope.scaling.factor", .float(Double(Float(factor)))))
        }
        return result
    }
}

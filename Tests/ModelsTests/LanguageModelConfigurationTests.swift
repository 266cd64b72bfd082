import Foundation
import Models
import Testing

@Suite struct LanguageModelConfigurationTests {
    private static let sizes = """
        "model_type": "llama", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96,
        "num_hidden_layers": 2, "num_attention_heads": 4
        """

    private static func read(_ extra: String) throws -> LanguageModelConfiguration {
        let text = extra.isEmpty ? "{\(sizes)}" : "{\(sizes), \(extra)}"
        return try LanguageModelConfiguration(huggingFaceJSON: Data(text.utf8))
    }

    @Test func absentFieldsTakeTransformersDefaults() throws {
        let configuration = try Self.read("")
        #expect(configuration.keyValueHeadCount == 4)
        #expect(configuration.headSize == 16)
        #expect(configuration.normEpsilon == 1e-6)
        #expect(configuration.rotaryBase == 10_000)
        #expect(configuration.rotaryScaling == .none)
        #expect(!configuration.isTied)
    }

    @Test func bothSpellingsOfTheRotaryKeysAreRead() throws {
        let scaling = """
            "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
            "original_max_position_embeddings": 64
            """
        let old = try Self.read("\"rope_theta\": 500000, \"rope_scaling\": {\(scaling)}")
        let new = try Self.read("\"rope_parameters\": {\"rope_theta\": 500000, \(scaling)}")
        #expect(old == new)
        #expect(old.rotaryBase == 500_000)
        let linear = try Self.read("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}")
        #expect(linear.rotaryScaling == .linear(factor: 2))
        #expect(linear.rotaryFrequencies[0] == 0.5)
    }

    @Test func qwen2HasBiasesOfItsOwn() throws {
        let sizes = Self.sizes.replacing("llama", with: "qwen2")
        func read(_ extra: String) throws -> LanguageModelConfiguration {
            try LanguageModelConfiguration(huggingFaceJSON: Data("{\(sizes), \(extra)}".utf8))
        }
        let old = try read(
            """
            "rope_theta": 1000000.0, "sliding_window": 32768, "use_sliding_window": false,
            "max_window_layers": 21, "tie_word_embeddings": true, "torch_dtype": "bfloat16"
            """)
        let new = try read(
            """
            "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
            "layer_types": ["full_attention", "full_attention"], "tie_word_embeddings": true
            """)
        #expect(old == new)
        #expect(old.family == .qwen2 && old.isTied && old.rotaryBase == 1_000_000)
        #expect(old.hasAttentionBias && !old.hasAttentionOutputBias && !old.hasFeedForwardBias)
        let biases = old.parameterShapes.map(\.path).filter { $0.hasSuffix(".bias") }
        #expect(biases.count == 6)
        for extra in [
            "\"use_sliding_window\": true",
            "\"layer_types\": [\"full_attention\", \"sliding_attention\"]",
        ] {
            let error = #expect(throws: ModelError.self) { try read(extra) }
            #expect(error?.detail.hasSuffix("expected full attention in every layer") == true)
        }
    }

    @Test func problemsNameTheField() {
        func detail(_ json: String) -> String? {
            #expect(throws: ModelError.self) {
                try LanguageModelConfiguration(huggingFaceJSON: Data(json.utf8))
            }?.detail
        }
        #expect(detail("[]") == "is no JSON object")
        #expect(detail("{\"model_type\": ") == "is no valid JSON")
        #expect(detail(#"{"vocab_size": "many"}"#) == "vocab_size is no Int")
        #expect(
            detail(#"{"model_type": "gpt2"}"#) == "model_type 'gpt2'; expected 'llama' or 'qwen2'")
        #expect(
            detail(#"{"model_type": "llama", "hidden_size": 64, "vocab_size": 9}"#)
                == "lacks num_attention_heads, intermediate_size, num_hidden_layers")
        #expect(
            detail("{\(Self.sizes), \"rope_scaling\": {\"rope_type\": \"yarn\"}}")
                == "rotary scaling 'yarn'; expected default, linear or llama3")
        #expect(
            detail("{\(Self.sizes), \"rope_scaling\": {\"rope_type\": \"linear\"}}")
                == "the rotary scaling lacks factor")
        #expect(
            detail("{\(Self.sizes), \"num_key_value_heads\": 3, \"head_dim\": 5}")
                == "3 key/value heads don't divide 4 heads, "
                + "head size 5 is odd, so it can't be rotated")
        #expect(
            detail("{\(Self.sizes), \"max_position_embeddings\": 0}")
                == "positions 0 is outside of 1...268435456")
        #expect(detail("{\(Self.sizes), \"hidden_act\": \"gelu\"}")?.contains("silu") == true)
    }

    @Test func everyFrequencyHasItsOwnDivisor() throws {
        var configuration = try Self.read("")
        let plain = configuration.rotaryFrequencies
        configuration.rotaryScaling = .divisors([1, 2, 4, 8, 1, 1, 1, 1])
        #expect(configuration.rotaryFrequencies[3] == plain[3] / 8)
        try configuration.validate()
        configuration.rotaryScaling = .divisors([1])
        #expect(throws: ModelError.self) { try configuration.validate() }
    }
}

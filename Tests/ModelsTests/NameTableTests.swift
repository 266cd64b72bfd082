import Models
import Testing

@Suite struct NameTableTests {
    private static func language() throws -> LanguageModelConfiguration {
        try LanguageModelConfiguration(
            vocabularyCount: 128, hiddenSize: 64, feedForwardSize: 112, layerCount: 2,
            queryHeadCount: 4, keyValueHeadCount: 2, headSize: 16, normEpsilon: 1e-5,
            rotaryBase: 10_000, positionCount: 256, isTied: false)
    }

    private static func whisper() throws -> WhisperConfiguration {
        try WhisperConfiguration(
            hiddenSize: 384, feedForwardSize: 1536, layerCount: 4, headCount: 6, bandCount: 80,
            positionCount: 1500)
    }

    private static let languagePaths =
        ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
        + [
            "input_layernorm.weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight",
            "self_attn.v_proj.weight", "self_attn.o_proj.weight", "self_attn.q_proj.bias",
            "post_attention_layernorm.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight",
            "mlp.down_proj.weight",
        ].map { "model.layers.11.\($0)" }

    @Test(arguments: languagePaths)
    func ggufNamesInvert(path: String) throws {
        let names = LanguageModelGGUFNames(try Self.language())
        let location = try #require(names.location(of: path))
        #expect(names.paths(of: location.name) == [path])
    }

    @Test func onlyQueriesAndKeysAreInterleaved() throws {
        let names = LanguageModelGGUFNames(try Self.language())
        let counts = Self.languagePaths.map { names.location(of: $0)?.interleavedHeadCount }
        let interleaved = zip(Self.languagePaths, counts).filter { $0.1 != nil }
        #expect(interleaved.map(\.1) == [4, 2, 4])
        #expect(names.location(of: "model.layers.0.self_attn.q_proj.lora_A.weight") == nil)
        #expect(names.location(of: "model.layers.x.mlp.up_proj.weight") == nil)
    }

    @Test func qwen2sRowsAreNotInterleaved() throws {
        var configuration = try Self.language()
        configuration.family = .qwen2
        let names = LanguageModelGGUFNames(configuration)
        for path in Self.languagePaths {
            let location = try #require(names.location(of: path))
            #expect(location.interleavedHeadCount == nil)
            #expect(names.paths(of: location.name) == [path])
        }
    }

    @Test func unknownGGUFNamesAreReportedAndRotaryDivisorsAreKnown() throws {
        let names = LanguageModelGGUFNames(try Self.language())
        #expect(names.paths(of: "rope_freqs.weight") == [])
        #expect(names.paths(of: "blk.0.attn_qkv.weight") == nil)
        #expect(names.paths(of: "blk.-1.attn_q.weight") == nil)
        #expect(names.paths(of: "token_embd") == nil)
    }

    @Test func whisperPathsInvertAndShareFusedRows() throws {
        let names = WhisperCTranslate2Names(try Self.whisper())
        let layer = "model.encoder.layers.3."
        for path in ["conv1.weight", "conv2.bias", "embed_positions.weight", "layer_norm.weight"] {
            let location = try #require(names.location(of: "model.encoder.\(path)"))
            #expect(names.paths(of: location.name) == ["model.encoder.\(path)"])
        }
        let parts = ["q", "k", "v"].map {
            names.location(of: "\(layer)self_attn.\($0)_proj.weight")
        }
        #expect(parts.map { $0?.rows } == [0..<384, 384..<768, 768..<1152])
        #expect(Set(parts.map { $0?.name }).count == 1)
        #expect(
            names.paths(of: "encoder/layer_3/self_attention/linear_0/bias") == [
                "\(layer)self_attn.q_proj.bias", "\(layer)self_attn.v_proj.bias",
            ])
        #expect(names.location(of: "\(layer)self_attn.k_proj.bias") == nil)
        #expect(names.location(of: "model.decoder.layer_norm.weight") == nil)
    }

    @Test func theDecoderIsNotNeededAndUnknownTensorsAreReported() throws {
        let names = WhisperCTranslate2Names(try Self.whisper())
        #expect(names.paths(of: "decoder/embeddings/weight") == [])
        #expect(names.paths(of: "encoder/num_heads") == [])
        #expect(names.paths(of: "encoder/layer_0/adapter/weight") == nil)
    }

    @Test func whisperFilesWithAndWithoutModelPrefixAreRead() {
        let path = "model.encoder.conv1.weight"
        for stored in ["model.encoder.conv1.weight", "encoder.conv1.weight"] {
            let names = PrefixedNames.huggingFaceWhisper(storedNames: [stored])
            #expect(names.location(of: path)?.name == stored)
            #expect(names.paths(of: stored) == [path])
            #expect(names.paths(of: "model.decoder.layer_norm.weight") == [])
        }
    }

    @Test func adapterNamesCarryPEFTsPrefix() {
        let path = "model.layers.0.mlp.up_proj.lora_A.weight"
        #expect(PrefixedNames.peft.location(of: path)?.name == "base_model.model.\(path)")
        #expect(PrefixedNames.peft.paths(of: "base_model.model.\(path)") == [path])
        #expect(PrefixedNames.peft.paths(of: path) == nil)
    }
}

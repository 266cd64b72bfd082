import Foundation
import Layers
import WeightFiles

/// Models with all parts of the real ones, too small to know anything, with random weights.
enum TinyModels {
    private static let characterCount = 256

    /// A LLaMA with a byte-level tokenizer and ChatML, as a Hugging Face folder.
    ///
    /// `brokenToken` gets an infinite embedding.
    static func writeLanguage(to folder: String, brokenToken: Character? = nil) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let (hidden, inner, keyValues) = (32, 48, 16)
        let special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
        let vocabularyCount = characterCount + special.count
        var tensors = [
            tensor("model.embed_tokens.weight", [vocabularyCount, hidden], scale: 0.5),
            tensor("lm_head.weight", [vocabularyCount, hidden]),
            ones("model.norm.weight", [hidden]),
        ]
        for layer in 0..<2 {
            let path = "model.layers.\(layer)"
            tensors += [
                tensor("\(path).self_attn.q_proj.weight", [hidden, hidden]),
                tensor("\(path).self_attn.k_proj.weight", [keyValues, hidden]),
                tensor("\(path).self_attn.v_proj.weight", [keyValues, hidden]),
                tensor("\(path).self_attn.o_proj.weight", [hidden, hidden]),
                tensor("\(path).mlp.gate_proj.weight", [inner, hidden]),
                tensor("\(path).mlp.up_proj.weight", [inner, hidden]),
                tensor("\(path).mlp.down_proj.weight", [hidden, inner]),
                ones("\(path).input_layernorm.weight", [hidden]),
                ones("\(path).post_attention_layernorm.weight", [hidden]),
            ]
        }
        if let value = brokenToken?.asciiValue {
            tensors[0].scalars[Int(value) * hidden] = .infinity
        }
        try SafetensorsWriter.write(tensors: tensors, to: "\(folder)/model.safetensors")
        try write(
            """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
             "attention_bias": false, "mlp_bias": false, "vocab_size": \(vocabularyCount),
             "hidden_size": \(hidden), "intermediate_size": \(inner), "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-05,
             "max_position_embeddings": 512, "tie_word_embeddings": false, "rope_theta": 10000.0}
            """, to: "\(folder)/config.json")
        try writeTokenizer(special, to: "\(folder)/tokenizer.json")
        try write(
            "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
                + "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
                + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
            to: "\(folder)/chat_template.jinja")
    }

    /// Byte-level, a token a byte: GPT-2's printable stand-ins, and no merges.
    private static func writeTokenizer(_ special: [String], to path: String) throws {
        var vocabulary: [String: Int] = [:]
        var standInCount = 0
        for byte in 0..<characterCount {
            let isPrintable = [33...126, 161...172, 174...255].contains { $0.contains(byte) }
            let scalar = Unicode.Scalar(UInt32(isPrintable ? byte : 256 + standInCount))
            if !isPrintable { standInCount += 1 }
            if let scalar { vocabulary[String(Character(scalar))] = byte }
        }
        let added = special.enumerated().map { index, token -> [String: Any] in
            ["id": characterCount + index, "content": token, "special": true]
        }
        let file: [String: Any] = [
            "added_tokens": added,
            "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
            "model": ["type": "BPE", "vocab": vocabulary, "merges": [String]()] as [String: Any],
        ]
        try JSONSerialization.data(withJSONObject: file).write(to: URL(fileURLWithPath: path))
    }

    /// A Whisper encoder of one layer for one second, as a Hugging Face folder.
    static func writeHearing(to folder: String, seed: UInt64 = 0) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let (hidden, inner, bands, positions) = (16, 32, 80, 50)
        let layer = "model.encoder.layers.0"
        var tensors = [
            tensor("model.encoder.conv1.weight", [hidden, bands, 3], seed: seed),
            tensor("model.encoder.conv2.weight", [hidden, hidden, 3]),
            tensor("model.encoder.embed_positions.weight", [positions, hidden]),
            tensor("\(layer).self_attn.k_proj.weight", [hidden, hidden]),
            tensor("\(layer).fc1.weight", [inner, hidden]), tensor("\(layer).fc1.bias", [inner]),
            tensor("\(layer).fc2.weight", [hidden, inner]), tensor("\(layer).fc2.bias", [hidden]),
        ]
        for name in ["q_proj", "v_proj", "out_proj"] {
            tensors.append(tensor("\(layer).self_attn.\(name).weight", [hidden, hidden]))
            tensors.append(tensor("\(layer).self_attn.\(name).bias", [hidden]))
        }
        tensors += ["conv1", "conv2"].map { tensor("model.encoder.\($0).bias", [hidden]) }
        for name in [
            "\(layer).self_attn_layer_norm", "\(layer).final_layer_norm",
            "model.encoder.layer_norm",
        ] {
            tensors += [ones("\(name).weight", [hidden]), tensor("\(name).bias", [hidden])]
        }
        try SafetensorsWriter.write(tensors: tensors, to: "\(folder)/model.safetensors")
        try write(
            """
            {"model_type": "whisper", "d_model": \(hidden), "encoder_layers": 1,
             "encoder_attention_heads": 2, "encoder_ffn_dim": \(inner),
             "max_source_positions": \(positions), "num_mel_bins": \(bands),
             "activation_function": "gelu", "scale_embedding": false}
            """, to: "\(folder)/config.json")
    }

    /// An EfficientNet-Lite of one block for pictures of 32 pixels, as a folder.
    static func writeSight(to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let (channels, features) = (8, 16)
        var tensors = [
            tensor("_conv_stem.weight", [channels, 3, 3, 3], scale: 0.5),
            tensor("_blocks.0._depthwise_conv.weight", [channels, 1, 3, 3], scale: 0.5),
            tensor("_blocks.0._project_conv.weight", [channels, channels, 1, 1], scale: 0.5),
            tensor("_conv_head.weight", [features, channels, 1, 1], scale: 0.5),
        ]
        for (norm, size) in [
            ("_bn0", channels), ("_blocks.0._bn1", channels), ("_blocks.0._bn2", channels),
            ("_bn1", features),
        ] {
            tensors += [
                ones("\(norm).weight", [size]), tensor("\(norm).bias", [size]),
                tensor("\(norm).running_mean", [size]), ones("\(norm).running_var", [size]),
            ]
        }
        try SafetensorsWriter.write(tensors: tensors, to: "\(folder)/model.safetensors")
        try write(
            """
            {"model_type": "efficientnet-lite", "image_size": 32, "stem_channels": \(channels),
             "stages": [{"block_count": 1, "kernel_side": 3, "stride": 2, "expansion": 1,
             "channels": \(channels)}], "feature_channels": \(features)}
            """, to: "\(folder)/config.json")
    }

    private typealias NamedTensor = (name: String, shape: [Int], scalars: [Float])

    private static func tensor(
        _ name: String, _ shape: [Int], scale: Double = 0.2, seed: UInt64 = 0
    ) -> NamedTensor {
        var stream = RandomStream(seed: seed, name: name)
        return (
            name, shape, (0..<shape.reduce(1, *)).map { _ in Float(scale * stream.normal()) }
        )
    }

    private static func ones(_ name: String, _ shape: [Int]) -> NamedTensor {
        (name, shape, [Float](repeating: 1, count: shape.reduce(1, *)))
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

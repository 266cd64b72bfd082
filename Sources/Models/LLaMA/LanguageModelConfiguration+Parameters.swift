extension LanguageModelConfiguration {
    /// Every parameter of a model of these sizes, by Hugging Face's names, in the order of the layers.
    ///
    /// Shapes: linear weights are [outputs, inputs]
    public var parameterShapes: [(path: String, shape: [Int])] {
        let queryWidth = queryHeadCount * headSize
        let keyWidth = keyValueHeadCount * headSize
        var result = [(path: "model.embed_tokens.weight", shape: [vocabularyCount, hiddenSize])]
        func linear(_ path: String, _ outputs: Int, _ inputs: Int, _ hasBias: Bool) {
            result.append((path: "\(path).weight", shape: [outputs, inputs]))
            if hasBias { result.append((path: "\(path).bias", shape: [outputs])) }
        }
        for index in 0..<layerCount {
            let layer = "model.layers.\(index)"
            result.append((path: "\(layer).input_layernorm.weight", shape: [hiddenSize]))
            for (name, width) in [
                ("q_proj", queryWidth), ("k_proj", keyWidth), ("v_proj", keyWidth),
            ] {
                linear("\(layer).self_attn.\(name)", width, hiddenSize, hasAttentionBias)
            }
            linear("\(layer).self_attn.o_proj", hiddenSize, queryWidth, hasAttentionOutputBias)
            result.append((path: "\(layer).post_attention_layernorm.weight", shape: [hiddenSize]))
            for name in ["gate_proj", "up_proj"] {
                linear("\(layer).mlp.\(name)", feedForwardSize, hiddenSize, hasFeedForwardBias)
            }
            linear("\(layer).mlp.down_proj", hiddenSize, feedForwardSize, hasFeedForwardBias)
        }
        result.append((path: "model.norm.weight", shape: [hiddenSize]))
        if !isTied {
            result.append((path: "lm_head.weight", shape: [vocabularyCount, hiddenSize]))
        }
        return result
    }
}

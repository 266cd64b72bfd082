public import Foundation
public import WeightFiles

/// The sizes of a Whisper encoder.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356); transformers' WhisperConfig
public struct WhisperConfiguration: Sendable, Equatable {
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// The width inside the feed-forward part.
    public var feedForwardSize: Int
    /// The number of layers.
    public var layerCount: Int
    /// The number of attention heads.
    public var headCount: Int
    /// The number of mel bands of the input.
    public var bandCount: Int
    /// The number of positions, two frames of the input each.
    public var positionCount: Int

    /// Takes all sizes.
    ///
    /// Throws: `ModelError` listing every size out of range
    public init(
        hiddenSize: Int, feedForwardSize: Int, layerCount: Int, headCount: Int, bandCount: Int,
        positionCount: Int
    ) throws {
        self.hiddenSize = hiddenSize
        self.feedForwardSize = feedForwardSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.bandCount = bandCount
        self.positionCount = positionCount
        try validate()
    }

    /// Checks that the sizes are possible and belong together.
    ///
    /// Throws: `ModelError` listing every size out of range
    public func validate() throws {
        let sizes = [
            ("hidden size", hiddenSize, 1 << 14), ("feed-forward size", feedForwardSize, 1 << 16),
            ("layers", layerCount, 1 << 8), ("attention heads", headCount, 1 << 10),
            ("mel bands", bandCount, 1 << 10), ("positions", positionCount, 1 << 16),
        ]
        var problems = sizes.filter { $0.1 < 1 || $0.1 > $0.2 }.map {
            "\($0.0) \($0.1) is outside of 1...\($0.2)"
        }
        if problems.isEmpty, !hiddenSize.isMultiple(of: headCount) {
            problems.append("\(headCount) heads don't divide hidden size \(hiddenSize)")
        }
        guard problems.isEmpty else {
            throw ModelError(
                .configuration, subject: "Whisper encoder",
                detail: problems.joined(separator: ", "),
                hint: "check the encoder's configuration")
        }
    }

    /// The encoder's fields of Hugging Face's config.json.
    private struct Fields: Decodable {
        var model_type: String?
        var d_model: Int
        var encoder_layers: Int
        var encoder_attention_heads: Int
        var encoder_ffn_dim: Int
        var num_mel_bins: Int
        var max_source_positions: Int
        var activation_function: String?
        var scale_embedding: Bool?
    }

    /// Reads Hugging Face's config.json.
    ///
    /// Throws: `ModelError` naming missing fields, other families and variants that no released model uses
    public init(huggingFaceJSON data: Data, subject: String = "config.json") throws {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .configuration, subject: subject, detail: detail,
                hint: "use the config.json of a Whisper model")
        }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch let error as DecodingError {
            throw problem(error.problem)
        }
        guard fields.model_type == "whisper" else {
            throw problem("model_type \(fields.model_type ?? "is absent"); expected whisper")
        }
        guard fields.activation_function ?? "gelu" == "gelu", fields.scale_embedding != true else {
            throw problem("activation_function and scale_embedding must be gelu and false")
        }
        try self.init(
            hiddenSize: fields.d_model, feedForwardSize: fields.encoder_ffn_dim,
            layerCount: fields.encoder_layers, headCount: fields.encoder_attention_heads,
            bandCount: fields.num_mel_bins, positionCount: fields.max_source_positions)
    }

    /// Reads the sizes from a CTranslate2 file's tensors, which are its only configuration.
    ///
    /// Throws: `WeightFileError` when a tensor is absent, `ModelError` when sizes are impossible
    public init(_ file: CTranslate2File) throws {
        let convolution = try file.tensor("encoder/conv1/weight").shape
        let positions = try file.tensor("encoder/position_encodings/encodings").shape
        let inner = try file.tensor("encoder/layer_0/ffn/linear_0/weight").shape
        let heads = try file.tensor("encoder/num_heads").floats()
        let names = Set(file.tensorNames)
        var layers = 0
        while names.contains("encoder/layer_\(layers)/ffn/linear_0/weight") { layers += 1 }
        guard convolution.count == 3, positions.count == 2, inner.count == 2,
            let heads = heads.first.flatMap({ Int(exactly: $0) })
        else {
            throw ModelError(
                .configuration, subject: file.path,
                detail: "the encoder's tensors have other ranks than Whisper's",
                hint: "use a Whisper model converted by CTranslate2")
        }
        try self.init(
            hiddenSize: convolution[0], feedForwardSize: inner[0], layerCount: layers,
            headCount: heads, bandCount: convolution[1], positionCount: positions[0])
    }
}

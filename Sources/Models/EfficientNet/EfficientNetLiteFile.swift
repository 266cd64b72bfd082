public import Foundation
public import WeightFiles

/// An EfficientNet-Lite on disk: its sizes and where its weights come from.
public struct EfficientNetLiteFile: Sendable {
    /// The sizes.
    public let configuration: EfficientNetLiteConfiguration
    /// The weights, by the PyTorch checkpoint's names.
    public let weights: FileWeights
    /// The open file.
    public let file: any WeightFile

    /// Opens a weight file of EfficientNet-Lite0, or a folder with `config.json` and safetensors of any
    /// other size.
    ///
    /// Throws: `WeightFileError` or `ModelError` naming the file and what is wrong with it
    public init(path: String) throws {
        file = try WeightFiles.open(path)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            let (data, subject) = try ModelFolder.configuration(of: path)
            configuration = try EfficientNetLiteConfiguration(json: data, subject: subject)
        } else {
            configuration = .lite0
        }
        weights = FileWeights(file, names: PrefixedNames.efficientNetLite)
    }
}

extension EfficientNetLiteConfiguration {
    private struct Fields: Decodable {
        struct Stage: Decodable {
            let block_count: Int
            let kernel_side: Int
            let stride: Int
            let expansion: Int
            let channels: Int
        }

        let model_type: String?
        let image_size: Int
        let stem_channels: Int
        let stages: [Stage]
        let feature_channels: Int
    }

    /// Reads a `config.json` of model type `efficientnet-lite`, whose fields are named as the
    /// properties here.
    ///
    /// Throws: `ModelError` naming missing fields, another family, or a size out of range
    public init(json data: Data, subject: String = "config.json") throws {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .configuration, subject: subject, detail: detail,
                hint: "describe an EfficientNet-Lite: image_size, stem_channels, stages, "
                    + "feature_channels")
        }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch let error as DecodingError {
            throw problem(error.problem)
        }
        guard fields.model_type == "efficientnet-lite" else {
            throw problem(
                "model_type \(fields.model_type ?? "is absent"); expected efficientnet-lite")
        }
        let sizes =
            [
                ("image_size", fields.image_size, 1 << 12),
                ("stem_channels", fields.stem_channels, 1 << 12),
                ("feature_channels", fields.feature_channels, 1 << 14),
                ("stages", fields.stages.count, 32),
            ]
            + fields.stages.enumerated().flatMap { index, stage in
                [
                    ("block_count", stage.block_count, 64), ("kernel_side", stage.kernel_side, 31),
                    ("stride", stage.stride, 8), ("expansion", stage.expansion, 64),
                    ("channels", stage.channels, 1 << 12),
                ].map { ("stages[\(index)].\($0.0)", $0.1, $0.2) }
            }
        if let (name, size, limit) = sizes.first(where: { !(1...$0.2).contains($0.1) }) {
            throw problem("\(name) \(size) is outside of 1...\(limit)")
        }
        self.init(
            pixelSide: fields.image_size, stemChannels: fields.stem_channels,
            stages: fields.stages.map {
                EfficientNetStage(
                    blockCount: $0.block_count, kernelSide: $0.kernel_side, stride: $0.stride,
                    expansion: $0.expansion, channels: $0.channels)
            }, featureChannels: fields.feature_channels)
    }
}

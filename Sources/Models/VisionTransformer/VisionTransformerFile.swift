public import WeightFiles

/// A CLIP or SigLIP vision tower on disk: its sizes and where its weights come from.
public struct VisionTransformerFile: Sendable {
    /// The sizes.
    public let configuration: VisionTransformerConfiguration
    /// The weights, by Hugging Face's names.
    public let weights: FileWeights
    /// Whether the file holds CLIP's map to the space shared with text.
    public let hasProjection: Bool
    /// The open file.
    public let file: any WeightFile

    /// Opens a folder with `config.json` and safetensors.
    ///
    /// Throws: `WeightFileError` or `ModelError` naming the file and what is wrong with it
    public init(path: String) throws {
        file = try WeightFiles.open(path)
        let (data, subject) = try ModelFolder.configuration(of: path)
        configuration = try VisionTransformerConfiguration(huggingFaceJSON: data, subject: subject)
        let names = try TowerNames(.vision, storedNames: file.tensorNames, subject: file.path)
        hasProjection = names.hasProjection
        weights = FileWeights(file, names: names)
    }
}

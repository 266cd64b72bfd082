public import WeightFiles

/// A language model on disk: its configuration and where its weights come from.
public struct LanguageModelFile: Sendable {
    /// The sizes and constants.
    public let configuration: LanguageModelConfiguration
    /// The weights, by Hugging Face's names.
    public let weights: FileWeights
    /// The open file, for the tokenizer and digests.
    public let file: any WeightFile

    /// Opens a GGUF file, or a folder with `config.json` and safetensors.
    ///
    /// Throws: `WeightFileError` or `ModelError` naming the file and what is wrong with it
    public init(path: String) throws {
        file = try WeightFiles.open(path)
        if let gguf = file as? GGUF {
            configuration = try LanguageModelConfiguration(gguf)
            weights = FileWeights(file, names: LanguageModelGGUFNames(configuration))
        } else {
            let (data, subject) = try ModelFolder.configuration(of: path)
            configuration = try LanguageModelConfiguration(
                huggingFaceJSON: data, subject: subject)
            weights = FileWeights(file, names: PrefixedNames.huggingFaceLanguageModel)
        }
    }
}

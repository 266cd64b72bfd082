public import WeightFiles

/// A Whisper encoder on disk: its configuration and where its weights come from.
public struct WhisperEncoderFile: Sendable {
    /// The sizes.
    public let configuration: WhisperConfiguration
    /// The weights, by Hugging Face's names.
    public let weights: FileWeights
    /// The open file, for digests.
    public let file: any WeightFile

    /// Opens a CTranslate2 file, or a folder with `config.json` and safetensors.
    ///
    /// Throws: `WeightFileError` or `ModelError` naming the file and what is wrong with it
    public init(path: String) throws {
        file = try WeightFiles.open(path)
        if let converted = file as? CTranslate2File {
            configuration = try WhisperConfiguration(converted)
            weights = FileWeights(file, names: WhisperCTranslate2Names(configuration))
        } else {
            let (data, subject) = try ModelFolder.configuration(of: path)
            configuration = try WhisperConfiguration(huggingFaceJSON: data, subject: subject)
            weights = FileWeights(
                file, names: PrefixedNames.huggingFaceWhisper(storedNames: file.tensorNames))
        }
    }
}

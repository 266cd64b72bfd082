internal import Foundation

/// The configuration of what comes before an encoder, beside its weights.
enum Preprocessor {
    /// The contents of preprocessor_config.json in a folder, or of its part of processor_config.json, where
    /// newer files keep it.
    ///
    /// Throws: `TrainingError` when neither is there: no size or statistic is guessed
    static func configuration(
        in folder: String, part: String
    ) throws -> (data: Data, path: String) {
        let own = "\(folder)/preprocessor_config.json"
        if let data = FileManager.default.contents(atPath: own) { return (data, own) }
        let shared = "\(folder)/processor_config.json"
        if let data = FileManager.default.contents(atPath: shared) {
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            if let inner = object?[part] {
                return (try JSONSerialization.data(withJSONObject: inner), shared)
            }
        }
        throw TrainingError(
            .asset, subject: own, detail: "there is no such file to read",
            hint: "keep preprocessor_config.json beside the weights, as Hugging Face does")
    }
}

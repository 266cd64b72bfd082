import Foundation

/// The encoders that a folder's config.json can be of.
public enum EncoderFamily: Sendable, Equatable {
    /// CLIP's or SigLIP's vision tower.
    case visionTransformer
    /// CLAP's audio tower.
    case clap
    /// Whisper's encoder.
    case whisper
    /// EfficientNet-Lite.
    case efficientNetLite

    private struct Fields: Decodable {
        var model_type: String?
    }

    /// The family of the weights at a path.
    ///
    /// Nil for a file, which its readers recognise by its content.
    /// Throws: `ModelError` when a folder has no config.json, or one of another family
    public static func of(_ path: String) throws -> EncoderFamily? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            isFolder.boolValue
        else { return nil }
        let (data, subject) = try ModelFolder.configuration(of: path)
        if VisionTransformerConfiguration.family(huggingFaceJSON: data) != nil {
            return .visionTransformer
        }
        if ClapConfiguration.recognizes(huggingFaceJSON: data) { return .clap }
        let type: String?
        do {
            type = try JSONDecoder().decode(Fields.self, from: data).model_type
        } catch let error as DecodingError {
            throw ModelError(
                .configuration, subject: subject, detail: error.problem,
                hint: "use the config.json that belongs to the weights")
        }
        switch type {
        case "whisper": return .whisper
        case "efficientnet-lite": return .efficientNetLite
        default:
            throw ModelError(
                .configuration, subject: subject,
                detail: "model_type \(type ?? "is absent") is no encoder that is known; "
                    + "expected clip, siglip, clap, whisper or efficientnet-lite",
                hint: "name a folder of one of these")
        }
    }
}

public import Foundation

extension ClapSpectrograms {
    private struct Fields: Decodable {
        var feature_extractor_type: String?
        var feature_size: Int?
        var sampling_rate: Int?
        var hop_length: Int?
        var max_length_s: Double?
        var fft_window_size: Int?
        var frequency_min: Double?
        var frequency_max: Double?
        var top_db: Double?
        var truncation: String?
        var padding: String?
        var padding_value: Double?
        var mel_scale: String?
        var int16_rounding: Bool?
    }

    /// Reads Hugging Face's preprocessor_config.json of a CLAP model.
    ///
    /// A field that is left out has ClapFeatureExtractor's own default. Slaney's filters go with
    /// `rand_trunc`, HTK's with `fusion`. Two fields beyond that extractor's serve LAION's own code, which
    /// counts from a `frequency_min` of 50: `int16_rounding` takes the sound as 16-bit integers, and
    /// `mel_scale` names the filters whatever the truncation.
    /// Throws: `MediaError` naming what is not handled
    public init(huggingFaceJSON data: Data, subject: String) throws(MediaError) {
        func problem(_ detail: String) -> MediaError {
            MediaError(
                .unsupported, subject, detail,
                hint: "use the preprocessor_config.json of a CLAP model")
        }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch {
            throw problem("is no configuration of a feature extractor")
        }
        let type = fields.feature_extractor_type ?? "missing"
        guard type == "ClapFeatureExtractor" else {
            throw problem("feature_extractor_type \(type); expected ClapFeatureExtractor")
        }
        guard fields.top_db == nil, fields.padding_value ?? 0 == 0 else {
            throw problem("top_db and padding_value must be null and 0")
        }
        let name = fields.truncation ?? "fusion"
        guard let truncation = Truncation(rawValue: name) else {
            throw problem("truncation \(name); expected rand_trunc or fusion")
        }
        let paddings: [String: LogMelSpectrogram.Configuration.Padding] = [
            "repeatpad": .repeatsThenZeros, "repeat": .repeats, "pad": .zeros,
        ]
        let style = fields.padding ?? "repeatpad"
        guard let padding = paddings[style] else {
            throw problem("padding \(style); expected repeatpad, repeat or pad")
        }
        guard let scale = Self.scale(fields, truncation) else {
            throw problem("mel_scale \(fields.mel_scale ?? ""); expected slaney or htk")
        }
        guard let configuration = Self.configuration(fields, scale, padding) else {
            throw problem("max_length_s \(fields.max_length_s ?? 0) is no length")
        }
        try self.init(truncation: truncation, configuration: configuration)
    }

    /// The filters that are named, or else those that go with the truncation; nil for an unknown name.
    private static func scale(_ fields: Fields, _ truncation: Truncation) -> MelFilterBank.Scale? {
        guard let name = fields.mel_scale else { return truncation == .fusion ? .htk : .slaney }
        return MelFilterBank.Scale(rawValue: name)
    }

    /// The fields over ClapFeatureExtractor's own values; nil when the window has no length.
    private static func configuration(
        _ fields: Fields, _ scale: MelFilterBank.Scale,
        _ padding: LogMelSpectrogram.Configuration.Padding
    ) -> LogMelSpectrogram.Configuration? {
        var configuration = LogMelSpectrogram.Configuration.clap(scale: scale, padding: padding)
        configuration.sampleRateHertz = fields.sampling_rate ?? configuration.sampleRateHertz
        configuration.windowSampleCount =
            fields.fft_window_size ?? configuration.windowSampleCount
        configuration.hopSampleCount = fields.hop_length ?? configuration.hopSampleCount
        configuration.bandCount = fields.feature_size ?? configuration.bandCount
        configuration.lowestHertz = fields.frequency_min ?? configuration.lowestHertz
        configuration.highestHertz = fields.frequency_max ?? configuration.highestHertz
        configuration.roundsTo16Bits = fields.int16_rounding ?? false
        let samples = (fields.max_length_s ?? 10) * Double(configuration.sampleRateHertz)
        guard let count = Int(exactly: samples.rounded()) else { return nil }
        configuration.sampleCount = count
        return configuration
    }

    /// All settings as text, for keys of what is computed from the spectrograms.
    public var summary: String {
        let c = spectrogram.configuration
        return "\(truncation.rawValue), \(c.padding.rawValue) to \(c.sampleCount) at "
            + "\(c.sampleRateHertz) Hz; window \(c.windowSampleCount), hop \(c.hopSampleCount), "
            + "\(c.bandCount) \(c.scale.rawValue) bands \(c.lowestHertz)-\(c.highestHertz) Hz, "
            + "\(c.compression.rawValue)" + (c.roundsTo16Bits ? ", samples of 16 bits" : "")
    }
}

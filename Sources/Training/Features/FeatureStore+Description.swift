internal import Checkpointing
public import Datasets
internal import Media
internal import Models
internal import Recipes

extension FeatureStore {
    /// What the reader says of a kind, what the encoder of it is given, and which of its outputs are taken.
    public func description(of kind: MediaKind) -> [String: Any]? {
        guard var result = reader.description(of: kind) else { return nil }
        switch kind {
        case .visual:
            guard let visual else { return result }
            result["encoder_input"] = Self.input(of: visual)
            result["encoder_output"] = Self.output(of: visual)
        case .audio:
            guard let audio else { return result }
            result["spectrogram"] = Self.spectrogram(audio.frontEnd.configuration)
            result["encoder_input"] = Self.input(of: audio)
            result["encoder_output"] = Self.output(of: audio)
        }
        return result
    }

    private static func input(of visual: VisualFeatureEncoder) -> [String: Any] {
        let size = visual.settings.size
        var result: [String: Any] = [
            "shape": "[frames, 3, \(size.height), \(size.width)]: red, green and blue",
            "formula": "(byte * scale - mean) / deviation, channel by channel",
        ]
        if visual.encoder is EfficientNetLite {
            result["scale"] = 1
            result["mean"] = [127, 127, 127]
            result["deviation"] = [128, 128, 128]
            result["padding"] = "zeros around the picture as TensorFlow's SAME"
        } else {
            let processor = visual.settings.processor
            result["scale"] = processor.scale
            result["mean"] = processor.mean
            result["deviation"] = processor.deviation
        }
        return result
    }

    private static func output(of visual: VisualFeatureEncoder) -> String {
        guard let tower = visual.encoder as? VisionTransformer else {
            return "the last map of features, before pooling and classifier"
        }
        let recipe = visual.settings.recipe
        let isCLIP = tower.configuration.family == .clip
        let states = recipe.layer.map { "hidden_states[\($0)]" } ?? "last_hidden_state"
        return switch recipe.output {
        case .patches:
            "\(states) of transformers' vision model"
                + (isCLIP ? " without its first row, the class token" : "")
                + ", patch by patch, row by row"
        case .classToken: "the first row of \(states) of transformers' vision model"
        case .pooled: "pooler_output of transformers' vision model"
        case .embedding: "image_embeds of CLIPVisionModelWithProjection, at the length they have"
        }
    }

    private static func spectrogram(_ mel: LogMelSpectrogram.Configuration) -> [String: Any] {
        let powers =
            switch mel.compression {
            case .whisper: "x = log10(power), y = (max(x, max(x) - 8) + 4) / 4"
            case .decibels: "y = 10 log10(power)"
            }
        let padding =
            switch mel.padding {
            case .zeros: "zeros after a shorter sound"
            case .repeatsThenZeros: "a shorter sound as often as it fits whole, then zeros"
            case .repeats: "a shorter sound again and again, the last time cut"
            }
        return [
            "sample_rate": mel.sampleRateHertz, "window": mel.windowSampleCount,
            "hop": mel.hopSampleCount, "bands": mel.bandCount,
            "lowest_hertz": mel.lowestHertz, "highest_hertz": mel.highestHertz,
            "mel_scale": mel.scale.rawValue, "compression": mel.compression.rawValue,
            "formula": "of mel powers of at least 1e-10: \(powers)",
            "samples": mel.sampleCount, "padding": mel.padding.rawValue, "padding_rule": padding,
            "drops_last_frame": mel.dropsLastFrame, "rounds_to_16_bits": mel.roundsTo16Bits,
            "frames": "centred, the sound mirrored at both ends, periodic Hann window",
        ]
    }

    private static func input(of audio: AudioFeatureEncoder) -> [String: Any] {
        let mel = audio.frontEnd.configuration
        guard case .clap(let clap) = audio.frontEnd else {
            return ["shape": "[\(mel.bandCount), \(mel.frameCount)]: the spectrogram of the clip"]
        }
        let crop =
            "next() being SplitMix64 with the state m(m(m(h))) at first, m its output for a state, h "
            + "the 64-bit FNV-1a hash of the file's SHA-256 in hexadecimal"
        let longer =
            switch clap.truncation {
            case .randomCrop:
                "the samples from next() mod (samples - window + 1) on, \(crop)"
            case .fusion:
                "four spectrograms: all frames interpolated to the window's count (bilinear, corners "
                    + "not aligned), and a crop of each third of the starts that "
                    + "numpy.array_split makes, next() mod its length into it, \(crop)"
            }
        return [
            "shape": "[views, \(mel.frameCount), \(mel.bandCount)]: one view, four where a longer "
                + "sound is fused",
            "truncation": clap.truncation.rawValue, "longer_than_window": longer,
        ]
    }

    private static func output(of audio: AudioFeatureEncoder) -> String {
        guard case .clap = audio.frontEnd else {
            return "hidden_states of transformers' Whisper encoder at the layers, side by side; "
                + "the last one is normalised"
        }
        return switch audio.settings.recipe.output {
        case .states:
            "last_hidden_state of transformers' ClapAudioModel, averaged over frequency; of its cells "
                + "of time those that the clip fills, ceil(cells * seconds / window seconds)"
        case .pooled: "pooler_output of transformers' ClapAudioModel"
        case .embedding: "audio_embeds of ClapAudioModelWithProjection, divided by their length"
        }
    }
}

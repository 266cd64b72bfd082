public import Datasets
internal import Foundation
internal import Layers
internal import Media
internal import Models
internal import Recipes
public import Tensors

extension FeatureStore {
    /// Tokens of a made-up medium, which the encoder takes like any other: moving colours with noise, or a
    /// rising tone with noise. Nothing is kept.
    ///
    /// Shapes: [tokens, features]
    /// Throws: when the model has no encoder of that kind
    public func probeTokens(_ kind: MediaKind, seed: UInt64 = 0) throws -> Tensor {
        let settings = try reader.settings(kind)
        var stream = RandomStream(seed: seed, name: "probe/\(kind.rawValue)")
        switch kind {
        case .visual:
            guard let visual else { throw Self.missing(kind) }
            let clip = try Self.probeFrames(
                count: visual.settings.recipe.frameCount, side: visual.settings.size.width,
                &stream)
            return try settings.tokens(try visual.encode(clip))
        case .audio:
            guard let audio else { throw Self.missing(kind) }
            let sound = Self.probeSound(
                rate: audio.frontEnd.sampleRateHertz,
                seconds: audio.settings.recipe.durationSeconds, &stream)
            return try settings.tokens(
                try audio.encode(try audio.decoder.views(of: sound, seed: seed)))
        }
    }

    static func missing(_ kind: MediaKind) -> TrainingError {
        TrainingError(
            .data, subject: "\(kind.rawValue) media", detail: "cannot be encoded here",
            hint: "name an encoder under model.\(kind.rawValue) in the recipe")
    }

    private static func probeFrames(
        count: Int, side: Int, _ stream: inout RandomStream
    ) throws -> FrameSequence {
        var rgb: [UInt8] = []
        rgb.reserveCapacity(count * side * side * 3)
        for frame in 0..<count {
            for y in 0..<side {
                for x in 0..<side {
                    let noise = Int(stream.next() & 31)
                    let place = 255 / max(1, side)
                    rgb.append(UInt8(clamping: (x * place + 40 * frame) % 224 + noise))
                    rgb.append(UInt8(clamping: (y * place + 70 * frame) % 224 + noise))
                    rgb.append(UInt8(clamping: ((x + y) * place / 2) % 224 + noise))
                }
            }
        }
        return try FrameSequence(
            frameCount: count, pixelsHigh: side, pixelsWide: side, rgb: rgb)
    }

    /// A tone that rises from 200 Hz by 500 Hz a second.
    private static func probeSound(
        rate: Int, seconds: Double, _ stream: inout RandomStream
    ) -> Waveform {
        let samples = (0..<Int((seconds * Double(rate)).rounded())).map { index -> Float in
            let time = Double(index) / Double(rate)
            let tone = 0.3 * sin(2 * Double.pi * (200 + 250 * time) * time)
            return Float(tone + 0.02 * stream.normal())
        }
        return Waveform(samples: samples, sampleRateHertz: rate)
    }
}

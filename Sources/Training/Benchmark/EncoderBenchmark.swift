internal import Foundation
internal import Kernels
internal import Layers
internal import Media
internal import Models
internal import Tensors

/// Forward speed of the frozen encoders at the sizes of released models, with random weights.
public struct EncoderBenchmark {
    /// The encoders, by the names of the reference program's results.
    public enum Encoder: String, Sendable, CaseIterable {
        /// CLIP ViT-B/32, with its projection.
        case clipB32 = "clip_b32"
        /// CLIP ViT-L/14, with its projection.
        case clipL14 = "clip_l14"
        /// CLAP's HTS-AT tiny, with its projection.
        case clap = "clap_htsat"
        /// Whisper tiny's encoder.
        case whisper = "whisper_tiny_encoder"
        /// EfficientNet-Lite0 up to its feature map.
        case efficientNet = "efficientnet_lite0"
    }

    /// What was measured.
    public struct Report: Sendable, Encodable {
        private let bench = "duet_encoders"
        /// Threads in use.
        public let threads: Int
        /// Numbers of each encoder, by its name and theirs.
        public let results: [String: [String: Double]]
        private let peak_rss_mb: Double
        private let blas_core: String

        private enum CodingKeys: String, CodingKey {
            case bench, threads, results, peak_rss_mb, blas_core
        }

        init(results: [String: [String: Double]]) {
            self.results = results
            threads = Parallel.threadCount
            peak_rss_mb = Double(Machine.peakMemory) / 1_048_576
            blas_core = Machine.current.core
        }
    }

    private let batch: Int
    private let repetitions: Int
    private static let pictureSide = 224

    /// Plans measurements of a number of pictures or sounds at a time.
    public init(batch: Int, repetitions: Int) {
        self.batch = batch
        self.repetitions = repetitions
    }

    /// Measures encoders one after the other; the first of the repetitions is not counted.
    public func run(
        _ encoders: [Encoder], progress: (Encoder) -> Void = { _ in }
    ) throws -> Report {
        var results: [String: [String: Double]] = [:]
        for encoder in encoders {
            progress(encoder)
            results[encoder.rawValue] =
                switch encoder {
                case .clipB32: try clip(.clipB32())
                case .clipL14: try clip(.clipL14())
                case .clap: try clap()
                case .whisper: try whisper()
                case .efficientNet: try efficientNet()
                }
        }
        return Report(results: results)
    }

    /// A model with random weights, and how many they are.
    private func assemble<Model>(
        _ build: (Scope) throws -> Model
    ) throws -> (model: Model, parameterCount: Double) {
        let nothing: [String: (shape: [Int], values: [Float])] = [:]
        let assembly = try Blueprint(source: DictionaryWeights(nothing), fresh: ["*"])
            .assemble(build)
        return (
            assembly.model, Double(assembly.parameters.reduce(0) { $0 + $1.scalarCount })
        )
    }

    private func time(
        repetitions: Int? = nil, _ body: () throws -> Void
    ) rethrows -> [String: Double] {
        try body()
        let count = repetitions ?? self.repetitions
        let times = try (0..<count).map { _ in
            let start = ContinuousClock.now
            try body()
            return (ContinuousClock.now - start) / .seconds(1)
        }.sorted()
        let median = (times[(count - 1) / 2] + times[count / 2]) / 2
        return [
            "median_s": median, "min_s": times[0], "max_s": times[count - 1],
            "reps": Double(count),
        ]
    }

    /// Milliseconds for one of `batch`.
    private func milliseconds(_ times: [String: Double], of batch: Int) -> Double {
        1e3 * (times["median_s"] ?? .nan) / Double(batch)
    }

    private func clip(_ configuration: VisionTransformerConfiguration) throws -> [String: Double] {
        let processor = ImageProcessor.clip(side: Self.pictureSide)
        let (model, count) = try assemble {
            try VisionTransformer(
                configuration, features: VisionFeatures(output: .embedding),
                normalization: PixelNormalization(processor), hasProjection: true, at: $0)
        }
        return try pictures(model, parameterCount: count)
    }

    private func efficientNet() throws -> [String: Double] {
        let (model, count) = try assemble { try EfficientNetLite(.lite0, at: $0) }
        return try pictures(model, parameterCount: count)
    }

    /// Times an encoder on `batch` random pictures as frames of one video.
    private func pictures<Encoder: MediaEncoder<FrameSequence>>(
        _ model: Encoder, parameterCount: Double
    ) throws -> [String: Double] {
        var random = RandomStream(seed: 0, name: "pictures")
        let size = batch * Self.pictureSide * Self.pictureSide * 3
        let frames = try FrameSequence(
            frameCount: batch, pixelsHigh: Self.pictureSide, pixelsWide: Self.pictureSide,
            rgb: (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        var result = try time { _ = try model.encode([frames]) }
        result["params"] = parameterCount
        result["batch"] = Double(batch)
        result["ms_per_image"] = milliseconds(result, of: batch)
        result["images_per_s"] = Double(batch) / (result["median_s"] ?? .nan)
        return result
    }

    private func noise(seconds: Double, rate: Int) -> Waveform {
        var random = RandomStream(seed: 0, name: "sounds")
        let samples = (0..<Int(seconds * Double(rate))).map { _ in Float(0.1 * random.normal()) }
        return Waveform(samples: samples, sampleRateHertz: rate)
    }

    private func spectrogram(_ frames: MelFrames) throws -> Spectrogram {
        try Spectrogram(
            frameCount: frames.frameCount, bandCount: frames.bandCount, values: frames.values)
    }

    private func clap() throws -> [String: Double] {
        let (model, count) = try assemble {
            try ClapEncoder(.tiny, output: .embedding, hasProjection: true, at: $0)
        }
        let mel = try LogMelSpectrogram(.clap())
        let sound = noise(seconds: 10, rate: 48_000)
        let input = try SpectrogramViews(whole: spectrogram(try mel.frames(of: sound)))
        let inputs = [SpectrogramViews](repeating: input, count: batch)
        var result = try time { _ = try model.encode(inputs) }
        let one = try time { _ = try model.encode([input]) }
        let features = try time(repetitions: max(3, repetitions / 2)) {
            _ = try mel.frames(of: sound)
        }
        let each = milliseconds(result, of: batch)
        result["params"] = count
        result["batch"] = Double(batch)
        result["ms_per_10s_clip_model"] = each
        result["ms_per_10s_clip_model_batch1"] = milliseconds(one, of: 1)
        result["ms_per_10s_clip_mel"] = milliseconds(features, of: 1)
        result["ms_per_10s_clip_total"] = each + milliseconds(features, of: 1)
        return result
    }

    private func whisper() throws -> [String: Double] {
        let configuration = try WhisperConfiguration(
            hiddenSize: 384, feedForwardSize: 1536, layerCount: 4, headCount: 6, bandCount: 80,
            positionCount: 1500)
        let (model, count) = try assemble {
            try WhisperEncoder(configuration, featureLayers: [4], at: $0)
        }
        let mel = try LogMelSpectrogram(.whisper())
        let sound = noise(seconds: 30, rate: 16_000)
        let input = try spectrogram(try mel.frames(of: sound))
        let inputs = [Spectrogram](repeating: input, count: batch)
        var result = try time { _ = try model.encode([input]) }
        let many = try time(repetitions: max(3, repetitions / 2)) { _ = try model.encode(inputs) }
        let features = try time { _ = try mel.frames(of: sound) }
        let one = milliseconds(result, of: 1)
        result["params"] = count
        result["ms_per_30s_model_batch1"] = one
        result["ms_per_30s_model_batch\(batch)"] = milliseconds(many, of: batch)
        result["ms_per_30s_logmel"] = milliseconds(features, of: 1)
        result["ms_per_30s_total_batch1"] = one + milliseconds(features, of: 1)
        return result
    }
}

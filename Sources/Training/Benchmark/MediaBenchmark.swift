internal import Foundation
internal import Kernels
internal import Media

/// Decoding and resizing a video's frames, and spectrograms of its sound, timed.
public struct MediaBenchmark {
    /// What was measured; a medium that the file lacks has no numbers.
    public struct Report: Sendable, Codable {
        let bench: String
        let file: String
        /// Frames taken of the video at a time.
        public let frames: Int
        /// Pixels of a side of the resized pictures.
        public let pictureSize: Int
        /// Frames decoded a second.
        public let decodedFramesPerS: Double?
        /// Frames resized and cropped a second.
        public let resizedFramesPerS: Double?
        /// Frames decoded, resized and cropped a second.
        public let framesPerS: Double?
        /// Seconds of sound that make a spectrogram.
        public let spectrogramSeconds: Double
        /// Seconds of sound decoded and resampled a second.
        public let decodedSoundSecondsPerS: Double?
        /// Spectrograms a second, of decoded sound.
        public let spectrogramsPerS: Double?
        /// Peak resident memory in MiB.
        public let peakRssMb: Double

        /// JSON with snake case names.
        public func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    private let path: String
    private let information: MediaInformation

    /// Looks at a file.
    ///
    /// Throws: when it is no picture, video or sound
    public init(file path: String) throws {
        self.path = path
        information = try MediaInformation.probe(path)
    }

    /// Repeats each part for about `seconds`.
    ///
    /// Throws: when the file cannot be decoded
    public func run(
        frames: Int = 8, pictureSize: Int = 224, spectrogramSeconds: Double = 30,
        seconds: Double = 2
    ) throws -> Report {
        precondition(
            frames > 0 && pictureSize > 0 && spectrogramSeconds > 0 && seconds > 0,
            "media: \(frames) frames of \(pictureSize), \(spectrogramSeconds) s of sound")
        let pictures = try hasVideo ? measurePictures(frames, pictureSize, seconds) : nil
        let sound = try hasSound ? measureSound(spectrogramSeconds, seconds) : nil
        return Report(
            bench: "duet_media", file: URL(fileURLWithPath: path).lastPathComponent,
            frames: frames, pictureSize: pictureSize, decodedFramesPerS: pictures?.decoded,
            resizedFramesPerS: pictures?.resized,
            framesPerS: pictures.map { 1 / (1 / $0.decoded + 1 / $0.resized) },
            spectrogramSeconds: spectrogramSeconds, decodedSoundSecondsPerS: sound?.decoded,
            spectrogramsPerS: sound?.spectrograms,
            peakRssMb: Double(Machine.peakMemory) / 1_048_576)
    }

    private var hasVideo: Bool { information.video != nil }
    private var hasSound: Bool { information.audio != nil }

    private func measurePictures(
        _ frames: Int, _ size: Int, _ seconds: Double
    ) throws -> (decoded: Double, resized: Double) {
        var pictures: [Picture] = []
        let decoded = try rate(seconds: seconds) {
            pictures = try VideoReader.frames(
                of: path, count: frames, threadCount: Parallel.threadCount)
            return Double(frames)
        }
        let resized = rate(seconds: seconds) {
            for picture in pictures {
                _ = picture.resized(shortestSide: size, filter: .bicubic)
                    .centerCropped(width: size, height: size)
            }
            return Double(pictures.count)
        }
        return (decoded, resized)
    }

    private func measureSound(
        _ length: Double, _ seconds: Double
    ) throws -> (decoded: Double, spectrograms: Double) {
        let configuration = LogMelSpectrogram.Configuration.whisper(
            bandCount: 80, seconds: length)
        let rateHertz = configuration.sampleRateHertz
        var sound = Waveform(samples: [], sampleRateHertz: rateHertz)
        let decoded = try rate(seconds: seconds) {
            sound = try AudioReader.waveform(of: path, sampleRateHertz: rateHertz)
            return sound.durationSeconds
        }
        let spectrogram = try LogMelSpectrogram(configuration)
        let spectrograms = try rate(seconds: seconds) {
            _ = try spectrogram.frames(of: sound)
            return 1
        }
        return (decoded, spectrograms)
    }

    /// Units a second of something that says how many units it made.
    private func rate(seconds: Double, _ body: () throws -> Double) rethrows -> Double {
        let start = Date()
        var units = 0.0
        repeat { units += try body() } while -start.timeIntervalSinceNow < seconds
        return units / -start.timeIntervalSinceNow
    }
}

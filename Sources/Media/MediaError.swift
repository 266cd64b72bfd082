/// What is wrong with a picture, video or sound, and what to do about it.
public struct MediaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sort of problem, for callers that treat some of them on their own.
    public enum Kind: String, Sendable {
        /// No file has this path, or it may not be read.
        case missing
        /// The path names a folder, a pipe or a device.
        case notAFile
        /// The file, or the stream asked for, holds nothing.
        case empty
        /// No reader knows the format.
        case unrecognized
        /// The format is known, but this use of it is not handled.
        case unsupported
        /// The file holds no pictures.
        case noVideo
        /// The file holds no sound.
        case noAudio
        /// The file ends before what it declares.
        case truncated
        /// The file's content contradicts its format.
        case damaged
        /// The file declares a size beyond what is accepted.
        case tooLarge
        /// The sound holds samples that are not finite.
        case invalidSamples
        /// A time, size or setting asked for does not exist.
        case outOfRange
    }

    /// The sort of problem.
    public let kind: Kind
    /// The file, or the setting, that is wrong.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// The problem as one line: subject, what is wrong, what to try.
    public var description: String {
        hint.isEmpty ? "\(subject): \(detail)" : "\(subject): \(detail); \(hint)"
    }

    package init(_ kind: Kind, _ subject: String, _ detail: String, hint: String = "") {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }
}

/// The sizes beyond which a file is taken to be broken or hostile.
enum MediaLimits {
    static let pixelsPerSide = 16_384
    static let pixelsPerPicture = 1 << 26
    static let durationSeconds = 86_400.0
    static let sampleRatesHertz = 1_000...768_000
    static let channelCount = 64
    /// The longest wait for a track to begin; the wait is filled with silence.
    static let startOffsetSeconds = 600.0
    /// The largest single block libav may allocate.
    static let libavBlockBytes = 1 << 30

    static func check(pixelsWide: Int, pixelsHigh: Int, path: String) throws(MediaError) {
        guard pixelsWide > 0, pixelsHigh > 0 else {
            throw MediaError(
                .damaged, path, "pictures of \(pixelsWide) × \(pixelsHigh) pixels",
                hint: "convert the file again from its source")
        }
        guard max(pixelsWide, pixelsHigh) <= pixelsPerSide,
            pixelsWide * pixelsHigh <= pixelsPerPicture
        else {
            throw MediaError(
                .tooLarge, path,
                "pictures of \(pixelsWide) × \(pixelsHigh) pixels; "
                    + "expected at most \(pixelsPerSide) a side and \(pixelsPerPicture) in all",
                hint: "scale the file down first")
        }
    }

    static func check(sampleRateHertz: Int, channelCount: Int, path: String) throws(MediaError) {
        guard sampleRatesHertz.contains(sampleRateHertz) else {
            throw MediaError(
                .unsupported, path,
                "sound of \(sampleRateHertz) samples a second; expected "
                    + "\(sampleRatesHertz.lowerBound) to \(sampleRatesHertz.upperBound)",
                hint: "resample the file first")
        }
        guard (1...self.channelCount).contains(channelCount) else {
            throw MediaError(
                .unsupported, path,
                "sound of \(channelCount) channels; expected 1 to \(self.channelCount)",
                hint: "mix the channels down first")
        }
    }

    static func check(durationSeconds: Double, path: String) throws(MediaError) {
        guard durationSeconds <= self.durationSeconds else {
            throw MediaError(
                .tooLarge, path,
                "lasts \(durationSeconds) seconds; expected at most \(self.durationSeconds)",
                hint: "cut the file into clips")
        }
    }
}

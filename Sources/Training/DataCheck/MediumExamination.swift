internal import Files
internal import Media

/// A medium and what it is asked for.
struct MediumUse: Sendable {
    let path: String
    var isSeen = false
    var isHeard = false
}

/// What decoding a medium from its first byte to its last brings to light.
struct MediumExamination: Sendable {
    /// SHA-256 of its bytes; nil when they cannot be read.
    private(set) var digest: String?
    /// When the last picture goes; nil for still pictures and where nothing is seen.
    private(set) var picturesEndSeconds: Double?
    /// When the sound ends; nil where nothing is heard.
    private(set) var soundEndSeconds: Double?
    private(set) var problems: [(kind: DataFinding.Kind, detail: String)] = []

    /// A sound is silent when no sample is above this, 80 decibels below full scale: what rounding to
    /// 16 bits and lossy coding leave of digital silence stays below.
    private static let silentPeak: Float = 1e-4
    /// Pictures are black when no red, green or blue is above this of 255: black of studio range, and
    /// what lossy coding makes of black, stay below.
    private static let blackLevel: UInt8 = 16

    init(_ use: MediumUse) {
        do {
            digest = try SHA256.hexDigest(ofFile: use.path)
        } catch {
            note(.undecodable, (error as? FileError)?.detail ?? "\(error)")
            return
        }
        do throws(MediaError) {
            if use.isSeen { try examinePictures(use.path) }
        } catch {
            note(error)
        }
        do throws(MediaError) {
            if use.isHeard { try examineSound(use.path) }
        } catch {
            note(error)
        }
    }

    private mutating func examinePictures(_ path: String) throws(MediaError) {
        let found = try VideoReader.examination(of: path, darkLevel: Self.blackLevel)
        picturesEndSeconds = found.endSeconds
        if found.isDark {
            let what = found.pictureCount == 1 ? "the picture is" : "all pictures are"
            note(.black, "\(what) black: nothing above \(Self.blackLevel) of 255")
        }
    }

    private mutating func examineSound(_ path: String) throws(MediaError) {
        guard let sound = try MediaInformation.probe(path).audio else {
            throw MediaError(.noAudio, path, "has no sound stream")
        }
        let waveform = try AudioReader.waveform(of: path, sampleRateHertz: sound.sampleRateHertz)
        soundEndSeconds = waveform.durationSeconds
        if waveform.peak < Self.silentPeak {
            note(.silent, "the sound is silent: no sample above \(Self.silentPeak) of full scale")
        }
    }

    private mutating func note(_ kind: DataFinding.Kind, _ detail: String) {
        problems.append((kind, detail))
    }

    private mutating func note(_ error: MediaError) {
        let kind: DataFinding.Kind =
            switch error.kind {
            case .missing, .notAFile: .missing
            case .empty: .empty
            case .noAudio: .noSound
            case .noVideo: .noPictures
            default: .undecodable
            }
        // A file that is empty or broken is told once, however often it is asked for.
        if !problems.contains(where: { $0.kind == kind }) { note(kind, error.detail) }
    }
}

import Media

/// What a picture, video or sound file holds.
package struct MediaInspection: Sendable, Encodable {
    /// The pictures of a file.
    package struct Pictures: Sendable, Encodable {
        package let codec: String
        package let pixelsWide: Int
        package let pixelsHigh: Int
        package let framesPerSecond: Double?
    }

    /// The sound of a file.
    package struct Sound: Sendable, Encodable {
        package let codec: String
        package let sampleRateHertz: Int
        package let channelCount: Int
    }

    package let kind = "media"
    package let path: String
    package let format: String
    package let durationSeconds: Double?
    package let pictures: Pictures?
    package let sound: Sound?

    private enum CodingKeys: String, CodingKey {
        case kind, path, format, durationSeconds, pictures, sound
    }

    /// Reads what the file says about itself, and decodes a picture that does not tell its size.
    ///
    /// Throws: `MediaError`
    package init(_ path: String) throws {
        let information = try MediaInformation.probe(path)
        self.path = path
        format = information.formatName
        durationSeconds = information.durationSeconds
        pictures = try information.video.map { video in
            let decoded: Picture? =
                video.pixelsWide > 0 && video.pixelsHigh > 0
                ? nil : try VideoReader.frames(of: path, count: 1).first
            return Pictures(
                codec: video.codecName, pixelsWide: decoded?.pixelsWide ?? video.pixelsWide,
                pixelsHigh: decoded?.pixelsHigh ?? video.pixelsHigh,
                framesPerSecond: video.framesPerSecond)
        }
        sound = information.audio.map {
            Sound(
                codec: $0.codecName, sampleRateHertz: $0.sampleRateHertz,
                channelCount: $0.channelCount)
        }
    }

    /// The file as aligned lines.
    package var text: String {
        var facts: [(name: String, value: String)] = [("file", path), ("format", format)]
        if let durationSeconds {
            facts.append(("duration", "\(Quantity.fixed(durationSeconds, digits: 2)) s"))
        }
        if let pictures {
            let rate: String =
                pictures.framesPerSecond.map { ", \(Quantity.number($0)) frames a second" } ?? ""
            facts.append(
                (
                    "pictures",
                    "\(pictures.codec), \(pictures.pixelsWide) × \(pictures.pixelsHigh)\(rate)"
                ))
        } else {
            facts.append(("pictures", "none"))
        }
        facts.append(
            (
                "sound",
                sound.map {
                    "\($0.codec), \(Quantity.count($0.sampleRateHertz)) Hz, "
                        + ($0.channelCount == 1 ? "1 channel" : "\($0.channelCount) channels")
                } ?? "none"
            ))
        return Table(facts: facts).text
    }
}

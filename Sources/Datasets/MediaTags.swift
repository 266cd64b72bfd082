/// The words in a question that mark where features of a picture or a sound go.
public struct MediaTags: Sendable, Hashable {
    /// Names that stand for a picture or a video.
    public let visual: [String]
    /// Names that stand for a sound.
    public let audio: [String]
    private let names: [Name]

    private struct Name: Sendable, Hashable {
        let bytes: [UInt8]
        let kind: MediaKind
    }

    /// `<video>` and `<image>` for pictures, `<audio>` for sound, as LLaVA and VideoLLaMA2 write them.
    public static let standard = MediaTags(
        checkedVisual: ["<video>", "<image>"], audio: ["<audio>"])

    /// Tags with names of one's own.
    ///
    /// Throws: `DatasetError.Kind.invalidTags` when a name is empty or part of another
    public init(visual: [String], audio: [String]) throws(DatasetError) {
        let names: [String] = visual + audio
        for (index, name) in names.enumerated() {
            let clash: String? = names.enumerated().first { other in
                other.offset != index && other.element.contains(name)
            }?.element
            if name.isEmpty || clash != nil {
                throw DatasetError(
                    .invalidTags, "media tag \"\(name)\"",
                    name.isEmpty ? "is empty" : "is part of the tag \"\(clash ?? name)\"",
                    hint: "expected names that differ, such as <video> and <audio>")
            }
        }
        self.init(checkedVisual: visual, audio: audio)
    }

    private init(checkedVisual visual: [String], audio: [String]) {
        self.visual = visual
        self.audio = audio
        names =
            visual.map { Name(bytes: Array($0.utf8), kind: .visual) }
            + audio.map { Name(bytes: Array($0.utf8), kind: .audio) }
    }

    /// A stretch of text, or a tag between two stretches.
    package enum Piece: Equatable {
        case text(Substring)
        case media(MediaKind)

        var isMedia: Bool {
            if case .media = self { true } else { false }
        }
    }

    /// The text cut at its tags, without empty stretches.
    package func pieces(of text: String) -> [Piece] {
        let firstBytes: [UInt8] = names.compactMap(\.bytes.first)
        let bytes = text.utf8
        var pieces: [Piece] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            if firstBytes.contains(bytes[index]),
                let name = names.first(where: { bytes[index...].starts(with: $0.bytes) })
            {
                if start < index { pieces.append(.text(text[start..<index])) }
                pieces.append(.media(name.kind))
                index = bytes.index(index, offsetBy: name.bytes.count)
                start = index
            } else {
                bytes.formIndex(after: &index)
            }
        }
        if start < index { pieces.append(.text(text[start..<index])) }
        return pieces
    }

    /// How many tags of a kind the text holds.
    package func count(of kind: MediaKind, in text: String) -> Int {
        pieces(of: text).count { $0 == .media(kind) }
    }

    /// The names of a kind, for messages.
    package func names(of kind: MediaKind) -> String {
        (kind == .visual ? visual : audio).joined(separator: " or ")
    }
}

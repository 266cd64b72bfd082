/// Brings records of a format into the form of rows with conversations.
struct RowMaker {
    let format: AnnotationFormat
    /// The name of a row's medium, from its fields.
    let mediaName: String
    /// Whether that name is the format's own.
    let hasOwnMediaName: Bool
    /// What is asked about captions.
    let question: String
    /// The tags of a video, and of its own sound where that is heard.
    let videoTags: String
    let visualTag: String
    let audioTag: String
    /// Rows or names from a file beside the annotations, by id.
    let companion: [String: JSONValue]
    var undisclosedCount = 0
    var deletedCount = 0

    /// What stands for an answer that is kept from the public.
    static let undisclosed = "__UNDISCLOSED__"

    /// Throws: `DatasetError` when a file that belongs to the format is missing beside the source
    init(
        _ source: AnnotationSource, format: AnnotationFormat, tags: MediaTags
    ) throws(DatasetError) {
        self.format = format
        mediaName = source.mediaName ?? format.mediaName ?? ""
        hasOwnMediaName = source.mediaName == nil
        question = source.question ?? format.question ?? ""
        visualTag = tags.visual.first ?? "<video>"
        audioTag = tags.audio.first ?? "<audio>"
        let isHeard: Bool = source.hearsVideos ?? (format.hearsVideos && !tags.audio.isEmpty)
        videoTags = visualTag + "\n" + (isHeard ? audioTag + "\n" : "")
        switch format {
        case .activityNetQA: companion = try CompanionFile.answers(beside: source.path)
        case .msvdQA where hasOwnMediaName:
            companion = try CompanionFile.youtubeNames(beside: source.path)
        default: companion = [:]
        }
    }

    /// What was left out on purpose.
    var remarks: [String] {
        var remarks: [String] = []
        if undisclosedCount > 0 {
            remarks.append(
                "\(undisclosedCount) answers are \(Self.undisclosed); these questions are left out")
        }
        if deletedCount > 0 {
            remarks.append("\(deletedCount) rows are marked question_deleted and left out")
        }
        return remarks
    }

    /// The rows of a record, several where it holds several captions; `number` counts records from 1.
    mutating func rows(of value: JSONValue, number: Int) -> [AnnotationRow] {
        guard format != .llava else { return [AnnotationRow(value)] }
        guard case .object(let members) = value else {
            var row = AnnotationRow(id: nil)
            row.problems = ["is \(value.kind); expected an object of the format \(format.rawValue)"]
            return [row]
        }
        let fields = RecordFields(members)
        switch format {
        case .llava, .videoChatGPT: return [videoChatGPT(fields, number: number)]
        case .videoChat: return [videoChat(fields)]
        case .webVid: return captions(fields, id: "videoid", ["name"])
        case .audioCaps: return captions(fields, id: "audiocap_id", ["caption"])
        case .clotho: return captions(fields, id: "file_name", fields.captionKeys)
        case .wavCaps:
            return captions(fields, id: fields.has("wav") ? "wav" : "id", fields.captionKeys)
        case .avsd: return dialogue(fields)
        case .musicAVQA: return musicAVQA(fields)
        case .activityNetQA: return [activityNetQA(fields)]
        case .msrvttQA: return [videoQA(fields)]
        case .msvdQA: return [msvdQA(fields)]
        }
    }

    /// A row about a video, or about a sound, with its turns.
    static func row(
        id: String?, video: String? = nil, sound: String? = nil, _ turns: [AnnotationTurn],
        _ problems: [String]
    ) -> AnnotationRow {
        var row = AnnotationRow(id: id.flatMap { $0.isEmpty ? nil : $0 })
        if let video { row.videos = [.init(key: "video", paths: [video])] }
        if let sound { row.audios = [.init(key: "audio", paths: [sound])] }
        row.turns = turns
        row.problems = problems
        return row
    }

    /// A row for each caption of a record.
    private func captions(
        _ fields: RecordFields, id key: String, _ captionKeys: [String]
    ) -> [AnnotationRow] {
        var fields = fields
        let id: String = fields.name(key)
        let isOwnPath: Bool = fields.has("wav") && hasOwnMediaName
        let path: String = fields.filled(isOwnPath ? "{wav}" : mediaName)
        let captions: [String] = captionKeys.map { fields.answer($0) }
        guard fields.problems.isEmpty else { return [Self.row(id: id, [], fields.problems)] }
        let isVideo: Bool = format == .webVid
        let asked: String = (isVideo ? videoTags : audioTag + "\n") + question
        return captions.enumerated().map { index, caption in
            Self.row(
                id: captions.count == 1 ? id : "\(id)/\(index + 1)",
                video: isVideo ? path : nil, sound: isVideo ? nil : path,
                AnnotationTurn.pair(asked, caption), [])
        }
    }
}

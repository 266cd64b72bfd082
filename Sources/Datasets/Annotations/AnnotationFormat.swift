/// How the rows of an annotation file are laid out.
public enum AnnotationFormat: String, Sendable, CaseIterable {
    /// Rows with `conversations` or `messages`: LLaVA, VideoLLaMA2, Valley, ms-swift, LLaMA-Factory.
    case llava
    /// Rows with `q`, `a` and `video_id`, or conversations about `<id>.pkl`.
    case videoChatGPT = "video-chatgpt"
    /// Rows with `video` and `QA`, a list of `q` and `a`.
    case videoChat = "videochat"
    /// A table with the columns `videoid`, `name` and `page_dir`.
    case webVid = "webvid"
    /// A table with the columns `youtube_id` and `caption`.
    case audioCaps = "audiocaps"
    /// A table with the columns `file_name` and `caption`, or `caption_1` and so on.
    case clotho
    /// Rows under `data` with `id` and `caption`, or with `wav` and `caption_1` and so on.
    case wavCaps = "wavcaps"
    /// Dialogues under `dialogs` with `image_id` and `dialog`.
    case avsd
    /// Rows with `question_content`, `templ_values` and `anser`.
    case musicAVQA = "music-avqa"
    /// Questions whose answers stand in a second file, `_a.json` beside `_q.json`.
    case activityNetQA = "activitynet-qa"
    /// Rows with `question`, `answer` and `video_id`, videos named `video<id>`.
    case msrvttQA = "msrvtt-qa"
    /// Rows with `question`, `answer` and `video_id`, videos named by `youtube_mapping.txt`.
    case msvdQA = "msvd-qa"

    /// The name of a row's medium, with the row's own fields in braces and `.*` for whatever media
    /// extension is there; nil where rows hold paths.
    public var mediaName: String? {
        switch self {
        case .llava, .videoChat: nil
        case .videoChatGPT: "{video_id}.*"
        case .webVid: "{page_dir}/{videoid}.mp4"
        case .audioCaps: "{youtube_id}.*"
        case .clotho: "{file_name}"
        case .wavCaps: "{id}.*"
        case .avsd: "{image_id}.*"
        case .musicAVQA: "{video_id}.*"
        case .activityNetQA: "v_{video_name}.*"
        case .msrvttQA: "video{video_id}.*"
        case .msvdQA: "{youtube_name}.*"
        }
    }

    /// What is asked where rows hold only captions; nil where they hold questions.
    public var question: String? {
        switch self {
        case .webVid: "Describe the video."
        case .audioCaps, .clotho, .wavCaps: "Describe the sound."
        default: nil
        }
    }

    /// Whether questions are about the sound of the videos as well.
    public var hearsVideos: Bool { self == .avsd || self == .musicAVQA }

    /// The format of a file by the keys of its first row; nil when none has them.
    static func recognised(_ members: [JSONValue.Member]) -> AnnotationFormat? {
        let keys = Set(members.map(\.key))
        func has(_ names: String...) -> Bool { keys.isSuperset(of: names) }
        if has("conversations") || has("messages") || has("conversation") {
            guard case .string(let video)? = members["video"] else { return .llava }
            return video.hasSuffix(".pkl") ? .videoChatGPT : .llava
        }
        if has("q", "a", "video_id") { return .videoChatGPT }
        if has("QA") { return .videoChat }
        if has("videoid", "name") { return .webVid }
        if has("youtube_id", "caption") { return .audioCaps }
        if has("file_name") && (has("caption") || has("caption_1")) { return .clotho }
        if has("image_id", "dialog") { return .avsd }
        if has("question_content") { return .musicAVQA }
        if has("question", "question_id", "video_name") { return .activityNetQA }
        if has("question", "answer", "video_id") {
            return has("category_id") ? .msrvttQA : .msvdQA
        }
        if has("caption", "id") || has("wav", "caption_1") { return .wavCaps }
        return nil
    }
}

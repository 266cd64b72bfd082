/// A question and the answer to be learnt.
public struct Turn: Sendable, Hashable {
    /// The user's text; in the first turn it holds the media tags.
    public let question: String
    /// What the model is to say.
    public let answer: String

    /// A turn from its texts.
    public init(question: String, answer: String) {
        self.question = question
        self.answer = answer
    }
}

/// One row of an annotation file: its media, and the conversation about them.
public struct Sample: Sendable, Hashable, Identifiable {
    /// Unique in its file.
    public let id: String
    /// The picture or video, as a path that can be opened.
    public let visualPath: String?
    /// The sound, as a path that can be opened; equal to `visualPath` when it is the video's own track.
    public let audioPath: String?
    /// A system prompt of the sample's own, which takes the place of the run's.
    public let systemPrompt: String?
    /// The conversation.
    public let turns: [Turn]
    /// The name of the task, for reports.
    public let task: String?
    /// The split it belongs to, where its row says so.
    public let split: String?
    /// The canonical answer, for evaluation.
    public let answer: String?
    /// The answers to choose from by likelihood; empty when the answer is to be generated.
    public let choices: [String]
    /// Further spellings that count as right.
    public let accept: [String]
    /// The media without which the question cannot be answered.
    public let requires: Set<MediaKind>

    /// A sample from its parts.
    public init(
        id: String, visualPath: String? = nil, audioPath: String? = nil,
        systemPrompt: String? = nil, turns: [Turn], task: String? = nil,
        split: String? = nil, answer: String? = nil,
        choices: [String] = [], accept: [String] = [], requires: Set<MediaKind> = []
    ) {
        self.id = id
        self.visualPath = visualPath
        self.audioPath = audioPath
        self.systemPrompt = systemPrompt
        self.turns = turns
        self.task = task
        self.split = split
        self.answer = answer
        self.choices = choices
        self.accept = accept
        self.requires = requires
    }

    /// What the sample shows the model.
    public var modality: Modality {
        Modality(hasVisual: visualPath != nil, hasAudio: audioPath != nil)
    }
}

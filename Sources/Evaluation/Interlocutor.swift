public import Datasets
public import Training

/// Answers one question at a time.
public struct Interlocutor {
    private let bench: Workbench
    private let settings: Generator.Settings

    /// - Parameter settings: how answers are written.
    public init(_ bench: Workbench, settings: Generator.Settings = Generator.Settings()) {
        self.bench = bench
        self.settings = settings
    }

    /// The answer to a sample's last question; `onText` gets it piece by piece.
    ///
    /// Throws: when the sample's media cannot be read or its question does not fit the model
    public func answer(
        to sample: Sample, onText: (String) throws -> Void = { _ in }
    ) async throws -> Generator.Answer {
        try await bench.features.prepare([sample], variants: false)
        let reader = bench.features.reader
        let prompt = Prompt(
            try bench.prompts.prompt(for: sample, mediaTokens: reader.tokenCounts),
            visual: sample.visualPath.map { .file(path: $0, variant: 0) },
            audio: sample.audioPath.map { .file(path: $0, variant: 0) })
        let generator = Generator(
            model: bench.model, tokenizer: bench.tokenizer, features: reader.tokens,
            settings: settings)
        return try generator.answers(to: [prompt]) { _, text in try onText(text) }[0]
    }
}

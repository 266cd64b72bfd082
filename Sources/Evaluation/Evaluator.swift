public import Datasets
import Models
public import Training

/// Asks a model the questions of annotated samples and judges its answers.
///
/// A sample with `choices` is answered with the likeliest of them, any other by writing; its last
/// question counts, after the earlier answers as they are annotated. Samples without an `answer`
/// are not asked.
public struct Evaluator {
    /// Rows of one forward pass when choices are scored.
    private static let rowsPerPass = 2_048
    /// Prompts answered together.
    private static let promptsPerBatch = 16

    private let bench: Workbench
    private let ablation: Ablation
    private let generation: Generator.Settings

    /// - Parameters:
    ///   - ablation: what of the media is held back, to see what the answers depend on.
    ///   - generation: how answers are written where there are no choices.
    public init(
        _ bench: Workbench, ablation: Ablation = [],
        generation: Generator.Settings = Generator.Settings()
    ) {
        self.bench = bench
        self.ablation = ablation
        self.generation = generation
    }

    /// The samples that are asked: those with an answer.
    public static func scored(_ samples: [Sample]) -> [Sample] {
        samples.filter { $0.answer != nil }
    }

    /// Asks the samples with an answer and returns them judged, in their order.
    ///
    /// - Parameter progress: gets how many are done, and of how many.
    /// Throws: the first medium that cannot be read, the first prompt that is too long
    public func rows(
        for samples: [Sample], encoding: (Int, Int) -> Void = { _, _ in },
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> [ScoredRow] {
        let samples: [Sample] = Self.scored(samples)
        try await bench.features.prepare(
            samples, variants: false, ablations: !ablation.isEmpty, progress: encoding)
        var rows = [ScoredRow?](repeating: nil, count: samples.count)
        var doneCount = 0
        func finish(_ answers: [(index: Int, given: String)], _ method: ScoredRow.Method) {
            for (index, given) in answers {
                rows[index] = ScoredRow(
                    samples[index], answer: samples[index].answer ?? "", given: given,
                    method: method)
            }
            doneCount += answers.count
            progress(doneCount, samples.count)
        }
        let (closed, open) = Self.split(samples)
        for batch in try closedBatches(closed, samples) {
            finish(try choose(batch, samples), .likelihood)
        }
        for start in stride(from: 0, to: open.count, by: Self.promptsPerBatch) {
            let batch = open[start..<min(start + Self.promptsPerBatch, open.count)]
            finish(try write(Array(batch), samples), .generation)
        }
        return rows.compactMap(\.self)
    }

    /// Indices of samples with choices, neighbours on the same media, and of those without,
    /// neighbours of similar length.
    private static func split(_ samples: [Sample]) -> (closed: [Int], open: [Int]) {
        func order(_ index: Int) -> (String, String, Int) {
            (samples[index].visualPath ?? "", samples[index].audioPath ?? "", index)
        }
        return (
            samples.indices.filter { !samples[$0].choices.isEmpty }
                .sorted { order($0) < order($1) },
            samples.indices.filter { samples[$0].choices.isEmpty }
        )
    }

    private func prompt(for sample: Sample) throws -> Prompt {
        let presented = PresentedSample(sample, withholding: ablation)
        return Prompt(
            try bench.prompts.prompt(for: sample, mediaTokens: bench.features.reader.tokenCounts),
            visual: presented.visual, audio: presented.audio)
    }

    /// Questions with their samples' indices, as many together as one forward pass takes.
    private func closedBatches(
        _ indices: [Int], _ samples: [Sample]
    ) throws -> [[(index: Int, question: LikelihoodScorer.Question)]] {
        var batches: [[(index: Int, question: LikelihoodScorer.Question)]] = []
        var forest = PromptForest()
        for index in indices {
            let prompt = try prompt(for: samples[index])
            _ = forest.insert(prompt)
            if batches.isEmpty || forest.rowCount > Self.rowsPerPass {
                forest = PromptForest()
                _ = forest.insert(prompt)
                batches.append([])
            }
            batches[batches.count - 1].append(
                (index, LikelihoodScorer.Question(prompt, choices: samples[index].choices)))
        }
        return batches
    }

    private func choose(
        _ batch: [(index: Int, question: LikelihoodScorer.Question)], _ samples: [Sample]
    ) throws -> [(index: Int, given: String)] {
        let scorer = LikelihoodScorer(
            model: bench.model, features: bench.features.reader.tokens,
            continuation: bench.prompts.continuation)
        let scores = try scorer.scores(of: batch.map(\.question))
        return zip(batch, scores).map { entry, scores in
            let best: Int = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
            return (entry.index, samples[entry.index].choices[best])
        }
    }

    private func write(
        _ batch: [Int], _ samples: [Sample]
    ) throws -> [(index: Int, given: String)] {
        let generator = Generator(
            model: bench.model, tokenizer: bench.tokenizer, features: bench.features.reader.tokens,
            settings: generation)
        let answers = try generator.answers(to: try batch.map { try prompt(for: samples[$0]) })
        return zip(batch, answers).map { ($0, $1.text) }
    }
}

internal import Foundation
internal import Kernels
internal import Layers
internal import Models
internal import Tensors
internal import Tokenization
internal import WeightFiles

/// Reading a prompt and greedy writing, timed, on one language model.
public struct GenerationBenchmark {
    /// What was measured.
    public struct Report: Sendable, Codable {
        let bench: String
        /// Threads in use.
        public let threads: Int
        /// The model's file.
        let weights: String
        /// Whether the weights stayed as the file stores them.
        let isStored: Bool
        /// Sequences written at the same time.
        public let batch: Int
        /// Tokens of each prompt.
        public let prompt: Int
        /// Tokens written to each prompt.
        public let new: Int
        let prefillS: Double
        /// Prompt tokens read a second.
        public let prefillTokensPerS: Double
        /// Tokens written a second, of all sequences together.
        public let decodeTokensPerS: Double
        let promptIds: [Int32]
        let newIds: [Int32]
        let newText: String?
        /// Peak resident memory in MiB.
        public let peakRssMb: Double
        /// The BLAS kernels in use.
        public let blasCore: String

        /// JSON with the reference programs' field names.
        public func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    private struct Run {
        let prefillSeconds: Double
        let decodeSeconds: Double
        let tokens: [Int32]
    }

    /// What the prompt is taken from, as often as needed.
    private static let text = """
        A camera looks over a narrow street in the early morning. A delivery van stops in front \
        of a bakery, and a man in a white apron carries out two trays of bread. In the \
        background a church bell rings seven times while a dog barks at a passing bicycle. The \
        woman on the bicycle laughs, waves to the baker, and turns left at the corner, where a \
        tram is waiting for its passengers. Question: what can be heard in the clip, and how \
        does it relate to what can be seen? Answer: the bell tells us the hour, the barking \
        belongs to the small brown dog beside the fountain, and the low hum under everything is \
        the engine of the van, which the driver has left running.

        """

    private let path: String
    private let isStored: Bool
    private let model: LanguageModel
    private let tokenizer: Tokenizer?

    /// Opens a language model; one without a tokenizer gets made-up tokens.
    ///
    /// Throws: when the file is no language model
    public init(model path: String, isStored: Bool = true) throws {
        self.path = path
        self.isStored = isStored
        let language = try LanguageModelFile(path: path)
        model = try Blueprint(
            source: language.weights, frozenWeights: isStored ? .asStored : .float32
        ).assemble { try LanguageModel(language.configuration, at: $0) }.model
        tokenizer =
            LanguageText.hasVocabulary(language.file, path: path)
            ? try Tokenizer(vocabulary: LanguageText.vocabulary(language.file, path: path)) : nil
    }

    /// Reads a prompt and writes tokens some times over; the first time is not counted.
    ///
    /// Traps: when a count is not positive
    public func run(
        promptTokens: Int, newTokens: Int, batch: Int = 1, repetitions: Int = 3,
        progress: (Int) -> Void = { _ in }
    ) -> Report {
        precondition(
            promptTokens > 0 && newTokens > 1 && batch > 0 && repetitions > 0,
            "generation: prompt \(promptTokens), new \(newTokens), batch \(batch)")
        let prompt = promptIDs(count: promptTokens)
        var runs: [Run] = []
        for repetition in 0...repetitions {
            runs.append(withoutGradients { run(prompt, newTokens: newTokens, batch: batch) })
            progress(repetition)
        }
        func median(_ value: (Run) -> Double) -> Double {
            let sorted = runs.dropFirst().map(value).sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        let prefill = median(\.prefillSeconds)
        let tokens = runs[0].tokens
        return Report(
            bench: "duet_generate", threads: Parallel.threadCount,
            weights: URL(fileURLWithPath: path).lastPathComponent, isStored: isStored,
            batch: batch, prompt: promptTokens, new: newTokens, prefillS: prefill,
            prefillTokensPerS: Double(promptTokens * batch) / prefill,
            decodeTokensPerS: Double((newTokens - 1) * batch) / median(\.decodeSeconds),
            promptIds: prompt, newIds: tokens, newText: tokenizer?.decode(tokens),
            peakRssMb: Double(Machine.peakMemory) / 1_048_576, blasCore: Machine.current.core)
    }

    private func run(_ prompt: [Int32], newTokens: Int, batch: Int) -> Run {
        let start = Date()
        let prompts = [[Int32]](repeating: prompt, count: batch)
        var (hidden, cache) = model.prefill(
            model.embeddings(of: prompts.flatMap { $0 }), lengths: prompts.map(\.count))
        var tokens = model.likeliestTokens(hidden)
        var written = [tokens[0]]
        let middle = Date()
        for _ in 1..<newTokens {
            hidden = model.decode(model.embeddings(of: tokens), cache: &cache)
            tokens = model.likeliestTokens(hidden)
            written.append(tokens[0])
        }
        let end = Date()
        return Run(
            prefillSeconds: middle.timeIntervalSince(start),
            decodeSeconds: end.timeIntervalSince(middle), tokens: written)
    }

    private func promptIDs(count: Int) -> [Int32] {
        let words: [Int32] =
            tokenizer?.encode(Self.text)
            ?? (0..<count).map { Int32($0 * 7_919 % model.configuration.vocabularyCount) }
        return (0..<count).map { words[$0 % words.count] }
    }
}

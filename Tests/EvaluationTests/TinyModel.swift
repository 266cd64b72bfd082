import Datasets
import Evaluation
import Layers
import Models
import Tensors
import Tokenization
import Training

/// An untrained model of a few thousand numbers that reads bytes, with features made up for tests.
struct TinyModel {
    static let endID: Int32 = 257
    let model: AudioVisualModel
    let tokenizer: Tokenizer
    let prompts: PromptEncoder
    let mediaTokens = MediaTokenCounts(visual: 3, audio: 2)

    init(seed: UInt64 = 7) throws {
        let configuration = try LanguageModelConfiguration(
            vocabularyCount: 259, hiddenSize: 16, feedForwardSize: 24, layerCount: 2,
            queryHeadCount: 4, keyValueHeadCount: 2, headSize: 4, normEpsilon: 1e-5,
            rotaryBase: 10_000, positionCount: 400, isTied: false)
        let blueprint = Blueprint(
            source: DictionaryWeights([:]),
            plan: TrainingPlan(trained: ["model.mm_projector*.weight", "model.mm_projector*.bias"]),
            fresh: ["*"], seed: seed)
        model = try blueprint.assemble {
            try AudioVisualModel(
                configuration, visualFeatureSize: 5, audioFeatureSize: 4, at: $0)
        }.model
        tokenizer = try Self.byteTokenizer()
        prompts = PromptEncoder(
            tokenizer: tokenizer, template: ChatTemplate(), maximumTokenCount: 400)
    }

    /// Features that are a function of what they are said to be of.
    func features(_ reference: MediaReference, _ kind: MediaKind) -> Tensor {
        let (count, size): (Int, Int) = kind == .visual ? (3, 5) : (2, 4)
        let offset: Double =
            switch reference {
            case .file(let path, _): path.utf8.reduce(0) { $0 + Double($1) }
            case .nothing: 0
            }
        let values: [Float] = (0..<count * size).map {
            Float(($0 * 37 + Int(offset)) % 19) / 10 - 1
        }
        return Tensor(values, shape: [count, size])
    }

    /// A prompt about a picture, a sound, both or none.
    func prompt(_ question: String, visual: String? = nil, audio: String? = nil) throws -> Prompt {
        let tags: String = (visual == nil ? "" : "<video>") + (audio == nil ? "" : "<audio>")
        let sample = Sample(
            id: question, visualPath: visual, audioPath: audio,
            turns: [Turn(question: tags + question, answer: "")])
        return Prompt(
            try prompts.prompt(for: sample, mediaTokens: mediaTokens),
            visual: visual.map { .file(path: $0, variant: 0) },
            audio: audio.map { .file(path: $0, variant: 0) })
    }

    /// The 256 bytes and ChatML's special tokens.
    private static func byteTokenizer() throws -> Tokenizer {
        var next: UInt32 = 256
        let bytes: [String] = (UInt32(0)..<256).map { byte in
            let isPrintable: Bool =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            let scalar = Unicode.Scalar(isPrintable ? byte : next)
            if !isPrintable { next += 1 }
            return scalar.map(String.init) ?? ""
        }
        let special = [
            ChatTemplate.startOfTurn, ChatTemplate.endOfTurn, ChatTemplate.endOfDocument,
        ]
        return try Tokenizer(
            vocabulary: Vocabulary(
                tokens: bytes + special,
                kinds: Array(repeating: .normal, count: 256)
                    + Array(repeating: .control, count: 3),
                merges: [], preTokenizer: .gpt2))
    }
}

import Foundation
import Testing
import Tokenization
import WeightFiles

/// The same recorded texts through the whole vocabulary, read from the model file.
@Suite struct WholeVocabularyTests {
    private static let fileName = "SmolLM2-135M-Instruct.Q4_1.gguf"

    /// The model file in the user's cache, where a set-up has put it.
    private static let modelPath: String? = {
        let environment = ProcessInfo.processInfo.environment
        let cache =
            environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache"
        let assets = cache + "/duet/assets"
        let digests = FileManager.default.enumerator(atPath: assets)?.compactMap { $0 as? String }
        return digests?.first { $0.hasSuffix("/" + fileName) }.map { assets + "/" + $0 }
    }()

    @Test(
        .enabled(
            if: modelPath != nil,
            "the model file is not in the cache folder; `make assets` puts it there"))
    func everyRecordedTextAndConversationGivesTheRecordedIDs() throws {
        let file = try GGUF(path: try #require(Self.modelPath))
        let key = "tokenizer.ggml."
        let vocabulary = try Vocabulary(
            model: file.string(key + "model"), pre: file.string(key + "pre"),
            tokens: file.strings(key + "tokens"),
            tokenTypes: file.integers(key + "token_type"),
            merges: file.strings(key + "merges"),
            beginningOfTextID: file.integer(key + "bos_token_id"),
            endOfTextID: file.integer(key + "eos_token_id"))
        let tokenizer = try Tokenizer(vocabulary: vocabulary)
        for one in try Fixture.cases() {
            #expect(tokenizer.encode(one.text) == one.ids, "\(one.text)")
            #expect(tokenizer.decode(one.ids) == one.decoded, "\(one.text)")
        }
        let template = try ChatTemplate(jinja: file.string("tokenizer.chat_template"))
        for one in try Fixture.chat().cases {
            let segments = template.segments(
                try one.turns(), addingGenerationPrompt: one.add_generation_prompt)
            #expect(segments.flatMap { tokenizer.encode($0.text) } == one.ids)
        }
    }
}

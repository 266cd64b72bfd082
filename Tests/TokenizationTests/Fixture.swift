import Foundation
import TestKit
import Testing
import Tokenization

/// The recorded texts of SmolLM2 and the vocabulary they exercise.
enum Fixture {
    struct Case: Decodable {
        let text: String
        let ids: [Int32]
        let decoded: String
    }

    struct ChatCase: Decodable {
        struct Turn: Decodable {
            let role: String
            let content: String
        }
        let messages: [Turn]
        let add_generation_prompt: Bool
        let text: String
        let ids: [Int32]

        func turns() throws -> [Message] {
            try messages.map { Message(try #require(Message.Role(rawValue: $0.role)), $0.content) }
        }
    }

    struct Cases: Decodable {
        let cases: [Case]
    }

    struct ChatCases: Decodable {
        let chat_template: String
        let cases: [ChatCase]
    }

    struct Reduced: Decodable {
        let model: String
        let pre: String
        let beginning_id: Int32
        let end_id: Int32
        let ids: [Int32]
        let tokens: [String]
        let types: [Int]
        let merges: [String]

        func vocabulary() throws -> Vocabulary {
            let end = try #require(ids.firstIndex(of: end_id))
            let beginning = try #require(ids.firstIndex(of: beginning_id))
            return try Vocabulary(
                model: model, pre: pre, tokens: tokens, tokenTypes: types, merges: merges,
                beginningOfTextID: beginning, endOfTextID: end)
        }
    }

    static func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(
            type, from: try Data(contentsOf: Fixtures.url("tokenization/\(name)")))
    }

    static func cases() throws -> [Case] { try read(Cases.self, "smollm2_cases.json").cases }

    static func chat() throws -> ChatCases { try read(ChatCases.self, "smollm2_chat_cases.json") }

    static func reduced() throws -> Reduced { try read(Reduced.self, "smollm2_reduced.json") }

    static func tokenizer() throws -> Tokenizer {
        try Tokenizer(vocabulary: try reduced().vocabulary())
    }
}

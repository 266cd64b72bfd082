import Foundation
import Optimization
import Tensors
import Tokenization
import Training
import WeightFiles

extension Fixture {
    /// The factors that transformers' schedules give.
    private struct Course: Decodable {
        let schedule: String
        let warmup: Int
        let total: Int
        let factor: [Double]
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw VerificationError(
                subject: name, detail: "has other fields than expected",
                hint: "use a fixture that the reference program wrote")
        }
    }

    func checkSchedules(_ list: inout Checklist) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        for (name, courses) in Dictionary(
            grouping: try decoded([Course].self, data), by: \.schedule
        ).sorted(by: { $0.key < $1.key }) {
            let shape = Schedule.Shape(
                rawValue: name.replacingOccurrences(of: "_with_warmup", with: ""))
            guard let shape else {
                list.addFailure(name, "there is no such schedule here")
                continue
            }
            // The fixture is printed with all digits, so only the order of operations differs.
            var deviation = Deviation(absolute: 1e-7)
            for course in courses {
                let schedule = try Schedule(
                    shape, warmupStepCount: course.warmup, stepCount: course.total)
                for (step, expected) in course.factor.enumerated() {
                    deviation.compare(schedule.factor(at: step), expected)
                }
            }
            list.add(name, deviation)
        }
    }

    private struct Cases: Decodable {
        struct Case: Decodable {
            let text: String
            let ids: [Int32]
            let decoded: String
        }

        /// The file that holds the vocabulary, and what it is.
        let tokenizer: String?
        let cases: [Case]
    }

    private struct Conversations: Decodable {
        struct Case: Decodable {
            struct Turn: Decodable {
                let role: String
                let content: String
            }

            let messages: [Turn]
            let add_generation_prompt: Bool
            let text: String
            let ids: [Int32]
        }

        let chat_template: String
        let bos_token: String?
        let eos_token: String?
        let cases: [Case]
    }

    func checkTokenizer(
        _ list: inout Checklist, pretrained: (String) -> String?
    ) throws {
        let recorded = try decoded(Cases.self, data("cases.json"))
        let tokenizer = try tokenizer(named: recorded.tokenizer, pretrained)
        // To SentencePiece itself, what is written like a control token is text.
        let parsesSpecial = !hasPieces
        var (ids, texts) = ([String](), [String]())
        for one in recorded.cases {
            let tokens = tokenizer.encode(one.text, parsingSpecial: parsesSpecial)
            if tokens != one.ids { ids.append("tokens of '\(one.text)' differ") }
            if tokenizer.decode(one.ids) != one.decoded {
                texts.append("the text of '\(one.text)' differs")
            }
        }
        list.addExact("tokens of texts", count: recorded.cases.count, differing: ids)
        list.addExact("texts of tokens", count: recorded.cases.count, differing: texts)
        guard contains("chat_cases.json") else { return }
        let chat = try decoded(Conversations.self, data("chat_cases.json"))
        let template = try ChatTemplate(
            jinja: chat.chat_template, beginning: chat.bos_token ?? "",
            ending: chat.eos_token ?? "")
        var differing: [String] = []
        for (index, one) in chat.cases.enumerated() {
            let turns = one.messages.compactMap { turn in
                Message.Role(rawValue: turn.role).map { Message($0, turn.content) }
            }
            let segments = template.segments(
                turns, addingGenerationPrompt: one.add_generation_prompt)
            let tokens = segments.flatMap { tokenizer.encode($0.text) }
            if segments.map(\.text).joined() != one.text || tokens != one.ids {
                differing.append("conversation \(index) differs")
            }
        }
        list.addExact("conversations", count: chat.cases.count, differing: differing)
    }

    /// Whether the vocabulary is a SentencePiece model.
    private var hasPieces: Bool { contains("tokenizer.model") && !contains("tokenizer.json") }

    /// The vocabulary in the fixture, or in the pretrained file that it names.
    private func tokenizer(
        named description: String?, _ pretrained: (String) -> String?
    ) throws -> Tokenizer {
        if contains("tokenizer.json") {
            return try Tokenizer(
                vocabulary: try Vocabulary(tokenizerJSON: try data("tokenizer.json")))
        }
        if hasPieces {
            return try Tokenizer(
                vocabulary: try Vocabulary(sentencePieceModel: try data("tokenizer.model")))
        }
        let file = description.flatMap { $0.split(separator: ":").first }.map(String.init)
        guard let file, file.hasSuffix(".gguf") else {
            throw VerificationError(
                subject: name,
                detail: "its vocabulary is no tokenizer.json, tokenizer.model or GGUF file",
                hint: "other kinds of tokenizers are not read")
        }
        guard let path = pretrained(file) else {
            throw VerificationError(
                subject: name, detail: "its vocabulary is in \(file), which is not at hand",
                hint: "run `make assets`, and duet in the project's top folder")
        }
        return try Tokenizer(vocabulary: try Vocabulary(try GGUF(path: path)))
    }

    func checkQuantisation(_ list: inout Checklist) throws {
        let golden = try golden()
        let names = golden.names.filter { $0.hasSuffix(".raw") }.map { String($0.dropLast(4)) }
        for type in names.sorted() {
            let expected = try golden.tensor("\(type).expected")
            guard let stored = StoredType(rawValue: type) else {
                list.addFailure(type, "blocks of this type are not read")
                continue
            }
            let values = try golden.file.tensor("\(type).raw")
                .reinterpreted(as: stored, shape: expected.shape).floats()
            // The reference rounds every product and sum on its own, as the loops here do.
            var deviation = Deviation(absolute: 1e-30, relative: 1e-6)
            for (value, expected) in zip(values, expected.floats) {
                deviation.compare(Double(value), Double(expected))
            }
            list.add(type, deviation)
        }
    }
}

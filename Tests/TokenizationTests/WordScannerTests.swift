import Testing
import Tokenization

@Suite struct WordScannerTests {
    private func words(_ text: String, _ preTokenizer: PreTokenizer = .gpt2) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            let scanner = WordScanner(text: bytes, preTokenizer: preTokenizer)
            var result: [String] = []
            var start = 0
            while start < bytes.count {
                let end = scanner.endOfWord(from: start)
                result.append(String(decoding: bytes[start..<end], as: UTF8.self))
                start = end
            }
            return result
        }
    }

    @Test func wordsTakeOneSpaceBeforeThem() {
        #expect(words("two  words here") == ["two", " ", " words", " here"])
        #expect(words("a\t b") == ["a", "\t", " b"])
        #expect(words("a\tb") == ["a", "\t", "b"])
    }

    @Test func spacesAtTheEndStayTogether() {
        #expect(words("end  \n ") == ["end", "  \n "])
        #expect(words("  ") == ["  "])
        #expect(words(" ") == [" "])
    }

    @Test func contractionsAreLowerCaseOnly() {
        #expect(words("they've I'll 's") == ["they", "'ve", " I", "'ll", " '", "s"])
        #expect(words("IT'S 'r 'l") == ["IT", "'", "S", " '", "r", " '", "l"])
        #expect(words("!'s'") == ["!'", "s", "'"])
    }

    @Test func numbersRunTogetherUnlessIsolated() {
        #expect(words("in 1984x") == ["in", " 1984", "x"])
        #expect(words("in 1984x", .smolLM) == ["in", " ", "1", "9", "8", "4", "x"])
        #expect(words("Ⅻ½a  5", .smolLM) == ["Ⅻ", "½", "a", "  ", "5"])
    }

    @Test func lettersOfAnyScriptRunTogetherAndMarksDoNot() {
        #expect(words("Größe 日本語") == ["Größe", " 日本語"])
        #expect(words("e\u{301}a") == ["e", "\u{301}", "a"])
        #expect(words("🎉🎉 ok") == ["🎉🎉", " ok"])
        #expect(words("a\u{A0}\u{3000}b") == ["a", "\u{A0}", "\u{3000}", "b"])
    }

    private struct Cut: Decodable {
        let text: String
        let words: [String]
    }

    @Test(arguments: [PreTokenizer.llama3, .qwen2])
    func wordsAreThoseOfThePattern(preTokenizer: PreTokenizer) throws {
        let all = try Fixture.read([String: [Cut]].self, "pre_tokenizer_cases.json")
        let cases = try #require(all[preTokenizer.rawValue])
        #expect(cases.count > 150)
        for one in cases {
            #expect(words(one.text, preTokenizer) == one.words, "\(one.text.debugDescription)")
        }
    }
}

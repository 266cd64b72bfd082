import Foundation

/// Tells whether a generated text gives an expected answer.
///
/// Both are normalised: lower case, accents dropped, everything but letters and digits taken as a
/// space, and the articles a, an and the left out. An answer is given when its words stand in the
/// text one after the other: "A red fox." gives "fox" and "the red fox", not "ox" or "red". A text
/// that denies an answer ("not a fox") still gives it; short answers avoid that.
public enum AnswerMatcher {
    private static let articles: Set<String> = ["a", "an", "the"]

    /// Whether the text gives one of the answers as whole words.
    public static func gives(_ text: String, anyOf answers: [String]) -> Bool {
        answers.contains { answer in
            let wanted: [String] = words(of: answer)
            return !wanted.isEmpty
                && contains(isArticle(wanted) ? allWords(of: text) : words(of: text), wanted)
        }
    }

    /// Whether two texts have the same words.
    public static func areEqual(_ first: String, _ second: String) -> Bool {
        words(of: first) == words(of: second)
    }

    /// The words that count; of a text that has only articles, all.
    public static func words(of text: String) -> [String] {
        let all: [String] = allWords(of: text)
        let kept: [String] = all.filter { !articles.contains($0) }
        return kept.isEmpty ? all : kept
    }

    private static func allWords(of text: String) -> [String] {
        text.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil)
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    private static func isArticle(_ words: [String]) -> Bool {
        words.allSatisfy { articles.contains($0) }
    }

    private static func contains(_ words: [String], _ wanted: [String]) -> Bool {
        guard wanted.count <= words.count else { return false }
        return (0...words.count - wanted.count).contains { start in
            words[start..<start + wanted.count].elementsEqual(wanted)
        }
    }
}

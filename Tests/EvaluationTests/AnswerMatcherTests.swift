import Evaluation
import Testing

@Suite struct AnswerMatcherTests {
    @Test(arguments: [
        ("A dog.", "dog"), ("It is the Dog", "a dog"), ("On the left side!", "left"),
        ("three  times", "Three times."), ("It's a Café", "cafe"), ("I see a hot-dog.", "hot dog"),
        ("The.", "the"),
    ])
    func wholeWordsGiveAnAnswer(text: String, answer: String) {
        #expect(AnswerMatcher.gives(text, anyOf: [answer]))
    }

    @Test(arguments: [
        ("A doghouse.", "dog"), ("no", "now"), ("", "dog"), ("dog", ""), ("?!", "?"),
        ("red big fox", "red fox"),
    ])
    func anythingElseDoesNot(text: String, answer: String) {
        #expect(!AnswerMatcher.gives(text, anyOf: [answer]))
    }

    @Test func oneOfSeveralIsEnough() {
        #expect(AnswerMatcher.gives("A puppy.", anyOf: ["dog", "puppy"]))
        #expect(!AnswerMatcher.gives("A puppy.", anyOf: []))
    }

    @Test func equalityTakesAllWords() {
        #expect(AnswerMatcher.areEqual("The red fox.", "red FOX"))
        #expect(!AnswerMatcher.areEqual("red fox", "fox"))
    }
}

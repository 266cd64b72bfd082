import Testing
import Tokenization

@Suite struct StreamingDecoderTests {
    @Test func neverGivesHalfACharacter() throws {
        let tokenizer = try Fixture.tokenizer()
        for text in ["naïve 🎉 日本語 ok", "é", "👩‍👩‍👧"] {
            var stream = StreamingDecoder(tokenizer)
            var pieces = tokenizer.encode(text).map { stream.append($0) }
            #expect(!pieces.contains { $0.contains("\u{FFFD}") })
            pieces.append(stream.finish())
            #expect(pieces.joined() == text)
        }
    }

    @Test func unfinishedCharactersShowOnceAtTheEnd() throws {
        let tokenizer = try Fixture.tokenizer()
        let ids = tokenizer.encode("🎉")
        #expect(ids.count > 1)
        var stream = StreamingDecoder(tokenizer)
        #expect(ids.dropLast().map { stream.append($0) }.joined().isEmpty)
        #expect(stream.finish() == "\u{FFFD}")
        #expect(stream.finish().isEmpty)
    }

    @Test func aBrokenCharacterEndsWhereTheNextBegins() throws {
        let tokenizer = try Fixture.tokenizer()
        let broken = Array(tokenizer.encode("🎉").dropLast()) + tokenizer.encode("ok")
        var stream = StreamingDecoder(tokenizer)
        let text = broken.map { stream.append($0) }.joined() + stream.finish()
        #expect(text == tokenizer.decode(broken))
        #expect(text.hasSuffix("ok"))
    }

    @Test func controlTokensAreLeftOut() throws {
        let tokenizer = try Fixture.tokenizer()
        var stream = StreamingDecoder(tokenizer)
        let end = try #require(tokenizer.endOfTextID)
        #expect(stream.append(end).isEmpty)
        var telling = StreamingDecoder(tokenizer, skippingSpecial: false)
        #expect(telling.append(end) == "<|im_end|>")
    }
}

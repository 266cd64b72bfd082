import Datasets
import Foundation
import Testing

@Suite struct JSONReaderTests {
    /// The text of an id written as JSON, read by way of a row.
    static func read(_ id: String) throws -> String? {
        let folder = try AnnotationFolder()
        return try folder.read("[\(row(id: id, "", question: "q"))]").first?.id
    }

    static let escapes: [(json: String, text: String)] = [
        (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
        (#""\u0041\u00e9\u00E9""#, "Aéé"),
        (#""\ud83d\ude00 😀""#, "😀 😀"),
        ("\"é\u{2028}\"", "é\u{2028}"),
        ("-12", "-12"),
    ]

    @Test(arguments: escapes) func textIsWhatItsEscapesSay(_ pair: (json: String, text: String))
        throws
    {
        #expect(try Self.read(pair.json) == pair.text)
    }

    static let broken: [(json: String, detail: String)] = [
        (#""\ud800""#, "surrogate"), (#""\ud800\u0041""#, "surrogate"), (#""\ude00""#, "surrogate"),
        (#""\u12g4""#, "four hexadecimal digits"), (#""\x""#, "escape is unknown"),
        ("\"a\nb\"", "control character"), ("01", "begins with 0"), ("1.", "expected a digit"),
        ("-", "expected a digit"), ("1e+", "expected a digit"), ("NaN", "'N' is unexpected"),
        ("nul", "'n' is unexpected"), ("{\"a\" 1}", "expected ':'"), ("{a: 1}", "a key in quotes"),
        ("[1,]", "']' is unexpected"), ("[1 2]", "expected ',' or ']'"),
    ]

    @Test(arguments: broken) func brokenValueIsRefused(_ pair: (json: String, detail: String))
        throws
    {
        let folder = try AnnotationFolder()
        let error = try #require(try folder.error(reading: "[{\"id\": \(pair.json)}]"))
        #expect(error.kind == .malformed)
        #expect(error.detail.contains(pair.detail), "\(error)")
    }

    @Test func everyCutOfAFileIsRefused() throws {
        let folder = try AnnotationFolder()
        let text =
            "[\(row(id: #""\ud83d\ude00é""#, "\"x\": [-1.5e3, true, null], ", question: "q"))]"
        let bytes = Data(text.utf8)
        #expect(try folder.read(text).count == 1)
        for count in 0..<bytes.count {
            let file = try folder.write(bytes.prefix(count), to: "cut.json")
            #expect(throws: DatasetError.self) { try AnnotationReader().read(file) }
        }
    }

    @Test func foundationReadsTheSame() throws {
        let folder = try AnnotationFolder()
        var generator = SplitMix64(seed: 6)
        for _ in 0..<50 {
            let scalars: [Unicode.Scalar] = (0..<20).compactMap { _ in
                Unicode.Scalar(UInt32(generator.number(below: 0x11000)))
            }
            let text = "x" + String(String.UnicodeScalarView(scalars))
            let json = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
            #expect(try folder.read("[\(row(id: json, "", question: "q"))]").first?.id == text)
        }
    }
}

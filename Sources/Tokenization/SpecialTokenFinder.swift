/// Finds the tokens that are recognised whole in text: the leftmost, and the longest of several
/// there.
struct SpecialTokenFinder: Sendable {
    private struct Entry: Sendable {
        let bytes: [UInt8]
        let id: Int32
    }

    /// The tokens by their first byte, longest first.
    private let entries: [[Entry]]

    init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
        var byFirstByte = [[Entry]](repeating: [], count: 256)
        for token in tokens.sorted(by: { $0.bytes.count > $1.bytes.count }) {
            guard let first = token.bytes.first else { continue }
            byFirstByte[Int(first)].append(Entry(bytes: token.bytes, id: token.id))
        }
        entries = byFirstByte
    }

    /// The first special token at or after `start`.
    func next(
        in text: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (range: Range<Int>, id: Int32)? {
        var index = start
        while index < text.count {
            for entry in entries[Int(text[index])]
            where text[index...].starts(with: entry.bytes) {
                return (index..<(index + entry.bytes.count), entry.id)
            }
            index += 1
        }
        return nil
    }
}

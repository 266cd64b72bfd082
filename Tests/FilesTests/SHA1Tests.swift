import Files
import Foundation
import Testing

@Suite struct SHA1Tests {
    /// Source: FIPS 180's examples; `git hash-object` for the last two.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
    ])
    func digestIsThatOfTheStandard(_ text: String, _ digest: String) {
        var hash = SHA1()
        hash.update(text.utf8)
        #expect(hash.hexDigest() == digest)
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var whole = SHA1()
        whole.update(bytes)
        for size in [1, 55, 56, 63, 64, 65, 300] {
            var pieces = SHA1()
            for start in stride(from: 0, to: bytes.count, by: size) {
                pieces.update(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(pieces.hexDigest() == whole.hexDigest())
        }
    }

    @Test(arguments: [
        ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        ("test content\n", "d670460b4b4aece5915caf5c68d12f560a9fe3e4"),
    ])
    func blobIsNamedAsGitDoes(_ text: String, _ name: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try SHA1.gitBlobName(ofFile: path) == name)
        }
    }
}

import Files
import Foundation
import Testing

@Suite struct SHA256Tests {
    @Test(
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func publishedVectorsAgree(text: String, digest: String) {
        #expect(SHA256.hexDigest(of: Array(text.utf8)) == digest)
    }

    /// The long example of FIPS 180-2, appendix B.3, one hundredth of it added at a time.
    @Test func aMillionLettersAgree() {
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        var hash = SHA256()
        for _ in 0..<100 { hash.update(piece) }
        #expect(
            hash.hexDigest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func piecesOfAnySizeGiveTheSameDigest() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = SHA256.hexDigest(of: bytes)
        for size in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129] {
            var hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: size) {
                hash.update(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(hash.hexDigest() == whole, "pieces of \(size)")
        }
    }

    @Test func theProcessorsInstructionsChangeNothing() {
        let bytes = (0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 256) }
        for count in [0, 1, 63, 64, 65, 128, 4_000] {
            var portable = SHA256(isPortable: true)
            portable.update(bytes.prefix(count))
            #expect(portable.hexDigest() == SHA256.hexDigest(of: bytes.prefix(count)))
        }
    }

    @Test func aFileHasTheDigestOfItsBytes() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write("abc", to: "\(folder)/letters")
            let digest = try SHA256.hexDigest(ofFile: "\(folder)/letters")
            #expect(digest == SHA256.hexDigest(of: "abc".utf8))
        }
    }
}

import Datasets
import Testing

@Suite struct MediaTagsTests {
    @Test func textIsCutAtItsTags() {
        let pieces = MediaTags.standard.pieces(of: "<a<video>\u{301}é\n<audio><image>")
        #expect(
            pieces == [
                .text("<a"), .media(.visual), .text("\u{301}é\n"), .media(.audio), .media(.visual),
            ])
        #expect(MediaTags.standard.pieces(of: "") == [])
        #expect(MediaTags.standard.pieces(of: "<vide") == [.text("<vide")])
    }

    @Test(arguments: [([""], ["x"]), (["<v>"], ["<v>"]), (["<v>"], ["<<v>>"])])
    func tagsThatCannotBeToldApartAreRefused(_ visual: [String], _ audio: [String]) {
        let error = #expect(throws: DatasetError.self) {
            try MediaTags(visual: visual, audio: audio)
        }
        #expect(error?.kind == .invalidTags)
    }
}

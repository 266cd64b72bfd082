import Media
import Testing

@Suite struct PictureTests {
    private func picture(_ name: String) throws -> Picture {
        try #require(try VideoReader.frames(of: MediaFixtures.path(name), count: 1).first)
    }

    @Test(arguments: [
        ("resize_bilinear_23x17.png", Picture.ResizeFilter.bilinear),
        ("resize_bilinear_61x31.png", .bilinear), ("resize_bicubic_23x17.png", .bicubic),
        ("resize_bicubic_61x31.png", .bicubic), ("resize_bicubic_80x64.png", .bicubic),
    ])
    func resizingEqualsPillow(name: String, filter: Picture.ResizeFilter) throws {
        let expected = try picture(name)
        let source = try picture("resize_source.png")
        let resized = source.resized(
            width: expected.pixelsWide, height: expected.pixelsHigh, filter: filter)
        #expect(resized == expected)
    }

    @Test func theSameSizeChangesNothing() throws {
        let source = try picture("rgb.png")
        #expect(source.resized(width: 13, height: 9, filter: .bicubic) == source)
    }

    @Test func theShorterSideIsSetAndTheLongerFollows() {
        let wide = Picture(pixelsWide: 131, pixelsHigh: 97, filledWith: .white)
        let resized = wide.resized(shortestSide: 64, filter: .bicubic)
        #expect(resized.pixelsWide == 86 && resized.pixelsHigh == 64)
        #expect(resized.rgb.allSatisfy { $0 == 255 })
    }

    @Test func theCropIsTheMiddle() {
        let rgb = (0..<5 * 4 * 3).map { UInt8($0) }
        let cropped = Picture(pixelsWide: 5, pixelsHigh: 4, rgb: rgb)
            .centerCropped(width: 2, height: 2)
        #expect(cropped.rgb == [18, 19, 20, 21, 22, 23, 33, 34, 35, 36, 37, 38])
    }

    @Test func onePixelGrowsEvenly() {
        let color = Picture.Color(red: 7, green: 80, blue: 200)
        let pixel = Picture(pixelsWide: 1, pixelsHigh: 1, filledWith: color)
        let grown = pixel.resized(width: 3, height: 5, filter: .bicubic)
        #expect(grown == Picture(pixelsWide: 3, pixelsHigh: 5, filledWith: color))
    }
}

public import Foundation

extension ImageProcessor {
    /// A size as configuration files spell it: a number, a shortest edge, or height and width.
    private struct Sides: Decodable {
        var shortest: Int?
        var height: Int?
        var width: Int?
        /// A bare number, which processors read in their own way.
        var number: Int?

        private enum CodingKeys: String, CodingKey {
            case shortest_edge, height, width
        }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: CodingKeys.self) {
                shortest = try container.decodeIfPresent(Int.self, forKey: .shortest_edge)
                height = try container.decodeIfPresent(Int.self, forKey: .height)
                width = try container.decodeIfPresent(Int.self, forKey: .width)
            } else {
                number = try decoder.singleValueContainer().decode(Int.self)
            }
        }

        var size: Size? {
            if let number { return Size(width: number, height: number) }
            guard let width, let height else { return nil }
            return Size(width: width, height: height)
        }
    }

    private struct Fields: Decodable {
        var image_processor_type: String?
        var feature_extractor_type: String?
        var do_resize: Bool?
        var size: Sides?
        var resample: Int?
        var do_center_crop: Bool?
        var crop_size: Sides?
        var do_rescale: Bool?
        var rescale_factor: Double?
        var do_normalize: Bool?
        var image_mean: [Double]?
        var image_std: [Double]?
    }

    /// Reads Hugging Face's preprocessor_config.json of CLIP's or SigLIP's processor.
    ///
    /// A field that is left out has the processor's own default; a file that names neither processor must
    /// spell everything out.
    /// Throws: `MediaError` naming the field that is missing or not handled
    public init(huggingFaceJSON data: Data, subject: String) throws(MediaError) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch {
            throw Self.problem(subject, "is no configuration of an image processor")
        }
        let type = fields.image_processor_type ?? fields.feature_extractor_type ?? ""
        let usual: ImageProcessor? =
            type.hasPrefix("CLIP") ? .clip() : type.hasPrefix("Siglip") ? .sigLIP() : nil
        func needed<Value>(_ value: Value?, _ name: String) throws(MediaError) -> Value {
            guard let value else {
                throw Self.problem(subject, "lacks \(name), and names no processor that has one")
            }
            return value
        }
        resizing = .none
        if fields.do_resize ?? true {
            resizing = try needed(
                fields.size.flatMap { Self.resizing($0, isCLIP: type.hasPrefix("CLIP")) }
                    ?? (fields.size == nil ? usual?.resizing : nil), "size")
        }
        filter = try Self.filter(
            needed(fields.resample ?? usual.map { _ in 3 }, "resample"), subject)
        let crops = try needed(
            fields.do_center_crop ?? usual.map { $0.crop != nil }, "do_center_crop")
        crop =
            crops
            ? try needed(
                fields.crop_size.flatMap(\.size)
                    ?? (fields.crop_size == nil ? usual?.crop : nil), "crop_size") : nil
        scale = fields.do_rescale ?? true ? fields.rescale_factor ?? 1 / 255 : 1
        let normalizes = fields.do_normalize ?? true
        mean = normalizes ? try needed(fields.image_mean ?? usual?.mean, "image_mean") : [0, 0, 0]
        deviation =
            normalizes
            ? try needed(fields.image_std ?? usual?.deviation, "image_std") : [1, 1, 1]
        try check(subject)
    }

    private static func problem(_ subject: String, _ detail: String) -> MediaError {
        MediaError(
            .unsupported, subject, detail,
            hint: "use the preprocessor_config.json of a CLIP or SigLIP model")
    }

    /// CLIP's processor takes a bare number as the shortest side, others as a square.
    private static func resizing(_ sides: Sides, isCLIP: Bool) -> Resizing? {
        if let side = sides.shortest ?? (isCLIP ? sides.number : nil) { return .shortestSide(side) }
        return sides.size.map { .exact($0) }
    }

    /// Source: the numbers of PIL.Image.Resampling
    private static func filter(
        _ number: Int, _ subject: String
    ) throws(MediaError) -> Picture.ResizeFilter {
        switch number {
        case 2: return .bilinear
        case 3: return .bicubic
        default:
            throw problem(subject, "resample \(number); expected 2 (bilinear) or 3 (bicubic)")
        }
    }

    private func check(_ subject: String) throws(MediaError) {
        let sides: [Int] =
            switch resizing {
            case .shortestSide(let side): [side]
            case .exact(let size): [size.width, size.height]
            case .none: []
            }
        let all = sides + (crop.map { [$0.width, $0.height] } ?? [])
        guard all.allSatisfy({ (1...MediaLimits.pixelsPerSide).contains($0) }) else {
            throw Self.problem(subject, "sizes \(all); expected 1...\(MediaLimits.pixelsPerSide)")
        }
    }
}

import Foundation
import Layers
import Media
import Models
import Tensors
import Training
import WeightFiles

extension Fixture {
    /// One level of 255 where Pillow's own versions differ.
    private static let levelTolerance = 1.0
    private static let pixelTolerance = 1e-5

    func checkCLIP(_ list: inout Checklist) throws {
        let processor = try ImageProcessor(
            huggingFaceJSON: data("preprocessor_config.json"),
            subject: path("preprocessor_config.json"))
        let golden = try golden()
        try checkPictures(processor, golden, &list)
        try checkTower(golden, processor, &list)
        list.addUnread(of: golden)
    }

    /// The statistics stand in the metadata, the size in the pictures.
    func checkSigLIP(_ list: inout Checklist) throws {
        let golden = try golden()
        var processor = ImageProcessor.sigLIP()
        if contains("preprocessor_config.json") {
            processor = try ImageProcessor(
                huggingFaceJSON: data("preprocessor_config.json"),
                subject: path("preprocessor_config.json"))
        } else {
            let shape = try golden.tensor("expected.pixel_values").shape
            processor.resizing = .exact(.init(width: shape[3], height: shape[2]))
            processor.mean = try statistic("mean", golden)
            processor.deviation = try statistic("std", golden)
        }
        try checkPictures(processor, golden, &list)
        try checkTower(golden, processor, &list)
        list.addUnread(of: golden)
    }

    private func statistic(_ key: String, _ golden: GoldenFile) throws -> [Double] {
        guard let text = golden.file.metadata[key],
            let values = try? JSONDecoder().decode([Double].self, from: Data(text.utf8))
        else {
            throw VerificationError(
                subject: name, detail: "has no '\(key)' in its metadata",
                hint: "use a fixture that the reference program wrote")
        }
        return values
    }

    func checkCLIPPreprocessing(_ list: inout Checklist) throws {
        let golden = try golden()
        guard let first = golden.endings(of: "expected.pixel_values.").first else {
            throw VerificationError(
                subject: name, detail: "holds no 'expected.pixel_values.…'",
                hint: "use a fixture that the reference program wrote")
        }
        let shape = try golden.tensor("expected.pixel_values.\(first)").shape
        try checkPictures(.clip(side: shape[shape.count - 1]), golden, &list)
        list.addUnread(of: golden)
    }

    /// Pictures resized, cropped and normalised; several of them may be one tensor.
    private func checkPictures(
        _ processor: ImageProcessor, _ golden: GoldenFile, _ list: inout Checklist
    ) throws {
        let normalization = try PixelNormalization(processor)
        var resized = Deviation(absolute: Self.levelTolerance)
        var pixels = Deviation(absolute: Self.pixelTolerance)
        for (index, ending) in golden.endings(of: "input.image.").enumerated() {
            let values = try golden.tensor("input.image.\(ending)")
            let picture = Picture(
                pixelsWide: values.shape[1], pixelsHigh: values.shape[0],
                rgb: values.floats.map { UInt8($0) })
            if golden.contains("expected.resized.\(ending)") {
                resized.compare(
                    Self.tensor(processor.resized(picture)),
                    try golden.tensor("expected.resized.\(ending)"))
            }
            let prepared = try processor.prepared(picture)
            let shape = [prepared.pixelsHigh, prepared.pixelsWide, 3]
            let single = "expected.pixel_values.\(ending)"
            let expected =
                golden.contains(single)
                ? try golden.tensor(single)
                : Self.sample(index, of: try golden.tensor("expected.pixel_values"))
            pixels.compare(
                Tensor(normalization.values(of: prepared.rgb), shape: shape)
                    .transposed([2, 0, 1]), expected)
        }
        if resized.count > 0 { list.add("resized pictures (levels)", resized) }
        list.add("normalised pictures", pixels)
    }

    private static func tensor(_ picture: Picture) -> Tensor {
        Tensor(
            picture.rgb.map { Float($0) }, shape: [picture.pixelsHigh, picture.pixelsWide, 3])
    }

    private func checkTower(
        _ golden: GoldenFile, _ processor: ImageProcessor, _ list: inout Checklist
    ) throws {
        let file = try VisionTransformerFile(path: path)
        let configuration = file.configuration
        let assembly = try Blueprint(source: file.weights).assemble {
            try VisionTransformer(
                configuration, normalization: PixelNormalization(processor),
                hasProjection: file.hasProjection, at: $0)
        }
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused)
        let model = assembly.model
        let pictures = try golden.tensor("expected.pixel_values").transposed([0, 2, 3, 1])
        let count = pictures.shape[0]
        let states = model.hiddenStates(
            of: model.patches(ofNormalized: pictures), upTo: configuration.layerCount)
        let shape = [count, configuration.tokenCount, configuration.hiddenSize]
        var hidden = Deviation(absolute: Tolerance.states)
        for (index, state) in states.enumerated() {
            hidden.compare(
                state.reshaped(shape), try golden.tensor("expected.hidden_states.\(index)"))
        }
        list.add("hidden states", hidden)
        let last = states[states.count - 1]
        var final = Deviation(absolute: Tolerance.states)
        final.compare(
            model.final(last).reshaped(shape), try golden.tensor("expected.last_hidden_state"))
        list.add("last hidden state", final)
        try checkPooled(model, last, count, golden, &list)
    }

    private func checkPooled(
        _ model: VisionTransformer, _ last: Tensor, _ count: Int, _ golden: GoldenFile,
        _ list: inout Checklist
    ) throws {
        guard let pooled = model.pooled(last, pictureCount: count) else { return }
        var pooling = Deviation(absolute: Tolerance.states)
        pooling.compare(pooled, try golden.tensor("expected.pooler_output"))
        list.add("pooled", pooling)
        guard golden.contains("expected.image_embeds") else { return }
        var embeddings = Deviation(absolute: Tolerance.states)
        embeddings.compare(
            model.embeddings(pooled) ?? Tensor.zeros([0]),
            try golden.tensor("expected.image_embeds"))
        list.add("embeddings", embeddings)
    }
}

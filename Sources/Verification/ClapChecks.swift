import Layers
import Media
import Models
import Tensors

extension Fixture {
    func checkCLAP(_ list: inout Checklist) throws {
        let file = try ClapEncoderFile(path: path)
        let assembly = try Blueprint(source: file.weights).assemble {
            try ClapEncoder(file.configuration, hasProjection: file.hasProjection, at: $0)
        }
        let golden = try golden()
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused)
        let name =
            golden.contains("input.input_features")
            ? "input.input_features" : "expected.input_features"
        let features = try golden.tensor(name)
        if !golden.endings(of: "input.waveform.").isEmpty {
            try checkFusedFeatures(features, golden, &list)
        }
        let inputs = try clapViews(features, golden)
        try checkStates(assembly.model, inputs, golden, &list)
        list.addUnread(of: golden)
    }

    /// Channel 0 is the whole; channels 1 to 3 are crops where the sound is longer.
    private func clapViews(
        _ features: Tensor, _ golden: GoldenFile
    ) throws -> [SpectrogramViews] {
        let isLonger =
            golden.contains("input.is_longer") ? try golden.integers("input.is_longer") : []
        return try (0..<features.shape[0]).map { index in
            let sample = Self.sample(index, of: features)
            let isCropped = isLonger.indices.contains(index) && isLonger[index] == 1
            let channels = try (0..<(isCropped ? sample.shape[0] : 1)).map { channel in
                let values = Self.sample(channel, of: sample)
                return try Spectrogram(
                    frameCount: values.shape[0], bandCount: values.shape[1],
                    values: values.floats)
            }
            return try SpectrogramViews(whole: channels[0], crops: Array(channels.dropFirst()))
        }
    }

    private func checkStates(
        _ model: ClapEncoder, _ inputs: [SpectrogramViews], _ golden: GoldenFile,
        _ list: inout Checklist
    ) throws {
        // With source positions in Float as the reference has them, 1e-4 holds for everything.
        let last = inputs[inputs.count - 1]
        try checkFolding(model, last, golden, &list)
        var hidden = Deviation(absolute: Tolerance.states)
        for (index, state) in try model.hiddenStates([last]).enumerated()
        where golden.contains("expected.hidden_states.\(index)") {
            let expected = try golden.tensor("expected.hidden_states.\(index)")
            let shape = expected.shape
            hidden.compare(
                state.transposed([1, 0]), expected.reshaped([shape[1], shape[2] * shape[3]]))
        }
        list.add("hidden states", hidden)

        let grids = try model.encode(inputs)
        let states = try golden.tensor("expected.last_hidden_state")
        var final = Deviation(absolute: Tolerance.states)
        for (index, grid) in grids.enumerated() {
            // [times, bands, channels] → [channels, bands, times]
            let values = grid.values.reshaped([grid.timeCount, grid.rowCount, grid.featureSize])
            final.compare(values.transposed([2, 1, 0]), Self.sample(index, of: states))
        }
        list.add("last hidden state", final)
        let pooled = model.pooled(
            Tensor.concatenated(grids.map(\.values), axis: 0), count: grids.count)
        var pooling = Deviation(absolute: Tolerance.states)
        pooling.compare(pooled, try golden.tensor("expected.pooler_output"))
        list.add("pooled", pooling)
        guard golden.contains("expected.audio_embeds") else { return }
        var embeddings = Deviation(absolute: Tolerance.states)
        embeddings.compare(
            model.embeddings(pooled), try golden.tensor("expected.audio_embeds"))
        list.add("embeddings", embeddings)
    }

    private func checkFolding(
        _ model: ClapEncoder, _ input: SpectrogramViews, _ golden: GoldenFile,
        _ list: inout Checklist
    ) throws {
        guard golden.contains("expected.mel_image_last") else { return }
        let image = try golden.tensor("expected.mel_image_last")
        var folded = Deviation(absolute: Tolerance.states)
        let views = ([input.whole] + input.crops).prefix(image.shape[1])
        folded.compare(
            try model.folded(Array(views)).reshaped(Array(image.shape.dropFirst())),
            Self.sample(0, of: image))
        list.add("folded spectrogram", folded)
    }

    /// The fused features of waveforms; where a sound is longer, its crops begin at known frames.
    private func checkFusedFeatures(
        _ features: Tensor, _ golden: GoldenFile, _ list: inout Checklist
    ) throws {
        var configuration = LogMelSpectrogram.Configuration.clap(scale: .htk)
        configuration.bandCount = features.shape[3]
        configuration.sampleCount = (features.shape[2] - 1) * configuration.hopSampleCount
        let extractor = try ClapSpectrograms(truncation: .fusion, configuration: configuration)
        var deviation = Deviation(absolute: Self.decibelTolerance)
        for (index, sound) in golden.endings(of: "input.waveform.").enumerated() {
            let waveform = Waveform(
                samples: try golden.tensor("input.waveform.\(sound)").floats,
                sampleRateHertz: configuration.sampleRateHertz)
            let starts = "input.crop_starts.\(sound)"
            let views =
                golden.contains(starts)
                ? try extractor.views(
                    of: waveform, cropStarts: try golden.integers(starts).map { Int($0) })
                : try extractor.views(of: waveform, seed: 0)
            let expected = Self.sample(index, of: features)
            for channel in 0..<expected.shape[0] {
                let frames =
                    channel == 0 || views.crops.isEmpty
                    ? views.whole : views.crops[channel - 1]
                deviation.compare(
                    Tensor(frames.values, shape: [frames.frameCount, frames.bandCount]),
                    Self.sample(channel, of: expected))
            }
        }
        list.add("log-mel frames", deviation)
    }
}

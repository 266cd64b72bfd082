import Layers
import Media
import Models
import Tensors

extension Fixture {
    /// The fixtures' tolerance for Whisper's spectrograms; HF's own two ways differ by 7e-6.
    static let whisperTolerance = 1e-4
    /// Decibels; a float32 transform is within 2e-4 of the reference.
    static let decibelTolerance = 2e-3
    static let filterTolerance = 1e-6

    static func sample(_ index: Int, of values: Tensor) -> Tensor {
        values.slice(axis: 0, index..<(index + 1)).reshaped(Array(values.shape.dropFirst()))
    }

    private static func waveform(_ tensor: Tensor, _ rate: Int) -> Waveform {
        Waveform(samples: tensor.floats, sampleRateHertz: rate)
    }

    /// Whisper's spectrogram for an expected one: [bands, frames].
    private static func whisper(
        _ waveform: Tensor, like shape: [Int]
    ) throws -> Tensor {
        var configuration = LogMelSpectrogram.Configuration.whisper(bandCount: shape[0])
        configuration.sampleCount = shape[1] * configuration.hopSampleCount
        let frames = try LogMelSpectrogram(configuration)
            .frames(of: Self.waveform(waveform, configuration.sampleRateHertz))
        return Tensor(frames.values, shape: [frames.frameCount, frames.bandCount])
            .transposed([1, 0])
    }

    func checkWhisperFeatures(_ list: inout Checklist) throws {
        let golden = try golden()
        var deviation = Deviation(absolute: Self.whisperTolerance)
        let expected = try golden.tensor("expected.input_features")
        let inputs = golden.endings(of: "input.waveform.")
        for (index, input) in inputs.enumerated() {
            let reference = expected.rank == 3 ? Self.sample(index, of: expected) : expected
            deviation.compare(
                try Self.whisper(
                    try golden.tensor("input.waveform.\(input)"), like: reference.shape),
                reference)
        }
        list.add("log-mel frames", deviation)
        list.addUnread(of: golden)
    }

    func checkWhisperFilters(_ list: inout Checklist) throws {
        let golden = try golden()
        for bands in golden.endings(of: "expected.mel_filters_") {
            let expected = try golden.tensor("expected.mel_filters_\(bands)")
            let filters = MelFilterBank(
                bandCount: expected.shape[1], binCount: expected.shape[0],
                sampleRateHertz: 16_000, lowestHertz: 0, highestHertz: 8_000, scale: .slaney)
            var deviation = Deviation(absolute: Self.filterTolerance)
            deviation.compare(Tensor(filters.matrix, shape: expected.shape), expected)
            list.add("\(bands) filters", deviation)
        }
        list.addUnread(of: golden)
    }

    func checkWhisper(_ list: inout Checklist) throws {
        let file = try WhisperEncoderFile(path: path)
        let layers = file.configuration.layerCount
        let assembly = try Blueprint(source: file.weights).assemble {
            try WhisperEncoder(file.configuration, featureLayers: [layers], at: $0)
        }
        let golden = try golden()
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused)
        let features = try golden.tensor("expected.input_features")
        try checkWhisperInput(features, golden, &list)
        let inputs = try (0..<features.shape[0]).map { index -> Spectrogram in
            let values = Self.sample(index, of: features)
            return try Spectrogram(
                frameCount: values.shape[1], bandCount: values.shape[0],
                values: values.transposed([1, 0]).floats)
        }
        var hidden = Deviation(absolute: Tolerance.states)
        let states = try assembly.model.hiddenStates([inputs[0]], upTo: layers)
        for (index, state) in states.enumerated() {
            let expected = try golden.tensor("expected.hidden_states.\(index)")
            hidden.compare(state, Self.sample(0, of: expected))
        }
        list.add("hidden states", hidden)
        let last = try golden.tensor("expected.last_hidden_state")
        var final = Deviation(absolute: Tolerance.states)
        for (index, grid) in try assembly.model.encode(inputs).enumerated() {
            final.compare(grid.values, Self.sample(index, of: last))
        }
        list.add("last hidden state", final)
        list.addUnread(of: golden)
    }

    private func checkWhisperInput(
        _ features: Tensor, _ golden: GoldenFile, _ list: inout Checklist
    ) throws {
        var mel = Deviation(absolute: Self.whisperTolerance)
        for (index, input) in golden.endings(of: "input.waveform.").enumerated() {
            let reference = Self.sample(index, of: features)
            mel.compare(
                try Self.whisper(
                    try golden.tensor("input.waveform.\(input)"), like: reference.shape),
                reference)
        }
        list.add("log-mel frames", mel)
    }

    func checkCLAPFilters(_ list: inout Checklist) throws {
        let golden = try golden()
        for name in golden.endings(of: "expected.mel_filters_") {
            let expected = try golden.tensor("expected.mel_filters_\(name)")
            guard let scale = MelFilterBank.Scale(rawValue: name) else {
                list.addFailure("\(name) filters", "there is no such scale here")
                continue
            }
            let c = LogMelSpectrogram.Configuration.clap(scale: scale)
            let filters = MelFilterBank(
                bandCount: expected.shape[1], binCount: expected.shape[0],
                sampleRateHertz: c.sampleRateHertz, lowestHertz: c.lowestHertz,
                highestHertz: c.highestHertz, scale: scale)
            var deviation = Deviation(absolute: Self.filterTolerance)
            deviation.compare(Tensor(filters.matrix, shape: expected.shape), expected)
            list.add("\(name) filters", deviation)
        }
        list.addUnread(of: golden)
    }

    /// `expected.<truncation>.<padding>.<sound>`, and `.channel0` of four equal ones.
    func checkCLAPFeatures(_ list: inout Checklist) throws {
        let golden = try golden()
        let paddings: [String: LogMelSpectrogram.Configuration.Padding] = [
            "repeatpad": .repeatsThenZeros, "repeat": .repeats, "pad": .zeros,
        ]
        for ending in golden.endings(of: "expected.") {
            let parts = ending.split(separator: ".").map(String.init)
            guard parts.count >= 3, let padding = paddings[parts[1]],
                let truncation = ClapSpectrograms.Truncation(rawValue: parts[0])
            else { continue }
            let expected = try golden.tensor("expected.\(ending)")
            let shape = [expected.shape[expected.rank - 2], expected.shape[expected.rank - 1]]
            var configuration = LogMelSpectrogram.Configuration.clap(
                scale: truncation == .fusion ? .htk : .slaney, padding: padding)
            configuration.bandCount = shape[1]
            configuration.sampleCount = (shape[0] - 1) * configuration.hopSampleCount
            let views = try ClapSpectrograms(truncation: truncation, configuration: configuration)
                .views(
                    of: Self.waveform(
                        try golden.tensor("input.waveform.\(parts[2])"),
                        configuration.sampleRateHertz), seed: 0)
            var deviation = Deviation(absolute: Self.decibelTolerance)
            let frames = Tensor(views.whole.values, shape: shape)
            for channel in 0..<expected.scalarCount / frames.scalarCount {
                let first = channel * shape[0]
                deviation.compare(
                    frames,
                    expected.reshaped([expected.scalarCount / shape[1], shape[1]])
                        .slice(axis: 0, first..<first + shape[0]))
            }
            list.add(ending, deviation)
        }
        list.addUnread(of: golden)
    }
}

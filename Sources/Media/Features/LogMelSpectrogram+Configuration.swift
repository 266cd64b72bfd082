extension LogMelSpectrogram {
    /// The settings of a log-mel spectrogram; encoders differ in nothing else.
    public struct Configuration: Sendable, Hashable {
        /// What is done to a sound shorter than the input length.
        public enum Padding: String, Sendable, Hashable {
            /// Silence after it.
            case zeros
            /// As many whole copies as fit, then silence.
            case repeatsThenZeros
            /// Copies until full, the last one cut.
            case repeats
        }

        /// What is made of the mel powers, floored at 1e-10.
        public enum Compression: String, Sendable, Hashable {
            /// Formula: x = log₁₀ p, y = (max(x, max x − 8) + 4) / 4, the maximum over the whole input
            case whisper
            /// Formula: y = 10·log₁₀ p
            case decibels
        }

        /// The rate the sound must have.
        public var sampleRateHertz: Int
        /// Samples under one window; half of it must be a product of 2, 4 and 5.
        public var windowSampleCount: Int
        /// Samples from one frame to the next.
        public var hopSampleCount: Int
        /// Mel bands.
        public var bandCount: Int
        /// Where the lowest band begins.
        public var lowestHertz: Double
        /// Where the highest band ends.
        public var highestHertz: Double
        /// The mel scale and with it the height of the filters.
        public var scale: MelFilterBank.Scale
        /// What becomes of the powers.
        public var compression: Compression
        /// The length every sound is brought to.
        public var sampleCount: Int
        /// How short sounds are brought to that length.
        public var padding: Padding
        /// Whether the frame centred on the very end is left out.
        public var dropsLastFrame: Bool
        /// Whether samples are taken as integers of 16 bits, as LAION's own CLAP code takes them.
        ///
        /// Formula: y = trunc(32,767 · min(max(x, −1), 1)) / 32,767
        /// Source: LAION-AI/CLAP, `float32_to_int16` and `int16_to_float32`
        public var roundsTo16Bits = false

        /// Frames that come out.
        public var frameCount: Int { sampleCount / hopSampleCount + (dropsLastFrame ? 0 : 1) }

        /// Whisper's input; the length is a setting, 30 seconds in its own training.
        ///
        /// Source: Radford et al. 2022 (arXiv:2212.04356), section 2.2
        public static func whisper(bandCount: Int = 80, seconds: Double = 30) -> Configuration {
            Configuration(
                sampleRateHertz: 16_000, windowSampleCount: 400, hopSampleCount: 160,
                bandCount: bandCount, lowestHertz: 0, highestHertz: 8_000, scale: .slaney,
                compression: .whisper, sampleCount: samples(seconds, 16_000), padding: .zeros,
                dropsLastFrame: true)
        }

        /// CLAP's input; Hugging Face uses Slaney's filters for unfused and HTK's for fused weights.
        ///
        /// Source: Wu et al. 2023 (arXiv:2211.06687); transformers' `ClapFeatureExtractor`
        public static func clap(
            scale: MelFilterBank.Scale = .slaney, padding: Padding = .repeatsThenZeros,
            seconds: Double = 10
        ) -> Configuration {
            Configuration(
                sampleRateHertz: 48_000, windowSampleCount: 1024, hopSampleCount: 480,
                bandCount: 64, lowestHertz: 0, highestHertz: 14_000, scale: scale,
                compression: .decibels, sampleCount: samples(seconds, 48_000), padding: padding,
                dropsLastFrame: false)
        }

        private static func samples(_ seconds: Double, _ rate: Int) -> Int {
            let count = (seconds * Double(rate)).rounded()
            return count.isFinite && abs(count) < 1e12 ? Int(count) : 0
        }

        /// Checks the settings and plans the transform they need.
        func validated() throws(MediaError) -> RealFFT {
            guard let transform = RealFFT(count: windowSampleCount) else {
                throw wrong("window of \(windowSampleCount) samples; expected an even 2ᵃ·5ᵇ")
            }
            guard (1...windowSampleCount).contains(hopSampleCount) else {
                throw wrong("hop of \(hopSampleCount) samples; expected 1 to \(windowSampleCount)")
            }
            guard MediaLimits.sampleRatesHertz.contains(sampleRateHertz), lowestHertz >= 0,
                lowestHertz < highestHertz, highestHertz <= Double(sampleRateHertz) / 2
            else {
                throw wrong(
                    "bands from \(lowestHertz) to \(highestHertz) Hz at \(sampleRateHertz) Hz; "
                        + "expected rising and at most half the sample rate")
            }
            let longest = Int(MediaLimits.durationSeconds) * sampleRateHertz
            guard sampleCount > windowSampleCount / 2, sampleCount >= hopSampleCount,
                sampleCount <= longest
            else {
                throw wrong(
                    "length of \(sampleCount) samples; expected more than half a window, "
                        + "at least a hop and at most \(longest)")
            }
            guard (1...windowSampleCount).contains(bandCount) else {
                throw wrong("\(bandCount) mel bands; expected 1 to \(windowSampleCount)")
            }
            return transform
        }

        private func wrong(_ detail: String) -> MediaError {
            MediaError(.outOfRange, "log-mel spectrogram", detail, hint: "change the setting")
        }
    }
}

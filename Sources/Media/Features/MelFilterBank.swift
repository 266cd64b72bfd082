import Foundation

/// Triangular filters, evenly spaced on a mel scale, over the bins of a power spectrum.
public struct MelFilterBank: Sendable, Hashable {
    /// How hertz are bent into mels.
    public enum Scale: String, Sendable, Hashable {
        /// Linear below 1 kHz and logarithmic above, each filter of unit area.
        ///
        /// Formula: mel = 3f/200 below 1 kHz, else 15 + 27·ln(f/1000)/ln 6.4; weights · 2/(f₊ − f₋)
        /// Source: Slaney, Auditory Toolbox, 1998, as librosa's default has it
        case slaney
        /// Logarithmic throughout, each filter of unit height.
        ///
        /// Formula: mel = 2595·log₁₀(1 + f/700)
        /// Source: HTK book, section 5.6
        case htk

        func mels(_ hertz: Double) -> Double {
            switch self {
            case .slaney: hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * log(hertz / 1000) / log(6.4)
            case .htk: 2595 * log10(1 + hertz / 700)
            }
        }

        func hertz(_ mels: Double) -> Double {
            switch self {
            case .slaney: mels < 15 ? 200 * mels / 3 : 1000 * exp(log(6.4) * (mels - 15) / 27)
            case .htk: 700 * (pow(10, mels / 2595) - 1)
            }
        }
    }

    /// Filters.
    public let bandCount: Int
    /// Bins of the spectrum.
    public let binCount: Int
    /// The first bin each filter hears.
    private let starts: [Int]
    /// How many bins each filter hears.
    private let counts: [Int]
    /// The weights of each filter from its first bin on, one filter after the other.
    private let weights: [Double]

    /// Lays out the filters.
    ///
    /// Shapes: a spectrum of [binCount] → [bandCount]
    public init(
        bandCount: Int, binCount: Int, sampleRateHertz: Int, lowestHertz: Double,
        highestHertz: Double, scale: Scale
    ) {
        precondition(bandCount > 0 && binCount > 1, "mel filters: [\(binCount), \(bandCount)]")
        self.bandCount = bandCount
        self.binCount = binCount
        let (low, high) = (scale.mels(lowestHertz), scale.mels(highestHertz))
        let edges = (0..<bandCount + 2).map { (index: Int) -> Double in
            scale.hertz(low + (high - low) * Double(index) / Double(bandCount + 1))
        }
        let binHertz = Double(sampleRateHertz) / 2 / Double(binCount - 1)
        var (starts, counts): ([Int], [Int]) = ([], [])
        var weights: [Double] = []
        for band in 0..<bandCount {
            let (left, middle, right) = (edges[band], edges[band + 1], edges[band + 2])
            let height = scale == .slaney ? 2 / (right - left) : 1
            let all = (0..<binCount).map { (bin: Int) -> Double in
                let hertz = Double(bin) * binHertz
                let rise = (hertz - left) / (middle - left)
                let fall = (right - hertz) / (right - middle)
                return max(0, min(rise, fall)) * height
            }
            let first = all.firstIndex { $0 > 0 } ?? 0
            let last = all.lastIndex { $0 > 0 } ?? first
            starts.append(first)
            counts.append(last - first + 1)
            weights += all[first...last]
        }
        self.starts = starts
        self.counts = counts
        self.weights = weights
    }

    /// All weights as a matrix.
    ///
    /// Shapes: [binCount, bandCount]
    package var matrix: [Float] {
        var matrix = [Float](repeating: 0, count: binCount * bandCount)
        var next = 0
        for band in 0..<bandCount {
            for bin in starts[band]..<starts[band] + counts[band] {
                matrix[bin * bandCount + band] = Float(weights[next])
                next += 1
            }
        }
        return matrix
    }

    /// Lends the first bins, the numbers of bins and the weights to the loops in C.
    func withBands(
        _ body: (UnsafePointer<Int>?, UnsafePointer<Int>?, UnsafePointer<Double>?) -> Void
    ) {
        starts.withUnsafeBufferPointer { starts in
            counts.withUnsafeBufferPointer { counts in
                weights.withUnsafeBufferPointer { weights in
                    body(starts.baseAddress, counts.baseAddress, weights.baseAddress)
                }
            }
        }
    }
}

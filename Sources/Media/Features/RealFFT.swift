internal import CKernels
import Foundation

/// The plan of a power spectrum of real frames, which the loops in C follow.
///
/// A frame of n samples becomes n/2 complex numbers (even samples real, odd ones imaginary), which go
/// through a self-sorting mixed-radix transform and are then told apart.
/// Source: Stockham's autosort algorithm as in Van Loan, Computational Frameworks for the FFT, 1992
struct RealFFT: Sendable {
    /// Samples a frame.
    let count: Int

    let passes: [duet_fourier_pass]
    /// For each pass and each p: e^(−2πi·p·j/length), j = 1 ..< radix, real then imaginary.
    let twiddles: [Double]
    /// e^(−2πi·k/count), k = 0 ... count/2, real then imaginary.
    let separators: [Double]

    /// Plans a transform; nil unless half the count is a product of 2, 4 and 5.
    init?(count: Int) {
        guard (4...1 << 20).contains(count), count % 2 == 0 else { return nil }
        var passes: [duet_fourier_pass] = []
        var twiddles: [Double] = []
        var length = count / 2
        var stride = 1
        while length > 1 {
            guard let radix = [5, 4, 2].first(where: { length % $0 == 0 }) else { return nil }
            passes.append(
                duet_fourier_pass(
                    radix: radix, parts: length / radix, stride: stride, first: twiddles.count))
            for p in 0..<length / radix {
                for j in 1..<radix { twiddles += Self.root(p * j, of: length) }
            }
            length /= radix
            stride *= radix
        }
        self.count = count
        self.passes = passes
        self.twiddles = twiddles
        separators = (0...count / 2).flatMap { Self.root($0, of: count) }
    }

    private static func root(_ index: Int, of count: Int) -> [Double] {
        let angle = -2 * Double.pi * Double(index % count) / Double(count)
        return [cos(angle), sin(angle)]
    }
}

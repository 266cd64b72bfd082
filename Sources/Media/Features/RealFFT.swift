import Foundation

/// The power spectrum of real frames, four frames at a time in the lanes of one vector.
///
/// A frame of n samples becomes n/2 complex numbers (even samples real, odd ones imaginary), which go
/// through a self-sorting mixed-radix transform and are then told apart.
/// Source: Stockham's autosort algorithm as in Van Loan, Computational Frameworks for the FFT, 1992
struct RealFFT: Sendable {
    typealias Lanes = SIMD4<Double>

    /// Samples a frame.
    let count: Int

    private let stages: [FFTStage]
    /// For each stage and each p: e^(−2πi·p·j/length), j = 1 ..< radix, real then imaginary.
    private let twiddles: [Double]
    /// e^(−2πi·k/count), k = 0 ... count/2, real then imaginary.
    private let separators: [Double]

    /// Plans a transform; nil unless half the count is a product of 2, 4 and 5.
    init?(count: Int) {
        guard (4...1 << 20).contains(count), count % 2 == 0 else { return nil }
        var stages: [FFTStage] = []
        var twiddles: [Double] = []
        var length = count / 2
        var stride = 1
        while length > 1 {
            guard let radix = [5, 4, 2].first(where: { length % $0 == 0 }) else { return nil }
            stages.append(
                FFTStage(
                    radix: radix, partCount: length / radix, stride: stride,
                    firstTwiddle: twiddles.count))
            for p in 0..<length / radix {
                for j in 1..<radix { twiddles += Self.root(p * j, of: length) }
            }
            length /= radix
            stride *= radix
        }
        self.count = count
        self.stages = stages
        self.twiddles = twiddles
        separators = (0...count / 2).flatMap { Self.root($0, of: count) }
    }

    private static func root(_ index: Int, of count: Int) -> [Double] {
        let angle = -2 * Double.pi * Double(index % count) / Double(count)
        return [cos(angle), sin(angle)]
    }

    /// Memory for one transform, reused from frame to frame.
    final class Workspace {
        let real: UnsafeMutablePointer<Lanes>
        let imaginary: UnsafeMutablePointer<Lanes>
        let otherReal: UnsafeMutablePointer<Lanes>
        let otherImaginary: UnsafeMutablePointer<Lanes>
        /// |X_k|², k = 0 ... count/2.
        let power: UnsafeMutablePointer<Lanes>

        init(count: Int) {
            func make(_ capacity: Int) -> UnsafeMutablePointer<Lanes> {
                let pointer = UnsafeMutablePointer<Lanes>.allocate(capacity: capacity)
                pointer.initialize(repeating: .zero, count: capacity)
                return pointer
            }
            (real, imaginary) = (make(count / 2), make(count / 2))
            (otherReal, otherImaginary) = (make(count / 2), make(count / 2))
            power = make(count / 2 + 1)
        }

        deinit {
            for pointer in [real, imaginary, otherReal, otherImaginary, power] {
                pointer.deallocate()
            }
        }
    }

    /// Fills the workspace's `power` from the frames packed in its `real` and `imaginary`.
    func transform(_ workspace: Workspace) {
        var (re, im) = (workspace.real, workspace.imaginary)
        var (toRe, toIm) = (workspace.otherReal, workspace.otherImaginary)
        twiddles.withUnsafeBufferPointer { twiddles in
            guard let first = twiddles.baseAddress else { return }
            for stage in stages {
                stage.run(first + stage.firstTwiddle, re, im, toRe, toIm)
                swap(&re, &toRe)
                swap(&im, &toIm)
            }
        }
        let half = count / 2
        let power = workspace.power
        separators.withUnsafeBufferPointer { separators in
            for k in 0...half {
                let (a, b) = (k == half ? 0 : k, k == 0 ? 0 : half - k)
                let evenRe = (re[a] + re[b]) * 0.5
                let evenIm = (im[a] - im[b]) * 0.5
                let oddRe = (im[a] + im[b]) * 0.5
                let oddIm = (re[b] - re[a]) * 0.5
                let (c, s) = (separators[2 * k], separators[2 * k + 1])
                let sumRe = evenRe + (oddRe * c - oddIm * s)
                let sumIm = evenIm + (oddRe * s + oddIm * c)
                power[k] = sumRe * sumRe + sumIm * sumIm
            }
        }
    }
}

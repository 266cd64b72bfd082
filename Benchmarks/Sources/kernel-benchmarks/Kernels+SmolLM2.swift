import Kernels

/// The kernels of a training step of SmolLM2-135M over packed rows, in its shapes.
struct StepKernels {
    let rows: Int
    private let hidden = 576
    private let feedForward = 1536
    private let vocabulary = 49_152
    private let supervised = 427
    private let rank = 16

    private func scalars(_ count: Int) -> Scalars {
        Scalars((0..<count).map { Float($0 % 1013) * 1e-3 - 0.5 })
    }

    private func matrix(_ rows: Int, _ columns: Int) -> Matrix {
        Matrix(scalars(rows * columns), rows: rows, columns: columns)
    }

    var all: [Measurement] { products + vectorLoops + [crossEntropy, adamW] + attention }

    private var products: [Measurement] {
        let maps = [
            ("query, key, value", hidden, 960), ("attention output", hidden, hidden),
            ("gate, up", hidden, 2 * feedForward), ("down", feedForward, hidden),
            ("first factor of an adapter", hidden, rank),
            ("three first factors", hidden, 3 * rank), ("second factor", rank, hidden),
        ]
        return maps.flatMap { name, inputs, outputs -> [Measurement] in
            let (x, weight, y) = (
                matrix(rows, inputs), matrix(outputs, inputs), matrix(rows, outputs)
            )
            let operations = Measurement.Work.operations(Double(2 * rows * inputs * outputs))
            return [
                Measurement(name: "\(name): y = x wᵀ", work: operations) {
                    MatrixProduct.multiply(x, weight, transposingB: true, into: y)
                },
                Measurement(name: "\(name): dx = dy w", work: operations) {
                    MatrixProduct.multiply(y, weight, into: x)
                },
            ]
        }
    }

    private var vectorLoops: [Measurement] {
        let (x, weight, gates) = (
            scalars(rows * hidden), scalars(hidden), scalars(rows * 2 * feedForward)
        )
        let dy = scalars(rows * feedForward)
        let norm = Normalization.rms(x, weight: weight, width: hidden, epsilon: 1e-5)
        let row = Double(4 * rows)
        return [
            Measurement(name: "RMSNorm", work: .bytes(row * Double(2 * hidden))) {
                _ = Normalization.rms(x, weight: weight, width: hidden, epsilon: 1e-5)
            },
            Measurement(name: "RMSNorm, back", work: .bytes(row * Double(3 * hidden))) {
                _ = Normalization.rmsPullback(
                    x, weight: weight, inverseRMS: norm.inverseRMS, dy: norm.y, width: hidden,
                    wantsInput: true, wantsWeight: false)
            },
            Measurement(name: "SwiGLU", work: .bytes(row * Double(3 * feedForward))) {
                _ = Elementwise.swiGLU(gates, width: feedForward)
            },
            Measurement(name: "SwiGLU, back", work: .bytes(row * Double(5 * feedForward))) {
                _ = Elementwise.swiGLUPullback(gates, dy: dy, width: feedForward)
            },
        ]
    }

    private var crossEntropy: Measurement {
        let (x, projection) = (
            scalars(supervised * hidden), matrix(vocabulary, hidden)
        )
        let targets = (0..<supervised).map { Int32($0 * 97 % vocabulary) }
        return Measurement(
            name: "cross-entropy with projection, both ways",
            work: .operations(Double(4 * supervised * hidden * vocabulary))
        ) {
            _ = CrossEntropy.evaluate(
                hidden: x, projection: .plain(projection), targets: targets,
                weights: [Double](repeating: 1, count: supervised), wantsHidden: true,
                wantsProjection: false)
        }
    }

    private var adamW: Measurement {
        let count = 4_900_000
        let (value, gradient, m, v) = (
            scalars(count), scalars(count), scalars(count),
            Scalars(repeating: 0.1, count: count, type: .float32)
        )
        let step = AdamWStep(
            learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, step: 3,
            gradientScale: 1)
        // Four runs are read and three written.
        return Measurement(name: "AdamW", work: .bytes(Double(28 * count))) {
            _ = step.applied(to: value, gradient: gradient, m: m, v: v)
        }
    }

    private var attention: [Measurement] {
        let heads = AttentionHeads(query: 9, keyValue: 3, size: 64)
        let packed = scalars(rows * heads.packedWidth)
        let length = rows / 8
        let segments = (0..<8).map {
            AttentionSegment(start: $0 * length, count: $0 == 7 ? rows - 7 * length : length)
        }
        let output = Attention.forward(
            packed, heads: heads, segments: segments, isCausal: true)
        // A query sees half of the keys in the mean; each costs a product with it and one with its value.
        let pairs = segments.reduce(0) { $0 + $1.count * ($1.count + 1) / 2 }
        let operations = Double(4 * pairs * heads.outputWidth)
        return [
            Measurement(name: "attention, 8 sequences", work: .operations(operations)) {
                _ = Attention.forward(packed, heads: heads, segments: segments, isCausal: true)
            },
            Measurement(
                name: "attention, 8 sequences, back", work: .operations(operations * 2.5)
            ) {
                _ = Attention.pullback(
                    packed, output: output, dy: output, heads: heads, segments: segments,
                    isCausal: true)
            },
        ]
    }
}

extension Picture {
    /// How neighbouring pixels are weighed when a picture is resized.
    public enum ResizeFilter: Sendable, Hashable {
        /// A triangle one pixel to each side.
        case bilinear
        /// Keys' cubic with a = −½, two pixels to each side.
        case bicubic

        /// How far the filter reaches, in pixels of the coarser grid.
        var reach: Double { self == .bilinear ? 1 : 2 }

        func weight(at distance: Double) -> Double {
            let x = abs(distance)
            switch self {
            case .bilinear:
                return x < 1 ? 1 - x : 0
            case .bicubic:
                if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
                return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
            }
        }
    }

    /// The picture at another size, equal to Pillow's `Image.resize`.
    ///
    /// The filter widens when shrinking (antialiasing). Rows are resized first, then columns, and each
    /// pass rounds to 8 bits; weights are fixed-point numbers of 22 bits.
    /// Source: Pillow, `src/libImaging/Resample.c`
    /// Traps: when the new size is not positive.
    public func resized(width: Int, height: Int, filter: ResizeFilter) -> Picture {
        precondition(width > 0 && height > 0, "resized: \(width) × \(height) is no size")
        var bytes = rgb
        if width != pixelsWide {
            let taps = ResizeTaps(from: pixelsWide, to: width, filter: filter)
            bytes = taps.resizingRows(bytes, rowCount: pixelsHigh, pixelsWide: pixelsWide)
        }
        if height != pixelsHigh {
            let taps = ResizeTaps(from: pixelsHigh, to: height, filter: filter)
            bytes = taps.resizingColumns(bytes, bytesPerRow: width * 3)
        }
        return Picture(pixelsWide: width, pixelsHigh: height, rgb: bytes)
    }

    /// The picture with its shorter side at `size` and the longer one in proportion, rounded down.
    ///
    /// Formula: longer = ⌊size · longer / shorter⌋
    public func resized(shortestSide size: Int, filter: ResizeFilter) -> Picture {
        let isWide = pixelsWide >= pixelsHigh
        let longer = max(1, size * max(pixelsWide, pixelsHigh) / min(pixelsWide, pixelsHigh))
        return resized(
            width: isWide ? longer : size, height: isWide ? size : longer, filter: filter)
    }
}

/// The weights of one resizing pass: for each new pixel a run of old ones.
private struct ResizeTaps {
    private let starts: [Int]
    private let counts: [Int]
    /// `width` weights for each new pixel; those after its count are zero.
    private let weights: [Int32]
    private let width: Int

    private static let fractionBits: Int32 = 22
    private static let half: Int32 = 1 << 21

    init(from oldSize: Int, to newSize: Int, filter: Picture.ResizeFilter) {
        let scale = Double(oldSize) / Double(newSize)
        let stretch = max(scale, 1)
        let reach = filter.reach * stretch
        let width = Int(reach.rounded(.up)) * 2 + 1
        var starts: [Int] = []
        var counts: [Int] = []
        var weights = [Int32](repeating: 0, count: width * newSize)
        for position in 0..<newSize {
            let center = (Double(position) + 0.5) * scale
            let start = max(0, Int(center - reach + 0.5))
            let end = min(oldSize, Int(center + reach + 0.5))
            let run = (start..<end).map { (old: Int) -> Double in
                filter.weight(at: (Double(old) - center + 0.5) / stretch)
            }
            let sum = run.reduce(0, +)
            for (offset, weight) in run.enumerated() {
                let share = sum == 0 ? weight : weight / sum
                let scaled = share * Double(1 << Self.fractionBits)
                weights[position * width + offset] = Int32(scaled + (share < 0 ? -0.5 : 0.5))
            }
            starts.append(start)
            counts.append(end - start)
        }
        self.starts = starts
        self.counts = counts
        self.weights = weights
        self.width = width
    }

    /// The same sample of several rows.
    private typealias Lanes = SIMD8<Int32>

    /// Rows are taken several at a time and turned, so that the same sample of each lies together and one
    /// weight multiplies all of them.
    func resizingRows(_ bytes: [UInt8], rowCount: Int, pixelsWide: Int) -> [UInt8] {
        let (old, new) = (pixelsWide * 3, starts.count * 3)
        var turned = [Lanes](repeating: .zero, count: old)
        return [UInt8](unsafeUninitializedCapacity: rowCount * new) { target, count in
            bytes.withUnsafeBufferPointer { source in
                turned.withUnsafeMutableBufferPointer { turned in
                    for first in stride(from: 0, to: rowCount, by: Lanes.scalarCount) {
                        let rows = first..<min(first + Lanes.scalarCount, rowCount)
                        turned.withMemoryRebound(to: Int32.self) { lanes in
                            for row in rows {
                                for sample in 0..<old {
                                    lanes[sample * Lanes.scalarCount + row - first] =
                                        Int32(source[row * old + sample])
                                }
                            }
                        }
                        weigh(UnsafeBufferPointer(turned), of: rows, into: target)
                    }
                }
            }
            count = rowCount * new
        }
    }

    /// Writes the new pixels of some rows, whose samples are given turned.
    private func weigh(
        _ turned: UnsafeBufferPointer<Lanes>, of rows: Range<Int>,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) {
        let half = Lanes(repeating: Self.half)
        weights.withUnsafeBufferPointer { weights in
            for position in starts.indices {
                var (red, green, blue) = (half, half, half)
                var sample = starts[position] * 3
                let own = position * width
                for weight in weights[own..<own + counts[position]] {
                    let weight = Lanes(repeating: weight)
                    red &+= turned[sample] &* weight
                    green &+= turned[sample + 1] &* weight
                    blue &+= turned[sample + 2] &* weight
                    sample += 3
                }
                for (lane, row) in rows.enumerated() {
                    let to = (row * starts.count + position) * 3
                    target[to] = Self.level(red[lane])
                    target[to + 1] = Self.level(green[lane])
                    target[to + 2] = Self.level(blue[lane])
                }
            }
        }
    }

    func resizingColumns(_ bytes: [UInt8], bytesPerRow: Int) -> [UInt8] {
        let total = starts.count * bytesPerRow
        var sums = [Int32](repeating: 0, count: bytesPerRow)
        return [UInt8](unsafeUninitializedCapacity: total) { target, count in
            bytes.withUnsafeBufferPointer { source in
                sums.withUnsafeMutableBufferPointer { sums in
                    for position in starts.indices {
                        sums.update(repeating: Self.half)
                        for tap in 0..<counts[position] {
                            let weight = weights[position * width + tap]
                            let row = (starts[position] + tap) * bytesPerRow
                            for byte in 0..<bytesPerRow {
                                sums[byte] &+= Int32(source[row + byte]) &* weight
                            }
                        }
                        for byte in 0..<bytesPerRow {
                            target[position * bytesPerRow + byte] = Self.level(sums[byte])
                        }
                    }
                }
            }
            count = total
        }
    }

    @inline(__always)
    private static func level(_ sum: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: min(255, max(0, sum >> fractionBits)))
    }
}

import Foundation

/// One pass of the self-sorting transform: butterflies of one radix, then twiddles.
///
/// Formula: y[q + s(r·p + j)] = wᵖʲ · Σ_k x[q + s(p + m·k)] e^(−2πi·jk/r), w = e^(−2πi/(r·m))
struct FFTStage: Sendable {
    typealias Lanes = RealFFT.Lanes
    typealias Vector = UnsafeMutablePointer<Lanes>

    /// r
    let radix: Int
    /// m
    let partCount: Int
    /// s
    let stride: Int
    let firstTwiddle: Int

    func run(
        _ w: UnsafePointer<Double>, _ re: Vector, _ im: Vector, _ toRe: Vector, _ toIm: Vector
    ) {
        switch radix {
        case 5: runRadix5(w, re, im, toRe, toIm)
        case 4: runRadix4(w, re, im, toRe, toIm)
        default: runRadix2(w, re, im, toRe, toIm)
        }
    }

    /// Multiplies x + iy by a twiddle and stores it.
    @inline(__always)
    private func store(
        _ x: Lanes, _ y: Lanes, _ twiddle: UnsafePointer<Double>, _ re: Vector, _ im: Vector
    ) {
        let (c, s) = (twiddle[0], twiddle[1])
        re.pointee = x * c - y * s
        im.pointee = x * s + y * c
    }

    private func runRadix2(
        _ w: UnsafePointer<Double>, _ re: Vector, _ im: Vector, _ toRe: Vector, _ toIm: Vector
    ) {
        let step = stride * partCount
        for p in 0..<partCount {
            for q in 0..<stride {
                let (i, o) = (q + stride * p, q + stride * 2 * p)
                let (x0, y0, x1, y1) = (re[i], im[i], re[i + step], im[i + step])
                toRe[o] = x0 + x1
                toIm[o] = y0 + y1
                store(x0 - x1, y0 - y1, w + 2 * p, toRe + (o + stride), toIm + (o + stride))
            }
        }
    }

    private func runRadix4(
        _ w: UnsafePointer<Double>, _ re: Vector, _ im: Vector, _ toRe: Vector, _ toIm: Vector
    ) {
        let step = stride * partCount
        for p in 0..<partCount {
            let w = w + 6 * p
            for q in 0..<stride {
                let i = q + stride * p
                let (i1, i2, i3) = (i + step, i + 2 * step, i + 3 * step)
                let (ax, ay) = (re[i] + re[i2], im[i] + im[i2])
                let (bx, by) = (re[i] - re[i2], im[i] - im[i2])
                let (cx, cy) = (re[i1] + re[i3], im[i1] + im[i3])
                let (dx, dy) = (re[i1] - re[i3], im[i1] - im[i3])
                let o = q + stride * 4 * p
                let (o1, o2, o3) = (o + stride, o + 2 * stride, o + 3 * stride)
                toRe[o] = ax + cx
                toIm[o] = ay + cy
                store(bx + dy, by - dx, w, toRe + o1, toIm + o1)
                store(ax - cx, ay - cy, w + 2, toRe + o2, toIm + o2)
                store(bx - dy, by + dx, w + 4, toRe + o3, toIm + o3)
            }
        }
    }

    private func runRadix5(
        _ w: UnsafePointer<Double>, _ re: Vector, _ im: Vector, _ toRe: Vector, _ toIm: Vector
    ) {
        let step = stride * partCount
        let (c1, c2) = (cos(2 * Double.pi / 5), cos(4 * Double.pi / 5))
        let (s1, s2) = (sin(2 * Double.pi / 5), sin(4 * Double.pi / 5))
        for p in 0..<partCount {
            let w = w + 8 * p
            for q in 0..<stride {
                let i = q + stride * p
                let (i1, i2, i3, i4) = (i + step, i + 2 * step, i + 3 * step, i + 4 * step)
                let (x, y) = (re[i], im[i])
                let (ax, ay) = (re[i1] + re[i4], im[i1] + im[i4])
                let (bx, by) = (re[i2] + re[i3], im[i2] + im[i3])
                let (dx, dy) = (re[i1] - re[i4], im[i1] - im[i4])
                let (ex, ey) = (re[i2] - re[i3], im[i2] - im[i3])
                let (t1x, t1y) = (x + ax * c1 + bx * c2, y + ay * c1 + by * c2)
                let (t2x, t2y) = (x + ax * c2 + bx * c1, y + ay * c2 + by * c1)
                let (u1x, u1y) = (dx * s1 + ex * s2, dy * s1 + ey * s2)
                let (u2x, u2y) = (dx * s2 - ex * s1, dy * s2 - ey * s1)
                let o = q + stride * 5 * p
                let (o1, o2) = (o + stride, o + 2 * stride)
                let (o3, o4) = (o + 3 * stride, o + 4 * stride)
                toRe[o] = x + ax + bx
                toIm[o] = y + ay + by
                store(t1x + u1y, t1y - u1x, w, toRe + o1, toIm + o1)
                store(t2x + u2y, t2y - u2x, w + 2, toRe + o2, toIm + o2)
                store(t2x - u2y, t2y + u2x, w + 4, toRe + o3, toIm + o3)
                store(t1x - u1y, t1y + u1x, w + 6, toRe + o4, toIm + o4)
            }
        }
    }
}

import Dispatch
import Kernels

/// A kernel, how much it does, and how it is measured.
struct Measurement {
    let name: String
    let work: Work
    let run: () -> Void

    /// What limits a kernel.
    enum Work {
        /// Floating-point operations of a product.
        case operations(Double)
        /// Bytes that must be read and written.
        case bytes(Double)
    }

    /// The median of runs of 0.3 s in all, after one to warm up.
    func seconds() -> Double {
        run()
        var times: [Double] = []
        let start = DispatchTime.now().uptimeNanoseconds
        repeat {
            let before = DispatchTime.now().uptimeNanoseconds
            run()
            times.append(Double(DispatchTime.now().uptimeNanoseconds - before) * 1e-9)
        } while DispatchTime.now().uptimeNanoseconds - start < 300_000_000 || times.count < 5
        return times.sorted()[times.count / 2]
    }
}

/// What the machine can do at most, with the threads in use.
struct Peak {
    let operations: Double
    let bytes: Double

    /// Multiply-adds of registers, and copies of 64 MB.
    static func measured() -> Peak {
        let x = Scalars(repeating: 1, count: 16 << 20, type: .float32)
        let copy = Measurement(name: "copy", work: .bytes(Double(x.count * 8))) {
            _ = Elementwise.copy(x)
        }
        return Peak(
            operations: Machine.measureFMAPeak() * 1e9 * Double(Parallel.threadCount),
            bytes: Double(x.count * 8) / copy.seconds())
    }
}

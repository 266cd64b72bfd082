internal import CKernels
internal import COpenBLAS
internal import Foundation

/// The processor and the BLAS library as this process uses them.
public struct Machine: Sendable {
    /// Instruction sets that matter here.
    public let features: [String]
    /// The kernels that OpenBLAS picked when it was loaded.
    public let coreChosenByLibrary: String
    /// The kernels in use now.
    public let core: String
    /// OpenBLAS's own description of its build.
    public let library: String
    /// Why `core` differs from the library's choice, or why it could not be changed.
    public let remark: String?
    /// Whether freed memory stays with the process.
    public let keepsFreedMemory: Bool

    /// What was found and set when the first kernel ran.
    public static let current = Machine()

    /// Makes sure that BLAS uses the widest kernels before its first call; called by every buffer.
    @inline(__always)
    static func prepare() { _ = current }

    /// Debian 12's OpenBLAS does not know processors newer than itself and falls back to narrow
    /// kernels, at up to a fifth of the speed. The core is then chosen again by the instruction
    /// sets; a value that the user set in OPENBLAS_CORETYPE wins.
    private init() {
        let cpu = duet_cpu_features()
        features = [
            (cpu.avx2_fma, "AVX2+FMA"), (cpu.avx512, "AVX-512"), (cpu.avx512_bf16, "AVX-512 BF16"),
            (cpu.amx, "AMX"),
        ].filter { $0.0 != 0 }.map(\.1)
        keepsFreedMemory = duet_keep_freed_memory() != 0
        let chosen = String(cString: openblas_get_corename())
        coreChosenByLibrary = chosen
        let wanted = cpu.avx512 != 0 ? "SkylakeX" : (cpu.avx2_fma != 0 ? "Haswell" : chosen)
        let user = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
        if let user, !user.isEmpty {
            remark =
                Machine.width(chosen) >= Machine.width(wanted)
                ? nil
                : "OPENBLAS_CORETYPE=\(user) is set, which keeps \(chosen) kernels on a processor "
                    + "that can run \(wanted)'s at about twice the speed; unset it"
        } else if Machine.width(chosen) >= Machine.width(wanted) {
            remark = nil
        } else if duet_blas_choose_core(wanted) != 0 {
            remark =
                "the library had chosen \(chosen); the processor has more, so \(wanted) is used"
        } else {
            remark =
                "the library chose \(chosen) and was built without a choice of cores; "
                + "expect a fraction of the speed: install Debian's libopenblas0-pthread"
        }
        openblas_set_num_threads(1)
        core = String(cString: openblas_get_corename())
        library = String(cString: openblas_get_config())
    }

    private static func width(_ core: String) -> Int {
        switch core.lowercased() {
        case "skylakex", "cooperlake", "sapphirerapids": 512
        case "haswell", "zen", "excavator": 256
        default: 128
        }
    }

    /// Fused multiply-adds of one thread, in GFLOP/s.
    public static func measureFMAPeak(seconds: Double = 0.2) -> Double {
        duet_measure_fma_peak(seconds)
    }

    /// Peak resident memory of this process in bytes.
    public static var peakMemory: Int { Int(duet_peak_memory()) }
}

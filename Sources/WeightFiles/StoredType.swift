import CKernels

/// How the values of a tensor are stored; the raw value is the usual name.
///
/// Source: the block layouts of the Q types are those of ggml (ggml-common.h).
public enum StoredType: String, Sendable, CaseIterable {
    /// 64-bit float, rounded to 32 bits when read.
    case float64 = "F64"
    /// 32-bit float.
    case float32 = "F32"
    /// IEEE half.
    case float16 = "F16"
    /// The upper half of a 32-bit float.
    case bfloat16 = "BF16"
    /// 64-bit integer, rounded when it does not fit a float.
    case int64 = "I64"
    /// 32-bit integer, rounded when it does not fit a float.
    case int32 = "I32"
    /// 16-bit integer.
    case int16 = "I16"
    /// 8-bit integer.
    case int8 = "I8"
    /// Byte.
    case uint8 = "U8"
    /// Byte that is 0 or 1.
    case bool = "BOOL"
    /// 4 bits, a scale for 32 values.
    case q4_0 = "Q4_0"
    /// 4 bits, a scale and a minimum for 32 values.
    case q4_1 = "Q4_1"
    /// 5 bits, a scale for 32 values.
    case q5_0 = "Q5_0"
    /// 5 bits, a scale and a minimum for 32 values.
    case q5_1 = "Q5_1"
    /// 8 bits, a scale for 32 values.
    case q8_0 = "Q8_0"
    /// 2 bits, scales and minima of two levels for 256 values.
    case q2_K = "Q2_K"
    /// 3 bits, scales of two levels for 256 values.
    case q3_K = "Q3_K"
    /// 4 bits, scales and minima of two levels for 256 values.
    case q4_K = "Q4_K"
    /// 5 bits, scales and minima of two levels for 256 values.
    case q5_K = "Q5_K"
    /// 6 bits, scales of two levels for 256 values.
    case q6_K = "Q6_K"

    /// Whether several values share scales, so that only whole blocks can be read.
    public var isQuantised: Bool { valuesPerBlock > 1 }

    /// Whether values are real numbers, as weights are, rather than integers or truth values.
    public var isReal: Bool {
        switch self {
        case .int64, .int32, .int16, .int8, .uint8, .bool: false
        default: true
        }
    }

    /// How many values a block holds.
    public var valuesPerBlock: Int {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
        default: 1
        }
    }

    /// How many bytes a block takes.
    public var bytesPerBlock: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q2_K: 84
        case .q3_K: 110
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        }
    }

    /// The same type for the C loops.
    var kernelType: duet_stored {
        switch self {
        case .float64: DUET_STORED_FLOAT64
        case .float32: DUET_STORED_FLOAT32
        case .float16: DUET_STORED_FLOAT16
        case .bfloat16: DUET_STORED_BFLOAT16
        case .int64: DUET_STORED_INT64
        case .int32: DUET_STORED_INT32
        case .int16: DUET_STORED_INT16
        case .int8: DUET_STORED_INT8
        case .uint8, .bool: DUET_STORED_UINT8
        case .q4_0: DUET_STORED_Q4_0
        case .q4_1: DUET_STORED_Q4_1
        case .q5_0: DUET_STORED_Q5_0
        case .q5_1: DUET_STORED_Q5_1
        case .q8_0: DUET_STORED_Q8_0
        case .q2_K: DUET_STORED_Q2_K
        case .q3_K: DUET_STORED_Q3_K
        case .q4_K: DUET_STORED_Q4_K
        case .q5_K: DUET_STORED_Q5_K
        case .q6_K: DUET_STORED_Q6_K
        }
    }
}

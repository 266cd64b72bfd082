/// How the features of a clip's frames become tokens.
public enum VisualTokenBuilder: String, Sendable, CaseIterable {
    /// One token a frame and grid cell.
    case frame
    /// One token a frame, averaged over the cells.
    case framePooled = "frame-pooled"
    /// One token a grid cell, averaged over time.
    case videoSpatial = "video-spatial"
    /// One token, averaged over everything.
    case video
}

/// How the features of a sound become tokens.
public enum AudioTokenBuilder: String, Sendable, CaseIterable {
    /// One token a segment of time and band of frequency.
    case segment
    /// One token a segment of time, averaged over the bands.
    case segmentPooled = "segment-pooled"
    /// One token, averaged over the clip.
    case clip
}

/// What is taken of each frame.
public enum VisualOutput: String, Sendable, CaseIterable {
    /// The encoder's map.
    case patches
    /// CLIP's class token.
    case classToken = "class"
    /// One vector of the encoder's own pooling.
    case pooled
    /// One vector in the space shared with text.
    case embedding
}

/// What is taken of a sound.
public enum AudioOutput: String, Sendable, CaseIterable {
    /// States in time.
    case states
    /// One vector, the mean of the states.
    case pooled
    /// One vector in the space shared with text.
    case embedding
}

extension Recipe {
    /// The parts the model is made of.
    public struct Model: Sendable, Equatable {
        /// The language model: an asset's name or a path.
        public let language: String
        /// How the language model's frozen weights are kept.
        public let weights: Weights
        /// What is seen, or nil for a model without sight.
        public let visual: Visual?
        /// What is heard, or nil for a model without hearing.
        public let audio: Audio?
        /// The map from features to embeddings.
        public let projector: Projector
        /// Whether the tokens of pictures and sound stand together, in the order of time.
        public let interleaves: Bool
        /// The mark in a question where the picture's tokens go.
        public let visualToken: String
        /// The mark in a question where the sound's tokens go.
        public let audioToken: String
        /// How conversations are written.
        public let chatFormat: ChatFormat
        /// The system message of every conversation.
        public let systemPrompt: SystemPrompt

        /// How conversations are written.
        public enum ChatFormat: String, Sendable, CaseIterable {
            /// As the model's own files say.
            case model
            /// ChatML: Qwen2, SmolLM2.
            case chatML = "chatml"
            /// Llama-2-Chat's.
            case llama2 = "llama_2"
            /// Llama-3-Instruct's.
            case llama3 = "llama_3"
            /// Vicuna's and LLaVA's.
            case vicuna1 = "vicuna_v1"
        }

        /// The map from features to embeddings, by LLaVA's names.
        public enum Projector: String, Sendable, CaseIterable {
            /// One affine map.
            case linear
            /// Two affine maps with GELU between them.
            case mlp2xGELU = "mlp2x_gelu"
        }

        /// How frozen weights are kept.
        public enum Weights: String, Sendable, CaseIterable {
            /// As 32-bit floats in memory.
            case float32
            /// As their file stores them.
            case asStored = "as-stored"
        }
    }

    /// The system message of every conversation.
    public enum SystemPrompt: Sendable, Equatable {
        /// The chat template's own.
        case templateDefault
        /// No system turn.
        case none
        /// This text.
        case text(String)
    }

    /// How clips are seen.
    public struct Visual: Sendable, Equatable {
        /// The frozen image encoder: an asset's name or a path.
        public let encoder: String
        /// The layer whose output is taken; nil for the final output.
        public let layer: Int?
        /// What is taken of each frame.
        public let output: VisualOutput
        /// Frames taken from a clip.
        public let frameCount: Int
        /// Rows of cells kept of each frame.
        public let gridRows: Int
        /// Columns of cells kept of each frame.
        public let gridColumns: Int
        /// The token builders, joined in this order.
        public let tokens: [VisualTokenBuilder]
        /// Whether a clip's tokens stand between two with trained embeddings.
        public let hasBoundaryTokens: Bool
    }

    /// How clips are heard.
    public struct Audio: Sendable, Equatable {
        /// The frozen audio encoder: an asset's name or a path.
        public let encoder: String
        /// Seconds heard of a clip.
        public let durationSeconds: Double
        /// Encoder layers whose outputs are concatenated; none for the final output.
        public let layers: [Int]
        /// What is taken of a sound.
        public let output: AudioOutput
        /// Seconds averaged into one segment.
        public let segmentSeconds: Double
        /// Bands of frequency kept of each segment.
        public let bandCount: Int
        /// Seconds from one window to the next, each of them one segment; nil for one window.
        public let strideSeconds: Double?
        /// The token builders, joined in this order.
        public let tokens: [AudioTokenBuilder]
        /// Whether a clip's tokens stand between two with trained embeddings.
        public let hasBoundaryTokens: Bool
    }
}

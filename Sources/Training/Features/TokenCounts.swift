internal import Datasets
internal import Models
internal import Recipes

extension Recipe.Visual {
    /// Cells kept of each frame.
    var cellCount: Int { gridRows * gridColumns }

    /// Tokens of a clip's pictures.
    var tokenCount: Int {
        tokens.reduce(hasBoundaryTokens ? ClipBoundaries.tokenCount : 0) { sum, builder in
            switch builder {
            case .frame: sum + frameCount * cellCount
            case .framePooled: sum + frameCount
            case .videoSpatial: sum + cellCount
            case .video: sum + 1
            }
        }
    }
}

extension Recipe.Audio {
    /// Segments of a clip's sound, for an encoder with windows of so many seconds.
    ///
    /// Formula: with a stride s and windows of w seconds, ⌈(seconds − w) / s⌉ + 1, at least 1
    func segmentCount(windowSeconds: Double) -> Int {
        if let stride = strideSeconds {
            let further = ((durationSeconds - windowSeconds) / stride - 1e-9).rounded(.up)
            return 1 + max(0, Int(further))
        }
        if output != .states { return 1 }
        return max(1, Int((durationSeconds / segmentSeconds).rounded()))
    }

    /// Tokens of a clip's sound.
    func tokenCount(windowSeconds: Double) -> Int {
        let segments = segmentCount(windowSeconds: windowSeconds)
        return tokens.reduce(hasBoundaryTokens ? ClipBoundaries.tokenCount : 0) { sum, builder in
            switch builder {
            case .segment: sum + segments * bandCount
            case .segmentPooled: sum + segments
            case .clip: sum + 1
            }
        }
    }
}

extension MediaInterleaving {
    /// The order that a recipe asks for; nil for none.
    init?(_ model: Recipe.Model, audioSegmentCount: Int) {
        guard model.interleaves, let visual = model.visual, let audio = model.audio else {
            return nil
        }
        self.init(
            frameCount: visual.frameCount,
            tokensPerFrame: visual.tokens == [.frame] ? visual.cellCount : 1,
            segmentCount: audioSegmentCount,
            tokensPerSegment: audio.tokens == [.segment] ? audio.bandCount : 1)
    }
}

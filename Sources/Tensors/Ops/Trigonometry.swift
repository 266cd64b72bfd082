internal import Foundation

/// Foundation's cos and sin, named apart from the tensor functions.
func cosine(_ angle: Double) -> Double { cos(angle) }
func sine(_ angle: Double) -> Double { sin(angle) }

import Kernels

/// How a pullback keeps an operand: as it is, or as what makes the same bits again.
///
/// Normalised and gated rows cost a pass over memory to make and as much memory to keep as what they
/// are made of, which is kept anyway; so the maps that use them make them again on the way back.
enum Kept: Sendable {
    case scalars(Scalars)
    case again(@Sendable () -> Scalars)

    /// The operand's elements.
    var scalars: Scalars {
        switch self {
        case .scalars(let scalars): scalars
        case .again(let make): make()
        }
    }
}

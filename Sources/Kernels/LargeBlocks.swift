internal import CKernels
internal import Synchronization

/// Memory of large buffers: freed blocks are kept for the next buffer of about their size.
///
/// A heap that serves all sizes from one run of addresses is torn to pieces by activations, which live
/// long, between temporaries, which do not (Documentation/Decisions/006).
enum LargeBlocks {
    /// Buffers from this size on are blocks of their own.
    static let leastBytes = 256 << 10
    /// Kept blocks serve buffers that use at least this part of them.
    private static let leastUse = 0.8
    /// Bytes that may be kept beyond the most that was ever in use.
    private static let slackBytes = 32 << 20

    private struct Block {
        let address: UnsafeMutableRawPointer
        let byteCount: Int
    }

    /// Safety: free blocks belong to nobody; the lock hands each to one owner.
    private struct State: @unchecked Sendable {
        /// Blocks in nobody's use, the longest unused first.
        var free: [Block] = []
        var freeBytes = 0
        var usedBytes = 0
        var mostUsedBytes = 0

        mutating func reuse(_ byteCount: Int) -> Block? {
            var best: Int?
            for (index, block) in free.enumerated()
            where block.byteCount >= byteCount
                && Double(byteCount) >= leastUse * Double(block.byteCount)
                && block.byteCount < best.map({ free[$0].byteCount }) ?? .max
            {
                best = index
            }
            guard let best else { return nil }
            let block = free.remove(at: best)
            freeBytes -= block.byteCount
            use(block.byteCount)
            return block
        }

        mutating func use(_ byteCount: Int) {
            usedBytes += byteCount
            mostUsedBytes = max(mostUsedBytes, usedBytes)
        }

        /// Takes out free blocks until used and free ones fit into what has been needed before.
        mutating func surplus() -> [Block] {
            var count = 0
            while count < free.count, usedBytes + freeBytes > mostUsedBytes + slackBytes {
                freeBytes -= free[count].byteCount
                count += 1
            }
            defer { free.removeFirst(count) }
            return Array(free.prefix(count))
        }
    }

    private static let state = Mutex(State())

    /// A block of at least `byteCount` bytes, and how many it has; nil when there is no memory.
    static func take(_ byteCount: Int) -> (address: UnsafeMutableRawPointer, byteCount: Int)? {
        let pages = (byteCount + 4_095) / 4_096 * 4_096
        let (reused, surplus) = state.withLock { state -> (Block?, [Block]) in
            if let block = state.reuse(pages) { return (block, []) }
            state.use(pages)
            return (nil, state.surplus())
        }
        for block in surplus { duet_unmap(block.address, block.byteCount) }
        if let reused { return (reused.address, reused.byteCount) }
        return duet_map(pages).map { ($0, pages) }
    }

    /// Takes a block back.
    static func giveBack(_ address: UnsafeMutableRawPointer, byteCount: Int) {
        state.withLock {
            $0.usedBytes -= byteCount
            $0.freeBytes += byteCount
            $0.free.append(Block(address: address, byteCount: byteCount))
        }
    }
}

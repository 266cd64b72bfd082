import Datasets
import Kernels
import Models
import Tensors
import Training

/// Token sequences that share their beginnings: what is common to several is computed once.
///
/// Questions about one clip share its features, choices share their question, and spellings share
/// their first tokens. A node is one row of the packed forward pass.
struct PromptForest {
    /// What stands in a row: a token of text, or one feature vector of a medium.
    private enum Symbol: Hashable {
        case token(Int32)
        case feature(MediaKind, MediaReference, index: Int)
    }

    private struct Edge: Hashable {
        let parent: Int
        let symbol: Symbol
    }

    private struct Node {
        let symbol: Symbol
        let token: Int32
        let depth: Int
        var children: [Int] = []
    }

    /// The parent of all first rows.
    private static let root = -1

    private var nodes: [Node] = []
    private var roots: [Int] = []
    private var edges: [Edge: Int] = [:]

    /// The number of rows.
    var rowCount: Int { nodes.count }

    /// Adds a prompt and returns the node of its last row.
    ///
    /// Traps: when the prompt is empty
    mutating func insert(_ prompt: Prompt) -> Int {
        precondition(!prompt.encoded.tokens.isEmpty, "prompt forest: a prompt without tokens")
        var node = Self.root
        var slots = prompt.encoded.slots.sorted { $0.range.lowerBound < $1.range.lowerBound }[...]
        for (place, token) in prompt.encoded.tokens.enumerated() {
            while let slot = slots.first, slot.range.upperBound <= place { slots.removeFirst() }
            if let slot = slots.first, slot.range.contains(place),
                let reference = prompt.reference(slot.kind)
            {
                let index: Int = slot.firstToken + place - slot.range.lowerBound
                node = child(of: node, .feature(slot.kind, reference, index: index), token)
            } else {
                node = child(of: node, .token(token), token)
            }
        }
        return node
    }

    /// Adds a token after a node and returns its node.
    mutating func insert(_ token: Int32, after node: Int) -> Int {
        child(of: node, .token(token), token)
    }

    private mutating func child(of parent: Int, _ symbol: Symbol, _ token: Int32) -> Int {
        let edge = Edge(parent: parent, symbol: symbol)
        if let known = edges[edge] { return known }
        let index: Int = nodes.count
        let depth: Int = parent == Self.root ? 0 : nodes[parent].depth + 1
        nodes.append(Node(symbol: symbol, token: token, depth: depth))
        edges[edge] = index
        if parent == Self.root { roots.append(index) } else { nodes[parent].children.append(index) }
        return index
    }
}

extension PromptForest {
    /// The forest as one packed batch.
    struct Packed {
        let tokens: [Int32]
        let layout: SequenceLayout
        let visual: MediaRows?
        let audio: MediaRows?
        /// The row of each node.
        let rows: [Int32]
    }

    /// Lays the rows out so that every run without branches is one segment of attention.
    func packed(features: FeatureLookup) throws -> Packed {
        var rows = [Int32](repeating: 0, count: nodes.count)
        var order: [Int] = []
        order.reserveCapacity(nodes.count)
        var segments: [AttentionSegment] = []
        var pending: [(node: Int, parent: Int?)] = roots.reversed().map { ($0, nil) }
        while let (first, parent) = pending.popLast() {
            let start: Int = order.count
            var last = first
            append(last, to: &order, &rows)
            while nodes[last].children.count == 1 {
                last = nodes[last].children[0]
                append(last, to: &order, &rows)
            }
            segments.append(
                AttentionSegment(start: start, count: order.count - start, parent: parent))
            let index: Int = segments.count - 1
            pending += nodes[last].children.reversed().map { ($0, index) }
        }
        return Packed(
            tokens: order.map { nodes[$0].token },
            layout: SequenceLayout(
                positions: order.map { Int32(nodes[$0].depth) }, segments: segments),
            visual: try media(.visual, order, features), audio: try media(.audio, order, features),
            rows: rows)
    }

    private func append(_ node: Int, to order: inout [Int], _ rows: inout [Int32]) {
        rows[node] = Int32(order.count)
        order.append(node)
    }

    /// The rows of a kind of media and their features; each medium is looked up once.
    private func media(
        _ kind: MediaKind, _ order: [Int], _ features: FeatureLookup
    ) throws -> MediaRows? {
        var blocks: [Tensor] = []
        var starts: [MediaReference: Int] = [:]
        var rowCount = 0
        var rows: [Int32] = []
        var places: [Int32] = []
        for (row, node) in order.enumerated() {
            guard case .feature(kind, let reference, let index) = nodes[node].symbol else {
                continue
            }
            let start: Int
            if let known = starts[reference] {
                start = known
            } else {
                let block = try features(reference, kind)
                start = rowCount
                starts[reference] = start
                rowCount += block.shape[0]
                blocks.append(block)
            }
            rows.append(Int32(row))
            places.append(Int32(start + index))
        }
        guard !rows.isEmpty else { return nil }
        return MediaRows(
            rows: rows,
            features: Tensor.concatenated(blocks, axis: 0).gatheringRows(places))
    }
}

public import Kernels
import Tensors

/// A place in a model's tree of names, from which a layer gets its parameters.
public struct Scope {
    let blueprint: Blueprint
    /// The path of this place, without a dot at its end; empty at the root.
    public let path: String

    init(blueprint: Blueprint, path: String) {
        self.blueprint = blueprint
        self.path = path
    }

    /// The place below this one with a name.
    public static func / (scope: Scope, name: String) -> Scope {
        Scope(blueprint: scope.blueprint, path: scope.pathOf(name))
    }

    /// The place below this one with a number.
    public static func / (scope: Scope, index: Int) -> Scope {
        scope / String(index)
    }

    /// The scalar type the model is built in.
    public var scalarType: ScalarType { blueprint.scalarType }

    /// A parameter of the layer at this place.
    ///
    /// Throws: when its values can't be read; a missing or mismatched one is reported by `assemble`
    public func parameter(_ name: String, shape: [Int], fill: Fill) throws -> Parameter {
        try claim(pathOf(name), shape: shape, fill: fill, isTrained: isTrained(name))
    }

    /// A matrix of the layer at this place, for products and look-ups: as the file stores it, where it
    /// is frozen and the blueprint keeps such.
    ///
    /// Throws: when its values can't be read; a missing or mismatched one is reported by `assemble`
    public func matrix(_ name: String, shape: [Int], fill: Fill) throws -> Parameter {
        let path = pathOf(name)
        let origin = try blueprint.claim(path, shape: shape)
        if !isTrained(name), let stored = try blueprint.stored(path, shape: shape) {
            return blueprint.addParameter(path, stored: stored)
        }
        return try parameter(path, shape: shape, fill: fill, isTrained: isTrained(name), origin)
    }

    /// Frozen matrices one below the other, as the file stores them, each claimed by its own path.
    ///
    /// Returns nil, and claims nothing, when one of them is trained or has no stored form.
    func storedMatrices(_ parts: [(name: String?, rows: Int)], columns: Int) throws -> StoredMatrix?
    {
        let paths = parts.compactMap { $0.name.map(pathOf) }
        guard paths.count == parts.count, !parts.contains(where: { $0.name.map(isTrained) ?? true })
        else { return nil }
        let matrices = try zip(paths, parts).compactMap { path, part in
            try blueprint.stored(path, shape: [part.rows, columns])
        }
        guard matrices.count == parts.count else { return nil }
        for (path, matrix) in zip(paths, matrices) {
            _ = try blueprint.claim(path, shape: [matrix.rows, columns])
            _ = blueprint.addParameter(path, stored: matrix)
        }
        return StoredMatrix(joining: matrices)
    }

    /// A frozen parameter that is measured rather than trained; fresh where the source lacks it.
    ///
    /// Throws: when its values can't be read; a mismatched one is reported by `assemble`
    public func statistic(_ name: String, shape: [Int], fill: Fill) throws -> Parameter {
        try claim(pathOf(name), shape: shape, fill: fill, isTrained: false, isOptional: true)
    }

    /// Whether the plan trains a parameter of the layer at this place as a whole.
    public func isTrained(_ name: String) -> Bool {
        blueprint.plan.trains(pathOf(name))
    }

    /// A frozen tensor's values, for layers that compute with them once, at load.
    ///
    /// Returns nil when the tensor is missing or mismatched, which `assemble` reports.
    func values(_ name: String, shape: [Int], fill: Fill) throws -> [Float]? {
        let path = pathOf(name)
        guard let origin = try blueprint.claim(path, shape: shape) else { return nil }
        let count = shape.reduce(1, *)
        return try [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let place = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            place.initialize(repeating: 0)
            try blueprint.write(path, from: origin, fill: fill, into: place)
            initializedCount = count
        }
    }

    /// A tensor of values that a layer computed, in the blueprint's scalar type.
    func constant(_ values: [Double], shape: [Int]) -> Tensor {
        Tensor(doubles: values, shape: shape).converted(to: scalarType)
    }

    /// One frozen tensor that holds the rows of several parameters, each claimed by its own path.
    ///
    /// A part without a name is zero: the model has no such parameter there.
    /// Returns nil when a part is missing or mismatched, which `assemble` reports.
    func packed(
        _ parts: [(name: String?, rows: Int)], rowShape: [Int], fill: Fill
    ) throws -> Tensor? {
        let rowSize = rowShape.reduce(1, *)
        let origins = try parts.map { part in
            try part.name.map { name in
                try blueprint.claim(pathOf(name), shape: [part.rows] + rowShape)
            }
        }
        var tensor: Tensor?
        if origins.allSatisfy({ $0 != .some(nil) }) {
            let rowCount = parts.reduce(0) { $0 + $1.rows }
            tensor = try blueprint.tensor(shape: [rowCount] + rowShape) { buffer in
                var start = 0
                for (part, origin) in zip(parts, origins) {
                    let end = start + part.rows * rowSize
                    let place = UnsafeMutableBufferPointer(rebasing: buffer[start..<end])
                    if let name = part.name, let origin = origin ?? nil {
                        try blueprint.write(pathOf(name), from: origin, fill: fill, into: place)
                    } else {
                        place.update(repeating: 0)
                    }
                    start = end
                }
            }
        }
        var start = 0
        for part in parts {
            if let name = part.name {
                _ = blueprint.addParameter(
                    pathOf(name), shape: [part.rows] + rowShape, isTrained: false,
                    value: tensor?.slice(axis: 0, start..<(start + part.rows)))
            }
            start += part.rows
        }
        return tensor
    }

    func claim(
        _ path: String, shape: [Int], fill: Fill, isTrained: Bool, isOptional: Bool = false
    ) throws -> Parameter {
        let origin = try blueprint.claim(path, shape: shape, isOptional: isOptional)
        return try parameter(path, shape: shape, fill: fill, isTrained: isTrained, origin)
    }

    /// A claimed parameter with its values in memory.
    private func parameter(
        _ path: String, shape: [Int], fill: Fill, isTrained: Bool, _ origin: Blueprint.Origin?
    ) throws -> Parameter {
        let tensor = try origin.map { origin in
            try blueprint.tensor(shape: shape) { buffer in
                try blueprint.write(path, from: origin, fill: fill, into: buffer)
            }
        }
        return blueprint.addParameter(path, shape: shape, isTrained: isTrained, value: tensor)
    }

    func pathOf(_ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }
}

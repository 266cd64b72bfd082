internal import CKernels

/// Where a kernel reads in pictures of [height, width, channels].
public struct Patches: Sendable, Hashable {
    /// Rows of the picture.
    public var height: Int
    /// Columns of the picture.
    public var width: Int
    /// Channels of the picture.
    public var channels: Int
    /// Rows of the kernel.
    public var kernelHeight: Int
    /// Columns of the kernel.
    public var kernelWidth: Int
    /// Rows from one output to the next.
    public var strideHeight: Int
    /// Columns from one output to the next.
    public var strideWidth: Int
    /// Zero rows before the first.
    public var padTop: Int
    /// Zero columns before the first.
    public var padLeft: Int
    /// Rows of the result.
    public var outHeight: Int
    /// Columns of the result.
    public var outWidth: Int

    /// The geometry of a convolution with padding before and after each axis.
    public init(
        height: Int, width: Int, channels: Int, kernel: (Int, Int), stride: (Int, Int),
        padding: (top: Int, bottom: Int, left: Int, right: Int)
    ) {
        self.height = height
        self.width = width
        self.channels = channels
        (kernelHeight, kernelWidth) = kernel
        (strideHeight, strideWidth) = stride
        padTop = padding.top
        padLeft = padding.left
        outHeight = (height + padding.top + padding.bottom - kernel.0) / stride.0 + 1
        outWidth = (width + padding.left + padding.right - kernel.1) / stride.1 + 1
        precondition(
            outHeight > 0 && outWidth > 0 && height + padding.top + padding.bottom >= kernel.0
                && width + padding.left + padding.right >= kernel.1,
            "convolution: a kernel of \(kernel) does not fit [\(height), \(width)]")
    }

    var code: duet_patches {
        duet_patches(
            height: height, width: width, channels: channels, kernel_height: kernelHeight,
            kernel_width: kernelWidth, stride_height: strideHeight, stride_width: strideWidth,
            pad_top: padTop, pad_left: padLeft, out_height: outHeight, out_width: outWidth)
    }

    /// Whether the patches are the pixels themselves.
    var isIdentity: Bool {
        kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1
            && outHeight == height && outWidth == width && padTop == 0 && padLeft == 0
    }

    var inputCount: Int { height * width * channels }
    /// Output pixels of one picture.
    public var outputPixels: Int { outHeight * outWidth }
    /// Scalars of one patch.
    public var patchSize: Int { kernelHeight * kernelWidth * channels }
}

/// Convolutions of pictures laid out [picture, height, width, channels].
public enum Convolution {
    /// Every patch as a row: [pictures · out pixels, kernel height · kernel width · channels].
    public static func gather(_ x: Scalars, _ patches: Patches) -> Scalars {
        if patches.isIdentity { return x }
        let pictures = x.count / patches.inputCount
        let size = patches.outputPixels * patches.patchSize
        let y = Scalars(uninitialized: pictures * size, x.type)
        Parallel.items(pictures) { picture in
            var code = patches.code
            duet_patches_gather(
                x.type.code, &code, x.address(at: picture * patches.inputCount),
                y.address(at: picture * size))
        }
        return y
    }

    /// The pullback of `gather`: patches are added back where they were read.
    public static func scatter(_ dy: Scalars, _ patches: Patches) -> Scalars {
        if patches.isIdentity { return dy }
        let size = patches.outputPixels * patches.patchSize
        let pictures = dy.count / size
        let dx = Scalars(repeating: 0, count: pictures * patches.inputCount, type: dy.type)
        Parallel.items(pictures) { picture in
            var code = patches.code
            duet_patches_scatter_add(
                dy.type.code, &code, dy.address(at: picture * size),
                dx.address(at: picture * patches.inputCount))
        }
        return dx
    }

    /// One filter a channel. weight [kernel height, kernel width, channels]
    public static func depthwise(
        _ x: Scalars, weight: Scalars, bias: Scalars?, _ patches: Patches
    ) -> Scalars {
        let pictures = x.count / patches.inputCount
        let size = patches.outputPixels * patches.channels
        let y = Scalars(uninitialized: pictures * size, x.type)
        Parallel.items(pictures) { picture in
            var code = patches.code
            duet_depthwise(
                x.type.code, &code, x.address(at: picture * patches.inputCount), weight.address,
                bias?.address, y.address(at: picture * size))
        }
        return y
    }

    /// dx and dweight of `depthwise`, each where asked for.
    public static func depthwisePullback(
        _ x: Scalars, weight: Scalars, dy: Scalars, _ patches: Patches, wantsInput: Bool,
        wantsWeight: Bool
    ) -> (dx: Scalars?, dweight: Scalars?) {
        let pictures = x.count / patches.inputCount
        let size = patches.outputPixels * patches.channels
        let dx = wantsInput ? Scalars(repeating: 0, count: x.count, type: x.type) : nil
        let dweight = wantsWeight ? Scalars(repeating: 0, count: weight.count, type: x.type) : nil
        for picture in 0..<pictures {
            var code = patches.code
            let start = picture * patches.inputCount
            duet_depthwise_pullback(
                x.type.code, &code, x.address(at: start), weight.address,
                dy.address(at: picture * size), dx?.address(at: start), dweight?.address)
        }
        return (dx, dweight)
    }
}

// swift-tools-version: 6.1
// The targets and the arrows between them; Documentation/Architecture.md draws the same picture,
// and Scripts/check-layers fails when a source file imports what its target does not declare.
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A Swift target in `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one target, in `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies + ["TestKit"],
        path: "Tests/\(name)Tests",
        swiftSettings: settings)
}

/// A system library found by pkg-config and installed by apt.
func system(_ name: String, pkgConfig: String, apt: [String]) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(apt)])
}

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "Duet",
    products: [
        .executable(name: "duet", targets: ["duet"]),
        // For the nested package of benchmarks.
        .library(name: "Kernels", targets: ["Kernels"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // 0: C at the edges
        system("COpenBLAS", pkgConfig: "openblas", apt: ["libopenblas-dev"]),
        system("CHDF5", pkgConfig: "hdf5", apt: ["libhdf5-dev"]),
        system(
            "CFFmpeg",
            pkgConfig: "libavformat libavcodec libavutil libswscale libswresample",
            apt: ["libavformat-dev", "libavcodec-dev", "libswscale-dev", "libswresample-dev"]),
        system("CSndfile", pkgConfig: "sndfile", apt: ["libsndfile1-dev"]),
        .target(name: "CKernels"),

        // 1: no knowledge of tensors
        module("Files", ["CKernels"]),
        module("Kernels", ["COpenBLAS", "CKernels"]),
        module("Tokenization"),
        module("Recipes", ["Files", yams]),
        module("WeightFiles", ["Files", "CKernels"]),

        // 2
        module("Tensors", ["Kernels"]),
        module("Media", ["Files", "CKernels", "CFFmpeg", "CSndfile"]),
        module("Downloads", ["Files"]),

        // 3
        module("Layers", ["Kernels", "Tensors"]),
        module("Datasets", ["Files", "Tokenization"]),

        // 4
        module("Models", ["Kernels", "Layers", "Tensors", "WeightFiles"]),
        module("Optimization", ["Kernels", "Layers", "Tensors"]),
        module("Checkpointing", ["Files", "CHDF5"]),

        // 5
        module(
            "Training",
            [
                "Files", "Kernels", "Tensors", "Layers", "Models", "Optimization", "Checkpointing",
                "Datasets", "Media", "Tokenization", "Recipes", "WeightFiles",
            ]),
        module(
            "Evaluation",
            ["Training", "Kernels", "Tensors", "Models", "Datasets", "Tokenization"]),
        module(
            "Verification",
            [
                "Training", "Tensors", "Layers", "Models", "Optimization", "Media",
                "Tokenization", "WeightFiles", "Recipes", "Checkpointing", "Datasets", "Kernels",
                "Files",
            ]),

        module(
            "Interchange",
            [
                "Training", "Files", "Kernels", "Tensors", "Layers", "Models", "Checkpointing",
                "Datasets", "Tokenization", "Recipes", "WeightFiles",
            ]),

        // 6
        .executableTarget(
            name: "duet",
            dependencies: [
                "Files", "Kernels", "Tensors", "Layers", "Models", "Optimization", "Checkpointing",
                "Datasets", "Media", "Tokenization", "Recipes", "WeightFiles", "Training",
                "Evaluation", "Interchange", "Verification", "Downloads", "CHDF5", "CFFmpeg",
                "CSndfile",
                argumentParser,
            ],
            swiftSettings: settings),

        // Tests
        .target(
            name: "TestKit",
            dependencies: ["Tensors", "Layers", "WeightFiles", "Verification"],
            path: "Tests/TestKit",
            swiftSettings: settings),
        tests("Files", ["Files"]),
        tests("Kernels", ["Kernels", "Tensors", "WeightFiles"]),
        tests("Tokenization", ["Tokenization", "WeightFiles"]),
        tests("Recipes", ["Recipes"]),
        tests("WeightFiles", ["WeightFiles", "Files"]),
        tests("Tensors", ["Tensors", "Kernels"]),
        tests("Media", ["Media"]),
        tests("Downloads", ["Downloads", "Files"]),
        tests("Layers", ["Kernels", "Layers", "Tensors"]),
        tests("Datasets", ["Datasets", "Tokenization"]),
        tests(
            "Models",
            ["Kernels", "Models", "Layers", "Tensors", "WeightFiles", "Verification"]),
        tests(
            "Optimization",
            ["Kernels", "Optimization", "Layers", "Tensors", "Models", "WeightFiles"]),
        tests(
            "Verification",
            ["Verification", "Media", "Models", "Layers", "Tensors", "WeightFiles"]),
        tests("Checkpointing", ["Checkpointing", "Files", "CHDF5"]),
        tests(
            "Training",
            [
                "Training", "Interchange", "Recipes", "Datasets", "Media", "Tensors", "Layers",
                "Models", "Optimization", "Tokenization", "WeightFiles", "Checkpointing", "Files",
                "Verification", "Kernels", "duet",
            ]),
        tests(
            "Evaluation",
            ["Evaluation", "Training", "Models", "Layers", "Tensors", "Datasets", "Tokenization"]),
        tests(
            "Command",
            [
                "duet", "Checkpointing", "Datasets", "Files", "Interchange", "Recipes", "Training",
                "WeightFiles",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.1
// Benchmarks of single kernels, in a package of their own, so that users of Duet never build them.
import PackageDescription

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "Duet", path: "..")],
    targets: [
        .executableTarget(
            name: "kernel-benchmarks", dependencies: [.product(name: "Kernels", package: "Duet")])
    ],
    swiftLanguageModes: [.v6]
)

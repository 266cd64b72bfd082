extension PrefixedNames {
    /// The names of an EfficientNet-Lite checkpoint of PyTorch: the paths themselves.
    ///
    /// The counters of batch normalisation and the classifier have no use here.
    public static let efficientNetLite = PrefixedNames(
        ignoring: { $0.hasSuffix(".num_batches_tracked") || $0.hasPrefix("_fc.") })
}

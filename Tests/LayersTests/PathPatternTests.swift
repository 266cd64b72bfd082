import Layers
import Testing

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("model.norm", "model.norm.weight", true), ("model.norm", "model.norm", true),
        ("model.nor", "model.norm.weight", false), ("*", "anything.at.all", true),
        ("*norm*", "model.layers.3.input_layernorm.weight", true),
        ("model.*.bias", "model.layers.3.mlp.bias", true),
        ("model.*.bias", "model.layers.3.mlp.weight", false),
        ("layers.*.mlp", "layers.12.mlp.up.weight", true), ("", "a", false),
        ("a*b*c", "axbxbc", true),
    ])
    func matchesPathsPrefixesAndStars(pattern: String, path: String, expected: Bool) {
        #expect(PathPattern(pattern).matches(path) == expected)
    }
}

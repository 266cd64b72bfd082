import Datasets
import Recipes
import Testing

@Suite struct AnnotationFormatNameTests {
    @Test func recipesKnowEveryFormat() {
        #expect(RecipeKey.annotationFormats == AnnotationFormat.allCases.map(\.rawValue))
    }
}

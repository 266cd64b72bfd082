public import Datasets
public import Recipes

extension AnnotationSource {
    /// The file as a recipe describes it.
    public init(_ file: Recipe.AnnotationFile) {
        self.init(file.path)
        format = file.format.flatMap(AnnotationFormat.init)
        mediaFolder = file.mediaFolder
        mediaName = file.mediaName
        question = file.question
        hearsVideos = file.hearsVideos
    }
}
